import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';

// The owner's web server: files of a directory, whole or one range of them. Arguments: directory, address, port.

const [directory, address, port] = process.argv.slice(2) as [string, string, string];

const server = createServer((request, response) => {
  const file = join(directory, basename(new URL(request.url ?? '/', 'http://origin').pathname));
  const sizeBytes = statSync(file, { throwIfNoEntry: false })?.size;
  if (sizeBytes === undefined) return response.writeHead(404).end();
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(first ?? 0);
  const end = Math.min(sizeBytes - 1, last ? Number(last) : sizeBytes - 1);
  if (start > end) return response.writeHead(416, { 'content-range': `bytes */${sizeBytes}` }).end();
  response.writeHead(first === undefined ? 200 : 206, {
    'content-length': end - start + 1,
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    ...(first !== undefined && { 'content-range': `bytes ${start}-${end}/${sizeBytes}` }),
  });
  const body = createReadStream(file, { start, end });
  body.on('error', () => response.destroy());
  response.on('close', () => body.destroy());
  return body.pipe(response);
});
process.once('SIGTERM', () => process.exit(0));
server.listen(Number(port), address, () => process.stdout.write('origin listens\n'));
