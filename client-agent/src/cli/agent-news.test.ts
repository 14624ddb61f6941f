import type { Permit } from '@fairhop/shared/model';
import { expect, it } from 'vitest';
import { createAgentNews } from './agent-news.js';

const permit = { id: 'sp1/uplinks', isp: 'sp1' } as Permit;
const none = { ready: false, reasons: ['Your ISP gives no permit: none.'], permit: null };
const on = { ready: true, reasons: [], permit };
const standing = (online: boolean, upload: typeof none | typeof on) =>
  ({ agent: 'key', online, address: '127.1.0.2', isp: 'sp1', asn: 64501, upload }) as Parameters<
    ReturnType<typeof createAgentNews>['of']
  >[0];

it('tells the first session, each change of the permission, and that the session is back, once each', () => {
  const news = createAgentNews();
  const lines = (...given: Parameters<typeof standing>): string[] =>
    news.of(standing(...given)).map(({ text }) => text);
  expect(lines(false, none)).toEqual([]);
  expect(lines(true, none)).toEqual([
    'agent key at 127.1.0.2 (sp1), no uploads: Your ISP gives no permit: none.',
  ]);
  expect(lines(true, none)).toEqual([]);
  expect(lines(true, on)).toEqual(['uploads are on: permit sp1/uplinks']);
  expect(lines(false, on)).toEqual(['offline: the session with the coordinator ended; it is tried again']);
  expect(lines(false, on)).toEqual([]);
  expect(lines(true, none)).toEqual(['connected again', 'no uploads: Your ISP gives no permit: none.']);
});
