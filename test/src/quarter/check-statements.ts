import { type NetStatement, querySchema } from '@fairhop/shared/contract';
import type { Accounts } from './accounts.js';
import { spanOf } from './calendar.js';
import { differs } from './differs.js';
import type { Dues } from './dues.js';
import type { Truth } from './truth.js';
import { countOf } from './usage.js';

interface StatementChecking {
  readonly truth: Truth;
  readonly dues: Dues;
  /** As they were when they were looked at last. */
  readonly statements: Map<string, string>;
}

/**
 * Statements of closed periods are what both contracts invoice and the matrix of crossings says, and stay so; one after which something
 * was waived has a newer one in its place.
 */
export async function checkStatements(
  { invoices, queries }: Accounts,
  { truth, dues, statements }: StatementChecking,
): Promise<void> {
  const all = new Map<string, NetStatement>();
  const firsts = new Set<NetStatement>();
  for (const statement of invoices.netStatements().reverse()) {
    const name = `${statement.one} ${statement.other} ${statement.period}`;
    let place = 1;
    while (all.has(`${name} ${place}`)) place += 1;
    all.set(`${name} ${place}`, statement);
    if (place === 1) firsts.add(statement);
  }
  for (const [name, text] of statements) {
    const now = textOf(all.get(name));
    if (now !== text) throw differs(`the statement of ${name} became`, now, text);
  }
  for (const [name, statement] of all) {
    if (statements.has(name)) continue;
    checkAmounts(statement, firsts.has(statement) ? dues.ofPeriod : dues.ofPeriodNow);
    checkBytes(statement);
    await checkTurned(statement);
    statements.set(name, textOf(statement));
  }

  function checkBytes({ period, timeZone, directions }: NetStatement): void {
    const span = spanOf(period, timeZone);
    for (const { from, to, bytes } of directions) {
      const usage = { leaves: from, enters: to };
      const { quantity } = countOf(truth, {
        usage,
        plan: { type: 'per-unit', price: '1' },
        ...span,
        timeZone,
      });
      const asked = querySchema.parse({ measure: 'bytes', ...usage, belief: 'billable', time: span });
      const told = [bytes, queries.ask(asked).value];
      if (told.some((one) => one !== quantity))
        throw differs(`statement and matrix of ${from} to ${to} in ${period}`, told, quantity);
    }
  }
  async function checkTurned({ one, other, period, timeZone, directions }: NetStatement): Promise<void> {
    const turned = await invoices.netStatement(other, one, { period, timeZone });
    const told = [turned.one, turned.other, ...turned.directions];
    const right = [other, one, directions[1], directions[0]];
    if (JSON.stringify(told) !== JSON.stringify(right))
      throw differs(`${other} and ${one} in ${period}`, told, right);
  }
}

/** All but whether it stands. */
function textOf(statement: NetStatement | undefined): string {
  const { isFinal: _, isSuperseded: __, ...figures } = statement ?? {};
  return JSON.stringify(figures);
}

function checkAmounts(
  { one, other, period, directions, net, ratioThousandths }: NetStatement,
  duesOf: Dues['ofPeriod'],
): void {
  for (const { contracts, amount } of directions) {
    const asked = contracts.map((contract) => duesOf(contract, period));
    const right = asked.length === 0 ? null : asked.reduce((sum, one) => sum + one, 0);
    if (amount !== right) throw differs(`${contracts.join(', ')} in ${period} ask`, amount, right);
  }
  const [there, back] = directions;
  const owed = (there.amount ?? 0) - (back.amount ?? 0);
  const told = net === null ? 0 : net.payer === one ? net.amount : -net.amount;
  if (told !== owed) throw differs(`${one} owes ${other} in ${period}`, told, owed);
  const [small, large] = [Math.min(there.bytes, back.bytes), Math.max(there.bytes, back.bytes)];
  const ratio = small === 0 ? null : Number((BigInt(large) * 1_000n) / BigInt(small));
  if (ratioThousandths !== ratio) throw differs(`the ratio of ${one} and ${other}`, ratioThousandths, ratio);
}
