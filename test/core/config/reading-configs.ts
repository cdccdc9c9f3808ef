/** Shared parts of the tests of both dialects. */
import { expect } from 'chai';
import type { NetworkModel } from '../../../core/config/model.ts';
import { parseConfig } from '../../../core/config/parse.ts';
import type { Issue } from '../../../core/issue.ts';

export function modelOf(text: string): NetworkModel {
  const parsed = parseConfig(text);
  if (!parsed.ok) throw new Error(parsed.issues.map(summary).join('\n'));
  return parsed.model;
}

/** `severity code pointer line:column`, and inside a string `option line:column`. */
export function summary({ severity, code, pointer, line, column, inside }: Issue): string {
  const place = `${severity} ${code} ${pointer} ${line}:${column}`;
  return inside === undefined ? place : `${place} ${inside.option} ${inside.line}:${inside.column}`;
}

/**
 * A row of a rule: its topic, the text, and each issue's summary with words of its message or hint.
 */
export type Row = readonly [
  name: string,
  text: string,
  ...issues: readonly (readonly [summary: string, words: string])[],
];

/** Notes on absent options are left out, unless a row is about them. */
export function checkRow([, text, ...expected]: Row): void {
  const { issues, ok } = parseConfig(text);
  const found = issues.filter(({ code }) => code !== 'charm-options-absent');
  expect(found.map(summary)).to.deep.equal(expected.map(([line]) => line));
  for (const [index, [, words]] of expected.entries()) {
    const { message, hint } = found[index] ?? { message: '', hint: '' };
    expect(`${message} | ${hint ?? ''}`).to.include(words);
    expect(message, 'a sentence as all others').to.not.match(/\.$|\n|undefined/);
  }
  expect(ok).to.equal(found.every(({ severity }) => severity !== 'error'));
}

/** Without places, which have their own tests. */
export function bare(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, member: unknown) =>
      key === 'place' || key === 'places' ? undefined : member,
    ),
  );
}
