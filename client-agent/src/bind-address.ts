import { createServer } from 'node:net';
import { FairhopError } from '@fairhop/shared/model';
import { errorCode } from '@fairhop/shared/service';

/** Whether sockets can be bound to an address of this machine. @throws `address-not-available` (400) */
export async function checkBindAddress(address: string): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port: 0, exclusive: true }, resolve);
    });
  } catch (error) {
    const code = errorCode(error) ?? String(error);
    const message = `--bind ${address}: this machine does not have that address (${code}); give one of its own, or leave it out and the system chooses`;
    throw new FairhopError('address-not-available', message, { status: 400, cause: error });
  }
  await new Promise((resolve) => server.close(resolve));
}
