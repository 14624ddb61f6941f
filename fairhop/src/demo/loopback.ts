import { createServer } from 'node:net';
import { FairhopError } from '@fairhop/shared/model';

const canBind = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(0, address, () => server.close(() => resolve(true)));
  });

/** What to do where the loopback interface lacks addresses; Linux answers on all of 127/8 by itself. */
export const howToAddLoopback = (platform: NodeJS.Platform, missing: readonly string[]): string => {
  const commands = (command: (address: string) => string): string =>
    missing.map((address) => `  ${command(address)}`).join('\n');
  if (platform === 'darwin')
    return `macOS has only 127.0.0.1 on lo0; add the others with:\n${commands((address) => `sudo ifconfig lo0 alias ${address} up`)}`;
  if (platform === 'win32')
    return `Windows does not answer on all of them; as administrator add them with:\n${commands((address) => `netsh interface ipv4 add address "Loopback Pseudo-Interface 1" ${address} 255.0.0.0`)}`;
  return `this system does not answer on ${missing.join(', ')}; give them to its loopback interface:\n${commands((address) => `ip address add ${address}/8 dev lo`)}`;
};

/** @throws FairhopError `loopback-addresses-missing` with the commands that add them */
export const requireLoopbackAddresses = async (addresses: readonly string[]): Promise<void> => {
  const bindable = await Promise.all(addresses.map(canBind));
  const missing = addresses.filter((_, index) => !bindable[index]);
  if (missing.length === 0) return;
  throw new FairhopError(
    'loopback-addresses-missing',
    `the demo needs ${addresses.length} loopback addresses, and ${missing.length} of them are not there: ${howToAddLoopback(process.platform, missing)}`,
  );
};
