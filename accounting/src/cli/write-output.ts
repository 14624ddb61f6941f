import { writeFile } from 'node:fs/promises';
import { FairhopError } from '@fairhop/shared/model';

/** To a file where one is named, else to standard output. Throws `output-unwritable`, `output-missing`. */
export async function writeOutput(content: string | Uint8Array, file: string | undefined): Promise<void> {
  if (file === undefined) {
    if (typeof content === 'string') process.stdout.write(content);
    else throw missing();
    return;
  }
  try {
    await writeFile(file, content);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot write ${file} (${reason}); a file in a directory that is there is right`;
    throw new FairhopError('output-unwritable', message, { status: 400, cause });
  }
}

const missing = (): FairhopError =>
  new FairhopError('output-missing', 'Parquet is no text to print; --output FILE is right', { status: 400 });
