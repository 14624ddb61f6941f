import { describe, expect, it } from 'vitest';
import { createPasswords } from './passwords.js';

describe('passwords', () => {
  it('are hashed by Argon2id with what OWASP recommends, and are the same in any spelling', async () => {
    const passwords = createPasswords();
    const hash = await passwords.hash('Zürich am See');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwords.matches('Zu\u0308rich am See', hash)).toBe(true);
    expect(await passwords.matches('Zurich am See', hash)).toBe(false);
    expect(await passwords.matches('Zürich am See', null)).toBe(false);
  });

  it('are checked few at a time, and a flood is refused', async () => {
    const passwords = createPasswords();
    const hash = await passwords.hash('correct horse');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 80 }, () => passwords.matches('correct horse', hash)),
    );
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(80 - 66);
    expect(refused[0]).toMatchObject({ reason: { code: 'logins-busy', status: 503 } });
    expect(await passwords.matches('correct horse', hash)).toBe(true);
  });
});
