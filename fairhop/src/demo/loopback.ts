import { createServer } from 'node:net';
import { FairhopError } from '@fairhop/shared/model';

const canBind = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(0, address, () => server.close(() => resolve(true)));
  });

/**
 * Linux and Windows answer on all of 127/8; macOS only on 127.0.0.1 until others are added as aliases.
 * @throws FairhopError `loopback-addresses-missing` with the commands that add them.
 */
export const requireLoopbackAddresses = async (addresses: readonly string[]): Promise<void> => {
  const bindable = await Promise.all(addresses.map(canBind));
  const missing = addresses.filter((_, index) => !bindable[index]);
  if (missing.length === 0) return;
  const howTo =
    process.platform === 'darwin'
      ? `macOS has only 127.0.0.1 on lo0; add the others with:\n${missing.map((address) => `  sudo ifconfig lo0 alias ${address} up`).join('\n')}`
      : `this system does not answer on ${missing.join(', ')}; give its loopback interface these addresses, or run the demo on Linux`;
  throw new FairhopError('loopback-addresses-missing', `the demo needs loopback addresses: ${howTo}`);
};
