/** The variables that a unit gives its process: Environment= and the files of EnvironmentFile=. */
import type { UnitLine } from './parse-unit.ts';
import { splitWords } from './split-words.ts';

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
}

const asIs = { variable: () => undefined, specifier: () => undefined };

/** `Environment="A=one two" B=three`. */
export function variablesOfLine({ value, file, lineAt }: UnitLine): readonly Variable[] {
  return splitWords(value, asIs).flatMap(({ text, index }) => {
    const equals = text.indexOf('=');
    if (equals < 1) return [];
    const name = text.slice(0, equals);
    return [{ name, value: text.slice(equals + 1), file, line: lineAt(index) }];
  });
}

/** Source: systemd.exec(5), EnvironmentFile=: comments with # or ;, quotes, continued lines. */
export function parseEnvironmentFile(file: string, text: string): readonly Variable[] {
  const variables: Variable[] = [];
  let before = '';
  let begun = 1;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (before === '') begun = index + 1;
    if (raw.endsWith('\\')) {
      before += raw.slice(0, -1);
      continue;
    }
    const line = (before + raw).trim();
    before = '';
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    variables.push({ name, value: unquoted(value.trim()), file, line: begun });
  }
  return variables;
}

function unquoted(value: string): string {
  const [, , inner] = /^(["'])(.*)\1$/s.exec(value) ?? [];
  return inner ?? value;
}
