import { FairhopError } from '@fairhop/shared/model';
import { dictionary } from '@zxcvbn-ts/language-common';
import { normalPassword } from './passwords.js';

/** Repeated and alternating characters. */
const MIN_DISTINCT_CHARACTERS = 5;
/** Those long enough to be a password here: some 300 of 49,000. */
const COMMON_PASSWORDS = new Set(dictionary['passwords-common'].filter(({ length }) => length >= 12));
/** Shorter names are in passwords by chance. */
const MIN_NAME_CHARACTERS = 3;

/**
 * What is guessed first, beyond what the length tells (NIST SP 800-63B, 5.1.1.2): repetitions, the account's name, and what many use. Throws
 * `password-weak` (400).
 */
export function checkPassword(password: string, email: string): void {
  const folded = fold(password);
  if (new Set(folded).size < MIN_DISTINCT_CHARACTERS)
    throw weak(`it is made of fewer than ${MIN_DISTINCT_CHARACTERS} different characters`);
  const name = fold(email.slice(0, email.lastIndexOf('@')));
  if (name.length >= MIN_NAME_CHARACTERS && folded.includes(name))
    throw weak(`it contains ${name}, the name of the account's e-mail`);
  if (COMMON_PASSWORDS.has(folded)) throw weak('many use it');
}

/** Upper and lower case are tried both. */
const fold = (text: string): string => normalPassword(text).toLowerCase();

const weak = (why: string): FairhopError =>
  new FairhopError(
    'password-weak',
    `the password is easily guessed: ${why}; some words that do not belong together are right`,
    {
      status: 400,
    },
  );
