import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../.ci/run', import.meta.url));
/** In place of npm: what the suites and the lab say is the test's. */
const NPM = `#!/bin/sh
case "$1 $2" in
  'run lab') exit "$LAB_STATUS" ;;
  'test --')
    for word in "$@"; do case "$word" in --outputFile.json=*) printf %s "$RESULT" >"\${word#*=}" ;; esac; done
    exit "$TEST_STATUS" ;;
esac
`;
const passed = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
let tools: string;

beforeEach(() => {
  tools = mkdtempSync(join(tmpdir(), 'fairhop-ci-'));
  // Nothing is installed for this test either.
  for (const [name, text] of [
    ['npm', NPM],
    ['apt-get', '#!/bin/sh\n'],
  ] as const) {
    writeFileSync(join(tools, name), text);
    chmodSync(join(tools, name), 0o755);
  }
});
afterEach(() => rmSync(tools, { recursive: true }));

interface Outcome {
  readonly tests?: number;
  readonly lab?: number;
  readonly result?: object | string;
}

function run({ tests = 0, lab = 0, result = passed }: Outcome): Promise<{ code: number; lastLine: string }> {
  const env = {
    ...process.env,
    PATH: `${tools}${delimiter}${process.env['PATH']}`,
    TEST_STATUS: String(tests),
    LAB_STATUS: String(lab),
    RESULT: typeof result === 'string' ? result : JSON.stringify(result),
  };
  return new Promise((resolve) => {
    execFile(SCRIPT, { env }, (error, stdout) =>
      resolve({ code: Number(error?.code ?? 0), lastLine: stdout.trim().split('\n').at(-1)! }),
    );
  });
}

it('ends with what passed', async () => {
  expect(await run({})).toEqual({ code: 0, lastLine: '8 passed, 0 failed' });
});

it.each<[string, Outcome, string]>([
  ['an error outside of every test', { tests: 1 }, '8 passed, 1 failed'],
  ['a test', { tests: 1, result: { ...passed, numFailedTests: 2 } }, '8 passed, 2 failed'],
  [
    'a file without tests',
    { tests: 1, result: { ...passed, testResults: [{ status: 'failed', assertionResults: [] }] } },
    '8 passed, 1 failed',
  ],
  ['a test that was skipped', { result: { ...passed, numPendingTests: 1 } }, '8 passed, 1 failed'],
  ['the lab', { lab: 1 }, '7 passed, 1 failed'],
  ['the lab and an error', { tests: 1, lab: 1 }, '7 passed, 2 failed'],
  ['the run of the tests', { tests: 1, result: '' }, '0 passed, 1 failed'],
])('ends as failed by %s', async (_, outcome, lastLine) => {
  expect(await run(outcome)).toEqual({ code: 1, lastLine });
});
