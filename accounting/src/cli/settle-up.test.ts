import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createManualClock } from '@fairhop/shared/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenRules } from '../documents/fixture/business-rules.js';
import { readPdf } from '../documents/fixture/read-pdf.js';
import { schemaErrors } from '../documents/fixture/ubl-schema.js';
import { createTestCoordinator, type TestCoordinator } from '../fixture/coordinator.js';
import { createTestReporter, edgeTransfer } from '../fixture/reporter.js';
import { createTestDirectory, startTestService, type TestService } from '../fixture/service.js';
import { type Ran, runCommand } from './run-command.test-support.js';

const examples = resolve(import.meta.dirname, '../../../examples/contracts');
const directory = createTestDirectory();
const clock = createManualClock(Date.UTC(2026, 11, 5, 12));
let coordinator: TestCoordinator;
let accounting: TestService;

const ask = (...argv: string[]): Promise<Ran> =>
  runCommand(...argv, '--accounting', accounting.url, '--token', accounting.service.operatorToken);
const succeed = async (...argv: string[]): Promise<string> => {
  const ran = await ask(...argv);
  expect(ran).toMatchObject({ exitCode: 0, error: '' });
  return ran.out;
};

beforeAll(async () => {
  coordinator = await createTestCoordinator(clock.nowMs);
  accounting = await startTestService(
    {
      asGraphFile: directory.graphFile,
      dataDirectory: directory.dataDirectory,
      coordinatorUrl: coordinator.url,
    },
    clock,
  );
  const edge = createTestReporter(coordinator, 'edge', () => accounting.url);
  const sent = (day: number, hour: number, bytes: number) => {
    const startMs = Date.UTC(2026, 10, day, hour);
    return edgeTransfer({ bytes, startMs, endMs: startMs + 1_000, destinationAddress: '127.1.0.10' });
  };
  // 18:00 in Berlin is 17:00 UTC; the last is of December there.
  const reports = [
    sent(10, 17, 9_000_000),
    sent(10, 16, 8_000_000),
    sent(11, 18, 7_000_000),
    sent(30, 23, 6_000_000),
  ];
  expect(await edge.post(reports)).toMatchObject({ accepted: 4 });
});
afterAll(async () => {
  await accounting.stop();
  await coordinator.close();
  directory.remove();
});

describe('from a contract to its invoice', () => {
  it('names the parties and agrees on a contract', async () => {
    await succeed(
      'party',
      'put',
      'isp',
      'sp1',
      '--name',
      'SP1 AG',
      '--country',
      'de',
      '--vat-id',
      'DE123456789',
    );
    await succeed(
      ...['party', 'put', 'owner', 'moviestudio', '--name', 'Moviestudio Łódź', '--country', 'PL'],
      ...['--address-line', 'Piotrkowska 1', '--address-line', '90-001 Łódź', '--vat-id', 'PL1234567890'],
    );
    expect(await succeed('party', 'list')).toMatch(
      /owner moviestudio +Moviestudio Łódź +Piotrkowska 1, 90-001 Łódź, PL/,
    );
    const put = await succeed('contract', 'put', join(examples, 'isp-owner.json'));
    expect(put).toContain('isp sp1 invoices owner moviestudio');
    expect(put).toMatch(
      /evening .* to sp1, content owner moviestudio, between 18:00 and 24:00 +0\.02 per GB/,
    );
    expect(await succeed('contract', 'list')).toMatch(
      /sp1-moviestudio +isp-owner .*EUR +2 +1 +from 2026-11-01/,
    );
    expect((await ask('contract', 'put', join(examples, 'none.json'))).error).toContain(
      '[contract-file-unreadable]',
    );
    expect((await ask('party', 'put', 'isp', 'sp9', '--name', 'x', '--country', 'DE')).exitCode).toBe(2);
  });

  it('closes the month, and shows and proves what it comes to', async () => {
    const closed = await succeed('invoice', 'close', '2026-11', '--issue');
    expect(closed).toMatch(
      /SP1-2026-000001 +invoice +issued +sp1-moviestudio +2026-11 .* 500\.00 +95\.00 +595\.00 +EUR/,
    );
    expect(await succeed('invoice', 'show', 'SP1-2026-000001')).toMatch(
      /Traffic .*18:00 to 24:00 +0\.016 +GB/,
    );
    const explained = await succeed('invoice', 'explain', 'SP1-2026-000001');
    expect(explained).toMatch(/derived +16,000,000 +2 /);
    expect(explained).not.toContain('NO');
    expect((await ask('invoice', 'close', '2026-12')).exitCode).toBe(6);
  });

  it('gives documents that hold, the same on the command line as over HTTP', async () => {
    const file = join(directory.path, 'invoice.pdf');
    await succeed('invoice', 'export', 'SP1-2026-000001', '--output', file);
    const text = (await readPdf(readFileSync(file))).pages.flat().map((item) => item.text);
    expect(text).toEqual(expect.arrayContaining(['Moviestudio Łódź', '595.00 EUR']));
    const ubl = await succeed('invoice', 'export', 'SP1-2026-000001', '--format', 'ubl');
    expect([...schemaErrors(ubl), ...brokenRules(ubl)]).toEqual([]);
    const served = await fetch(`${accounting.url}/v1/invoices/SP1-2026-000001/ubl`, {
      headers: { authorization: `Bearer ${accounting.service.operatorToken}` },
    });
    expect(await served.text()).toBe(ubl);
    expect((await fetch(`${accounting.url}/v1/invoices/SP1-2026-000001/pdf`)).status).toBe(401);
  });

  it('takes it back by a credit note', async () => {
    const credited = await succeed('invoice', 'credit', 'SP1-2026-000001', '--note', 'wrong zone');
    expect(credited).toContain('Credit note SP1-2026-000002, issued, of invoice SP1-2026-000001');
    const ubl = await succeed('invoice', 'export', 'SP1-2026-000002', '--format', 'ubl');
    expect([...schemaErrors(ubl), ...brokenRules(ubl)]).toEqual([]);
    expect(ubl).toContain('<cbc:PayableAmount currencyID="EUR">595.00</cbc:PayableAmount>');
    expect(await succeed('invoice', 'explain', 'SP1-2026-000002')).toMatch(/invoiced .* -/);
  });

  it('ends a contract, and states what two ISPs owe each other', async () => {
    expect(await succeed('contract', 'end', 'sp1-moviestudio', '--at', '2027-01-01')).toContain(
      '2026-11-01 to 2026-12-31 (Europe/Berlin)',
    );
    expect(await succeed('settlement', 'net', 'sp1', 'sp2', '--period', '2026-11')).toContain(
      'nobody owes anything',
    );
  });
});
