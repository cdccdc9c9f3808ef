/** The arguments of k3s: `-flag`, `--flag=value`, `--flag value`. Source: Go's package flag. */
import type { FilePlace } from '../file-issues.ts';
import { flagKind, shortNames } from './flags.ts';

export interface PlacedWord {
  readonly text: string;
  readonly place: FilePlace;
}

export interface Argument {
  /** The long name, where there is one. */
  readonly name: string;
  /** The short name by which it was given. */
  readonly short?: string;
  readonly text: string;
  readonly place: FilePlace;
}

export interface CommandLine {
  /** Absent: neither server nor agent is started. */
  readonly role?: 'server' | 'agent';
  readonly flags: readonly Argument[];
  /** Words that belong to no flag. */
  readonly strays: readonly PlacedWord[];
}

/** @param words without the program itself */
export function parseCommandLine(words: readonly PlacedWord[]): CommandLine {
  const start = words.findIndex(({ text }) => text === 'server' || text === 'agent');
  const role = words[start]?.text === 'agent' ? 'agent' : 'server';
  const flags: Argument[] = [];
  const strays: PlacedWord[] = [];
  const rest = [...words.slice(start + 1)];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const { text, place } = word;
    const [, written, value] = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(text) ?? [];
    if (written === undefined) {
      strays.push(word);
      continue;
    }
    const name = shortNames[written] ?? written;
    const isSwitch = flagKind(name) === 'switch';
    flags.push({
      name,
      ...(name !== written && { short: written }),
      text: value ?? (isSwitch ? 'true' : (rest.shift()?.text ?? '')),
      place,
    });
  }
  return start < 0 ? { flags: [], strays: [] } : { role, flags, strays };
}
