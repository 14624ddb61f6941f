import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contractKindSchema } from '@fairhop/shared/model';
import { afterAll, describe, expect, it } from 'vitest';
import { checkRatePlan } from '../rating/index.js';
import { instantIn, readContractFile } from './contract-file.js';

const examples = fileURLToPath(new URL('../../../examples/contracts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'fairhop-contract-'));
afterAll(() => rmSync(directory, { recursive: true }));

const written = (content: unknown): string => {
  const file = join(directory, 'contract.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};

describe('readContractFile', () => {
  it('reads every example, one of each kind of deal', async () => {
    const files = readdirSync(examples).map((name) => join(examples, name));
    const contracts = await Promise.all(files.map((file) => readContractFile(file)));
    expect(contracts.map(({ kind }) => kind).sort()).toEqual([...contractKindSchema.options].sort());
    const plans = contracts.flatMap(({ terms }) => terms.charges.map(({ plan }) => plan));
    for (const plan of plans) checkRatePlan(plan, 'plan');
    expect(new Set(plans.map(({ type }) => type))).toEqual(
      new Set(['per-unit', 'flat', 'tiers', 'royalty', 'percentile95']),
    );
  });

  it('takes another first day', async () => {
    const file = join(examples, 'isp-isp.json');
    expect((await readContractFile(file, '2027-01-01')).from).toBe('2027-01-01');
    await expect(readContractFile(file, '2027-02-30')).rejects.toMatchObject({
      code: 'contract-file-invalid',
      message: expect.stringMatching(/from must be a date/),
    });
  });

  it('names each field that is wrong', async () => {
    const example = await readContractFile(join(examples, 'isp-owner.json'));
    const { currency: _, ...terms } = example.terms;
    const wrong = { ...example, colour: 'red', terms: { ...terms, timeZone: 'Atlantis/Capital' } };
    await expect(readContractFile(written(wrong))).rejects.toMatchObject({
      code: 'contract-file-invalid',
      message: expect.stringMatching(
        /(?=.*terms\.currency)(?=.*terms\.timeZone must be an IANA)(?=.*colour is not known)/,
      ),
    });
    await expect(readContractFile(written('{'))).rejects.toMatchObject({ code: 'contract-file-unreadable' });
    await expect(readContractFile(join(directory, 'none.json'))).rejects.toMatchObject({
      code: 'contract-file-unreadable',
    });
  });
});

describe('instantIn', () => {
  it("is midnight on the zone's clocks, whatever they do that night", () => {
    const texts = ['2026-11-01', '2026-03-29', '2026-10-25'].map((day) =>
      new Date(instantIn(day, 'Europe/Berlin')).toISOString(),
    );
    expect(texts).toEqual([
      '2026-10-31T23:00:00.000Z',
      '2026-03-28T23:00:00.000Z',
      '2026-10-24T22:00:00.000Z',
    ]);
    // Clocks go forward at midnight: the day begins at one.
    expect(new Date(instantIn('2026-09-06', 'America/Santiago')).toISOString()).toBe(
      '2026-09-06T04:00:00.000Z',
    );
    expect(instantIn('2026-11-01T00:00:00+01:00', 'UTC')).toBe(Date.UTC(2026, 9, 31, 23));
    for (const text of ['2026-02-30', '2026-11-01T00:00:00', 'tomorrow'])
      expect(() => instantIn(text, 'UTC')).toThrow(/is no time/);
  });
});
