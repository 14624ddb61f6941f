import { BIN_MS } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batch, event, eventsMessage, START_MS, uuid } from '../ledger/test-support.js';
import { startTestNetworks, type TestNetworks } from './fixture.js';

const HOUR_MS = 12 * BIN_MS;
const link = 'link:as:64501>as:64502';

let test: TestNetworks;
beforeEach(async () => {
  test = await startTestNetworks();
});
afterEach(() => test.stop());

let booked = 0;
const book = (bytes: number, startMs: number, changes: object = {}): void => {
  booked += 1;
  const time = { binMs: startMs - (startMs % BIN_MS), startMs, endMs: startMs };
  const made = event({ transferId: uuid(booked), bytes, ...time, ...changes });
  expect(test.ledger.book(batch([eventsMessage(booked, made)])).accepted).toBe(1);
};
/** The first hour that has events. */
const drop = (): void => {
  const laterMs = START_MS + 400 * 24 * HOUR_MS;
  expect(test.ledger.retention.dropHour(laterMs, laterMs)).toBeDefined();
};
const put = (id: string, components: string[], fromMs: number) =>
  test.client.putObject({ params: { id }, body: { name: id, components, fromMs } });
const measure = (id: string, query: object = {}) => test.client.measureObject({ params: { id }, query });
const show = (component: string) => test.client.getComponent({ params: { component } });
const widened = [expect.stringMatching(/are dropped: .* counted as whole$/)];

/** The hour of the first event. */
const hourMs = START_MS - (START_MS % HOUR_MS);

describe('once single events are dropped', () => {
  it('an object over links counts their hours whole, and says where', async () => {
    await put('whole', [link], hourMs);
    await put('part', [link], hourMs + 2 * BIN_MS);
    await put('part', ['as:64501'], hourMs + 6 * BIN_MS);
    book(1_000, hourMs);
    book(10, hourMs + HOUR_MS);
    expect(await measure('part')).toEqual({ bytes: 10, events: 1 });
    drop();
    expect(await measure('whole')).toEqual({ bytes: 1_010, events: 2 });
    // Both of its components were crossed by the hour's bytes, which count once.
    expect(await measure('part')).toEqual({ bytes: 1_010, events: 2, notes: widened });
    const half = { fromMs: hourMs, toMs: hourMs + HOUR_MS / 2 };
    expect(await measure('whole', half)).toEqual({ bytes: 1_000, events: 1, notes: widened });
    const later = { fromMs: hourMs + HOUR_MS, toMs: hourMs + HOUR_MS + 1 };
    expect(await measure('whole', later)).toEqual({ bytes: 10, events: 1 });
  });

  it('an object over hosts is refused for that time, and told for a later one', async () => {
    await put('clients', ['host:downloader', link], hourMs);
    book(1_000, hourMs);
    book(10, hourMs + 3 * HOUR_MS);
    drop();
    await expect(measure('clients')).rejects.toMatchObject({ code: 'detail-dropped', status: 422 });
    expect(await measure('clients', { fromMs: hourMs + HOUR_MS })).toEqual({ bytes: 10, events: 1 });
    // Before the dropped hour nothing was booked.
    expect(await measure('clients', { toMs: hourMs })).toEqual({ bytes: 0, events: 0 });
  });

  it('a host shows all that it received, and what of its sending is left out', async () => {
    book(1_000, hourMs);
    book(10, hourMs + HOUR_MS);
    book(1, hourMs + HOUR_MS, { source: 'host:downloader', destination: 'host:downloader' });
    const before = await show('host:downloader');
    expect(before).toMatchObject({ bytes: 1_011, events: 3, billableBytes: 0 });
    expect(before.notes).toBeUndefined();
    drop();
    const notes = [expect.stringMatching(/received is counted over all time, what they sent/)];
    expect(await show('host:downloader')).toMatchObject({ bytes: 1_011, events: 3, notes });
    expect(await show('host:uploader')).toMatchObject({ bytes: 10, events: 1, notes });
    expect((await show(link)).notes).toBeUndefined();
    const hosts = await test.client.listComponents({ query: { kind: 'host' } });
    expect(hosts).toMatchObject({ notes, components: [{ bytes: 1_011 }, { bytes: 10 }] });
    expect(await test.client.listComponents({ query: { kind: 'link' } })).toEqual({
      components: [{ id: link, kind: 'link', bytes: 1_011 }],
    });
  });
});
