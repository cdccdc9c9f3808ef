/**
 * Commands that replace pieces of a file by their place in bytes. They need no line of the file, so they
 * show none of its secrets, and every byte of the new pieces can be written in them.
 */
import { diffArrays } from 'diff';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { digestOfFile } from '../../platform/due-restarts.ts';
import { linesOf } from '../../platform/edit/edited.ts';
import { isPrintable } from '../../printable.ts';
import { redactLines } from '../../support/redact.ts';

/** A limit, because texts without common lines would take minutes. */
const maxEdits = 3000;

/** In UTF-16 units. */
interface Piece {
  /** In the text before. */
  readonly from: number;
  readonly to: number;
  readonly inserted: string;
  /** In the text after. */
  readonly at: number;
}

/**
 * Pasted into a root shell, they change the file only if it still has the text of before. The old
 * file stays beside it as FILE.orig. A piece that is a secret itself is not written: a comment says so.
 * @param file quoted for a shell
 */
export function spliceCommands(file: string, before: string, after: string): readonly string[] {
  const pieces = piecesBetween(before, after);
  const original = `${file}.orig`;
  const shown = redactLines(after.split('\n'));
  if (pieces.some((piece) => isSecret(piece, after, shown))) {
    return [
      `# a line that ${file} gets has a secret, and is not shown here: take it from the copy of the`,
      '# file in host-originals in the state directory of calico-agent',
    ];
  }
  const body: string[] = [];
  let at = 0;
  for (const { from, to, inserted } of pieces) {
    body.push(...copied(original, before, at, from), ...written(inserted));
    at = to;
  }
  body.push(...copied(original, before, at, before.length));
  return [
    `cp -p ${file} ${original}`,
    `echo '${digestOfFile(before)} ' ${original} | sha256sum --check --status && {`,
    ...body,
    `} > ${file}`,
    `echo '${digestOfFile(after)} ' ${file} | sha256sum --check`,
  ];
}

/** @param command that reads the text from its standard input */
export function writeCommands(text: string, command: string): readonly string[] {
  if (canBeDocument(text)) return [`${command} <<'${end}'`, ...bodyOf(text), end];
  return ['{', ...written(text), `} | ${command}`];
}

function copied(file: string, text: string, from: number, to: number): readonly string[] {
  const start = utf8ToBytes(text.slice(0, from)).length;
  const count = utf8ToBytes(text.slice(from, to)).length;
  if (count === 0) return [];
  if (start === 0) return [`head -c ${String(count)} ${file}`];
  return [`tail -c +${String(start + 1)} ${file} | head -c ${String(count)}`];
}

const end = 'END_OF_TEXT';

function written(text: string): readonly string[] {
  if (text === '') return [];
  if (canBeDocument(text)) return [`cat <<'${end}'`, ...bodyOf(text), end];
  return linesOf(text).map((line) => `printf '${escaped(line)}'`);
}

function canBeDocument(text: string): boolean {
  return text.endsWith('\n') && bodyOf(text).every((line) => isPrintable(line) && line !== end);
}

function bodyOf(text: string): readonly string[] {
  return text.slice(0, -1).split('\n');
}

/** For the format of printf, in single quotes. */
function escaped(text: string): string {
  return Array.from(text)
    .map((character) => {
      if (character === '%') return '%%';
      if (character === '\\') return '\\\\';
      if (character === '\n') return '\\n';
      if (character !== "'" && isPrintable(character)) return character;
      const bytes = [...utf8ToBytes(character)];
      return bytes.map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    })
    .join('');
}

function piecesBetween(before: string, after: string): readonly Piece[] {
  const parts = diffArrays([...linesOf(before)], [...linesOf(after)], { maxEditLength: maxEdits });
  if (parts === undefined) return [trimmed({ from: 0, gone: before, at: 0, come: after })];
  const pieces: Piece[] = [];
  let from = 0;
  let at = 0;
  let gone: readonly string[] = [];
  let come: readonly string[] = [];
  const close = (): void => {
    for (const [one, other] of lineByLine(gone, come)) {
      if (one !== other) pieces.push(trimmed({ from, gone: one, at, come: other }));
      from += one.length;
      at += other.length;
    }
    gone = [];
    come = [];
  };
  for (const { added, removed, value } of parts) {
    if (added) come = value;
    else if (removed) gone = value;
    else {
      close();
      from += value.join('').length;
      at += value.join('').length;
    }
  }
  close();
  return pieces;
}

function lineByLine(
  gone: readonly string[],
  come: readonly string[],
): readonly (readonly [string, string])[] {
  if (gone.length !== come.length) return [[gone.join(''), come.join('')]];
  return gone.map((line, index) => [line, come[index] ?? '']);
}

interface Texts {
  readonly from: number;
  readonly gone: string;
  readonly at: number;
  readonly come: string;
}

/** Without what both texts begin and end with, in whole characters. */
function trimmed({ from, gone, at, come }: Texts): Piece {
  const old = Array.from(gone);
  const now = Array.from(come);
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const before = old.slice(0, head).join('').length;
  const below = old.slice(old.length - tail).join('').length;
  return {
    from: from + before,
    to: from + gone.length - below,
    inserted: now.slice(head, now.length - tail).join(''),
    at: at + before,
  };
}

/** True if the text without secrets does not show all its words. */
function isSecret({ inserted, at }: Piece, after: string, shown: readonly string[]): boolean {
  if (inserted === '') return false;
  const [above = ''] = /\S*$/.exec(after.slice(0, at)) ?? [];
  const [below = ''] = /^\S*/.exec(after.slice(at + inserted.length)) ?? [];
  const words = `${above}${inserted}${below}`;
  const first = after.slice(0, at - above.length).split('\n').length - 1;
  const lines = shown.slice(first, first + words.split('\n').length);
  return !lines.join('\n').includes(words);
}
