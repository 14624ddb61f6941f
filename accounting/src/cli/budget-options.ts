import { type BudgetAction, type BudgetStep, budgetActionSchema } from '@fairhop/shared/contract';
import { InvalidArgumentError } from 'commander';

/** `80,100` */
export function parseSteps(text: string): number[] {
  const steps = text.split(',').map((step) => step.trim().replace(/%$/, ''));
  if (steps.every((step) => /^\d{1,4}$/.test(step))) return steps.map(Number);
  throw new InvalidArgumentError('Steps are percents with commas between, such as 80,100.');
}

/** `80`, `100:stop`, `50@email`, `100:no-peers@webhook,email`; given several times. */
export function collectSteps(text: string, before: readonly BudgetStep[] = []): BudgetStep[] {
  const [, percent, action, channels] = /^(\d{1,4})%?(?::([a-z-]+))?(?:@([a-z,]+))?$/.exec(text.trim()) ?? [];
  const names = channels?.split(',');
  const isRight =
    percent !== undefined &&
    (action === undefined || (budgetActionSchema.options as readonly string[]).includes(action)) &&
    (names ?? []).every((name) => name === 'webhook' || name === 'email');
  if (!isRight)
    throw new InvalidArgumentError(
      `A step is PERCENT[:ACTION][@CHANNELS] such as 80, 100:stop or 50@email; actions are ${budgetActionSchema.options.join(', ')}.`,
    );
  return [
    ...before,
    {
      percent: Number(percent),
      ...(action !== undefined && { action: action as BudgetAction }),
      ...(names !== undefined && { channels: names as ('webhook' | 'email')[] }),
    },
  ];
}

/** `--email A,B` or `--email A --email B`. */
export const collectNames = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text.split(',').map((name) => name.trim()),
];

type Present<Value> = { [Key in keyof Value]?: Exclude<Value[Key], undefined> };

/** What is there of it: JSON has no `undefined`, and the schemas take none. */
export const presentOf = <Value extends object>(value: Value): Present<Value> =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Present<Value>;
