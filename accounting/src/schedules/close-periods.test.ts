import { FairhopError, type Invoice } from '@fairhop/shared/model';
import { createLog } from '@fairhop/shared/service';
import { expect, it } from 'vitest';
import { closePeriods } from './close-periods.js';

const log = createLog({ name: 'test', level: 'silent' });

/** Contract `lost` cannot be closed, and what is drafted for `bare` not be issued. */
const books = (drafts: string[]) => ({
  list: () => drafts.map((id) => ({ id }) as Invoice),
  closeDue: async () => {
    drafts.push('new');
    const message = 'its events are dropped';
    return {
      closed: 1,
      failures: [{ contract: 'lost', period: '2026-10', code: 'detail-dropped', message }],
    };
  },
  issue: (id: string) => {
    if (id === 'bare')
      throw new FairhopError('invoice-lacks-details', 'it lacks an address', { status: 409 });
    return { id, number: `CDN-${id}` } as Invoice;
  },
});
const close = (drafts: string[], isIssued: boolean) =>
  closePeriods({ invoices: books(drafts), nowMs: 0, log }, isIssued);

it('names the contracts that could not be closed beside what was drafted', async () => {
  expect(await close(['bare'], false)).toEqual({
    invoices: ['new'],
    failures: ['contract lost, 2026-10: its events are dropped'],
  });
});

it('issues the others where a draft cannot be issued, and names that one too', async () => {
  expect(await close(['a', 'bare', 'b'], true)).toEqual({
    invoices: ['CDN-a', 'CDN-b', 'CDN-new'],
    failures: ['contract lost, 2026-10: its events are dropped', 'invoice bare: it lacks an address'],
  });
});
