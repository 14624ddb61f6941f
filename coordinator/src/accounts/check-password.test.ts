import { expect, it } from 'vitest';
import { checkPassword } from './check-password.js';

const check =
  (password: string, email = 'grace.hopper@studio.example') =>
  () =>
    checkPassword(password, email);
const weak = (reason: RegExp) =>
  expect.objectContaining({ code: 'password-weak', status: 400, message: expect.stringMatching(reason) });

it('takes words and phrases, and no repetitions', () => {
  for (const password of ['correct horse battery', 'Zürich am See 1291', 'abcdeabcdeab'])
    expect(check(password)).not.toThrow();
  for (const password of [
    ' '.repeat(12),
    '121212121212',
    'aAaAbBbBcCcC',
    'ａaａaａaａaａaａa',
    'abcdabcdabcd',
  ])
    expect(check(password)).toThrow(weak(/fewer than 5/));
});

it('takes no name of the account, in any case', () => {
  for (const password of ['grace.hopper 1906', 'I am Grace.Hopper!'])
    expect(check(password)).toThrow(weak(/contains grace\.hopper/));
  expect(check('the grace of a hopper')).not.toThrow();
  expect(check('by chance it is in', 'is@studio.example')).not.toThrow();
});

it('takes none of those that many use', () => {
  for (const password of ['1qaz2wsx3edc', 'Administrator'])
    expect(check(password)).toThrow(weak(/many use it/));
});
