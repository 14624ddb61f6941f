import type { Command } from 'commander';
import { addCallOptions, collect, example, group, lazily } from './command-kit.js';

const overview = `
Examples:
  An ISP permits the uplinks of a whole network:
    $ fairhop isp agreement set sp1 homes --networks 127.1.0.0/16 --rate 30Mbit/s
  Or of one subscriber, by a permit that goes through the subscriber's own software:
    $ fairhop isp permit-key new sp1.pem
    $ fairhop isp permit-key add sp1 2026-08 --key sp1.pem
    $ fairhop isp permit sign --isp sp1 --key sp1.pem --key-id 2026-08 --agent KEY --networks 127.1.0.0/16 > permit.jwt
    $ fairhop agent --consent --permit permit.jwt`;

export function addIspCommands(program: Command): void {
  const isp = group(
    program,
    'isp',
    'ISPs: what they permit their subscribers’ uplinks to be used for',
  ).addHelpText('after', overview);
  addCallOptions(isp.command('list').description('list the ISPs that the AS graph knows'))
    .addHelpText('after', example('fairhop isp list'))
    .action(lazily(async () => (await import('./agreements.js')).listIsps));
  addCallOptions(
    isp
      .command('api-key')
      .description('make an API key of an ISP; it is shown this once (operator)')
      .argument('<isp>', 'its short name, such as sp1'),
  )
    .addHelpText('after', example('fairhop isp api-key sp1'))
    .action(lazily(async () => (await import('./agreements.js')).createIspApiKey));
  addAgreementCommands(
    isp
      .command('agreement')
      .description('agreements: permit the uplinks of whole networks')
      .addHelpText('after', example('fairhop isp agreement set sp1 homes --networks 127.1.0.0/16')),
  );
  addPermitKeyCommands(
    isp
      .command('permit-key')
      .description('keys with which an ISP signs permits')
      .addHelpText(
        'after',
        example('fairhop isp permit-key new sp1.pem', 'fairhop isp permit-key add sp1 2026-08 --key sp1.pem'),
      ),
  );
  addAltoCommands(
    isp
      .command('alto')
      .description('an ISP’s ALTO maps (RFC 7285): which sources it prefers for its subscribers')
      .addHelpText(
        'after',
        example('fairhop isp alto put sp1 --network-map network-map.json --cost-map cost-map.json'),
      ),
  );
  addPermitCommands(
    isp
      .command('permit')
      .description('permits for single subscribers')
      .addHelpText('after', example('fairhop isp permit sign --help')),
  );
}

/** Limits that agreements and signed permits share. */
const addTermsOptions = (command: Command): Command =>
  command
    .requiredOption('--networks <prefix...>', 'the subscribers’ networks, such as 192.0.2.0/24')
    .option('--rate <rate>', 'most that one subscriber uploads at, such as 10Mbit/s')
    .option('--hours <from-to>', 'such as 18:00-06:00; with --time-zone')
    .option('--tz, --time-zone <zone>', 'zone of the hours, such as Europe/London', 'UTC')
    .option('--monthly-bytes <size>', 'most that one subscriber uploads in a month, such as 50GB')
    .option('--category <category>', 'only titles of it; may be given several times', collect)
    .option('--from <date>', 'from when (now), such as 2026-12-31 or 2026-12-31T18:00Z')
    .option('--until <date>', 'until when (a year from its beginning)');

function addAgreementCommands(agreement: Command): void {
  addCallOptions(
    addTermsOptions(
      agreement
        .command('set')
        .description('state or change an agreement (the ISP or the operator)')
        .argument('<isp>', 'its short name')
        .argument('<id>', 'name of the agreement'),
    )
      .option('--monthly-bytes-total <size>', 'most that all subscribers upload in a month together')
      .option(
        '--price <price>',
        'price of a GB uploaded, such as 0.002EUR; it is stored and shown, nothing is charged',
      ),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ fairhop isp agreement set sp1 homes --networks 127.1.0.0/16 --rate 30Mbit/s
  $ fairhop isp agreement set sp1 nights --networks 127.1.0.0/16 --hours 22:00-06:00 \\
      --time-zone Europe/London --monthly-bytes 50GB --until 2027-01-01`,
    )
    .action(lazily(async () => (await import('./agreements.js')).setAgreement));
  addCallOptions(
    agreement
      .command('list')
      .description('list agreements, withdrawn ones included')
      .argument('[isp]', 'of this ISP only'),
  )
    .addHelpText('after', example('fairhop isp agreement list', 'fairhop isp agreement list sp1'))
    .action(lazily(async () => (await import('./agreements.js')).listAgreements));
  addCallOptions(
    agreement
      .command('withdraw')
      .description('withdraw an agreement: its uploads stop within 5 seconds')
      .argument('<isp>', 'its short name')
      .argument('<id>', 'name of the agreement'),
  )
    .addHelpText('after', example('fairhop isp agreement withdraw sp1 homes'))
    .action(lazily(async () => (await import('./agreements.js')).withdrawAgreement));
}

function addPermitKeyCommands(permitKey: Command): void {
  permitKey
    .command('new')
    .description('make a key file for signing permits; needs no coordinator')
    .argument('<file>', 'where to put the private key (PEM, mode 0600)')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ fairhop isp permit-key new sp1.pem')
    .action(lazily(async () => (await import('./permits.js')).newPermitKey));
  addCallOptions(
    permitKey
      .command('add')
      .description('register a key with which the ISP signs permits')
      .argument('<isp>', 'its short name')
      .argument('<key-id>', 'name of the key, such as 2026-08')
      .option('--key <file>', 'the private key file; only its public half is sent')
      .option('--public-key <key>', 'or the public key itself')
      .option('--permit-url <url>', 'where subscribers get their permits'),
  )
    .addHelpText('after', '\nExample:\n  $ fairhop isp permit-key add sp1 2026-08 --key sp1.pem')
    .action(lazily(async () => (await import('./permits.js')).addPermitKey));
  addCallOptions(
    permitKey
      .command('remove')
      .description('remove a key: permits signed with it end')
      .argument('<isp>', 'its short name')
      .argument('<key-id>', 'name of the key'),
  )
    .addHelpText('after', example('fairhop isp permit-key remove sp1 2026-08'))
    .action(lazily(async () => (await import('./permits.js')).removePermitKey));
}

function addAltoCommands(alto: Command): void {
  addCallOptions(
    alto
      .command('put')
      .description('give the network map and the cost map (the ISP or the operator)')
      .argument('<isp>', 'its short name')
      .requiredOption('--network-map <file>', 'JSON of RFC 7285 section 11.2.1')
      .requiredOption('--cost-map <file>', 'JSON of RFC 7285 section 11.2.3'),
  )
    .addHelpText(
      'after',
      example('fairhop isp alto put sp1 --network-map network-map.json --cost-map cost-map.json'),
    )
    .action(lazily(async () => (await import('./alto.js')).putAlto));
  addCallOptions(
    alto
      .command('url')
      .description('say where the maps are fetched, now and when they change')
      .argument('<isp>', 'its short name')
      .argument('<url>', 'of an ALTO directory, or of the network map')
      .option('--cost-map <url>', 'the cost map, where the URL is of the network map'),
  )
    .addHelpText('after', example('fairhop isp alto url sp1 https://alto.sp1.example/directory'))
    .action(lazily(async () => (await import('./alto.js')).putAltoUrl));
  addCallOptions(
    alto
      .command('show')
      .description('show the maps that count now, and whether they can be fetched')
      .argument('<isp>', 'its short name'),
  )
    .addHelpText('after', example('fairhop isp alto show sp1', 'fairhop isp alto show sp1 --json'))
    .action(lazily(async () => (await import('./alto.js')).showAlto));
  addCallOptions(
    alto
      .command('remove')
      .description('remove the maps: costs go by AS hops')
      .argument('<isp>', 'its short name'),
  )
    .addHelpText('after', example('fairhop isp alto remove sp1'))
    .action(lazily(async () => (await import('./alto.js')).removeAlto));
}

function addPermitCommands(permit: Command): void {
  addTermsOptions(
    permit
      .command('sign')
      .description('sign a permit for one subscriber’s agent; needs no coordinator')
      .requiredOption('--isp <isp>', 'the ISP that signs')
      .requiredOption('--key <file>', 'its private key file')
      .requiredOption('--key-id <id>', 'name under which the key is registered')
      .requiredOption('--agent <key>', 'the agent’s public key (`fairhop status` shows it)'),
  )
    .option('--coordinator-id <id>', 'the coordinator that may use it', 'coordinator')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Example:
  $ fairhop isp permit sign --isp sp1 --key sp1.pem --key-id 2026-08 --agent KEY \\
      --networks 127.1.0.0/16 --rate 10Mbit/s --until 2027-01-01 > permit.jwt`,
    )
    .action(lazily(async () => (await import('./permits.js')).signPermit));
}
