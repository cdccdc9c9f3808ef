import { utf8ToBytes } from '@noble/hashes/utils.js';

const plain = /^[A-Za-z0-9_.,:/=@%+][-A-Za-z0-9_.,:/=@%+]*$/;

/** One word for a POSIX shell, on one line. The shell never reads a part of it as anything else. */
export function shellWord(text: string): string {
  if (plain.test(text)) return text;
  // In a comment, a line break would make the rest a command.
  if (/[\p{Cc}\u2028\u2029]/u.test(text)) return ansiQuoted(text);
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** $'…' of bash, zsh, ksh and POSIX.1-2024. */
function ansiQuoted(text: string): string {
  return `$'${text.replaceAll(/[\\'\p{Cc}\u2028\u2029]/gu, octalBytes)}'`;
}

function octalBytes(text: string): string {
  return [...utf8ToBytes(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
