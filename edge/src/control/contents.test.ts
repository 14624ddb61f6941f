import { createLog } from '@fairhop/shared/service';
import { expect, it } from 'vitest';
import { manifestOf } from '../testing/test-coordinator.js';
import { createContents } from './contents.js';

it('asks again for a source whose title was published again while it was asked for', async () => {
  const manifest = manifestOf(Buffer.alloc(1_000));
  const { contentId } = manifest;
  const answers: ((path: string) => void)[] = [];
  const contents = createContents({
    client: {
      getContentSource: () =>
        new Promise((resolve) =>
          answers.push((path) =>
            resolve({ manifest, origin: { kind: 'directory', path }, title: {} as never }),
          ),
        ),
    },
    sources: {
      load: async () => undefined,
      save: async () => undefined,
      ensure: async () => undefined,
      directoryOf: (id) => id,
    },
    isCached: () => false,
    log: createLog({ name: 'test', level: 'silent' }),
  });
  const pathOf = async () => {
    const { origin } = await contents.get(contentId);
    return origin.kind === 'directory' && origin.path;
  };
  const answer = async (index: number, path: string): Promise<void> => {
    while (answers.length <= index) await new Promise((resolve) => setImmediate(resolve));
    answers[index]!(path);
  };
  const first = pathOf();
  while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve));
  contents.refresh(contentId);
  await answer(0, 'before');
  expect(await first).toBe('before');
  const second = pathOf();
  await answer(1, 'after');
  expect(await second).toBe('after');
  expect(await pathOf()).toBe('after');
  expect(answers).toHaveLength(2);
});
