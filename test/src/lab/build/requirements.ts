import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Commands with the Debian packages that they come in. */
const tools = {
  bird: 'bird2',
  birdc: 'bird2',
  bgpdump: 'bgpdump',
  bzip2: 'bzip2',
  dnsmasq: 'dnsmasq-base',
  ethtool: 'ethtool',
  ip: 'iproute2',
  nft: 'nftables',
  tc: 'iproute2',
  traceroute: 'traceroute',
  turnserver: 'coturn',
};

/** What this machine lacks for the lab, in words; empty when all is there. */
export async function missingRequirements(): Promise<string[]> {
  if (process.platform !== 'linux') return [`the lab needs Linux, this is ${process.platform}`];
  const missing: string[] = [];
  if (process.getuid?.() !== 0) missing.push('the lab needs root, for network namespaces');
  for (const [tool, debianPackage] of Object.entries(tools)) {
    if (!(await isInstalled(tool)))
      missing.push(`${tool} is not installed (Debian package ${debianPackage})`);
  }
  return missing;
}

async function isInstalled(tool: string): Promise<boolean> {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const directory of directories) {
    const isThere = await access(join(directory, tool), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}
