/**
 * YAML 1.2 (and so JSON) text → a tree in which every value and key knows its place.
 *
 * YAML that is held in a string (as `juju config` holds mappings) is read by `locateInside`: its
 * places continue the outer pointer and say line and column inside the string, and line and column
 * in the outer text, whether the string is a block, folded, in quotes or plain.
 */
import type { LineCounter } from 'yaml';
import { textBounds, type TextBounds } from '../../input/bounds.ts';
import { isLonger } from '../../input/text-size.ts';
import type { Issue, Place } from '../../issue.ts';
import { issueAt } from '../../findings.ts';
import type { Located, LocatedScalar, LocatedText } from './located.ts';
import { locateNodes } from './located-nodes.ts';
import type { PlaceAt } from './located-scalar.ts';
import { textBudget, type TextBudget } from './text-budget.ts';
import { textPositions } from './text-positions.ts';
import { lineStarts } from './written-text.ts';
import { composeDocuments, type ComposedDocuments } from './yaml-composer.ts';
import { causesOf } from './yaml-causes.ts';
import type { Fault } from './yaml-faults.ts';
import { maxFaults, readTokens } from './yaml-tokens.ts';

/** Reads one document. Refuses an empty text, or one of comments only. */
export function locate(text: string, bounds: TextBounds): LocatedText {
  const located = locateAll(text, bounds);
  return located.ok ? { ok: true, root: located.root } : located;
}

export type LocatedDocuments =
  { readonly ok: true; readonly root: Located; readonly others: readonly Located[] } | Refused;

/** As many documents as the bounds allow; empty ones are left out. */
export function locateAll(text: string, bounds: TextBounds): LocatedDocuments {
  if (isLonger(text, bounds.maxBytes)) return tooLarge(bounds.maxBytes);
  const unmarked = text.replace(/^\uFEFF/, '');
  const { lines, positionAt } = textPositions(unmarked);
  const placeAt: PlaceAt = (pointer, offset) => ({ pointer, ...positionAt(offset) });
  const budget = textBudget(bounds);
  const documents = readNodes(unmarked, lines, placeAt, budget);
  const issues = documents.flatMap((read) => (read.ok ? [] : read.issues));
  if (issues.length > 0) return { ok: false, issues };
  const roots = documents.flatMap((read) => (read.ok && !isNothing(read.root) ? [read.root] : []));
  const [root, ...others] = roots;
  return root === undefined ? empty : { ok: true, root, others };
}

/**
 * Reads YAML inside a string. A string with only comments gives null.
 * @param budget shared by all strings of one document
 */
export function locateInside(
  scalar: LocatedScalar,
  option: string,
  budget: TextBudget = textBudget(textBounds.option),
): LocatedText {
  const text = String(scalar.value);
  if (isLonger(text, budget.bounds.maxBytes)) return tooLarge(budget.bounds.maxBytes);
  const { lines, positionAt } = textPositions(text);
  const placeAt: PlaceAt = (pointer, offset) =>
    placeOf(scalar, scalar.place.pointer + pointer, offset, option, positionAt(offset));
  const [read] = readNodes(text, lines, placeAt, budget);
  return read ?? empty;
}

/** The places of indices in a string that has several values. */
export function placesInside(scalar: LocatedScalar, option: string): (index: number) => Place {
  const text = String(scalar.value);
  const { lines, positionAt } = textPositions(text);
  for (const start of lineStarts(text)) lines.addNewLine(start);
  return (index) => placeOf(scalar, scalar.place.pointer, index, option, positionAt(index));
}

/**
 * The place of a value or key; inside of nested strings it is that in the outermost text. The
 * fields are listed one by one, because spreading would need twice the memory.
 */
function placeOf(
  scalar: LocatedScalar,
  pointer: string,
  index: number,
  option: string,
  within: { readonly line: number; readonly column: number },
): Place {
  const inside = { option, line: within.line, column: within.column };
  const { line, column } = scalar.placeWithin?.(index) ?? scalar.place;
  if (line === undefined || column === undefined) return { pointer, inside };
  return { pointer, line, column, inside };
}

/** One result for each document; only one if the whole text is broken. */
function readNodes(
  text: string,
  lines: LineCounter,
  placeAt: PlaceAt,
  budget: TextBudget,
): readonly LocatedText[] {
  const { contents, faults } = compose(text, lines, budget);
  if (faults.length > 0) return [refused(faults, placeAt)];
  return contents.map((root) => locateNodes(root, text, placeAt, budget));
}

/** A function of its own, so that the tokens are gone before the located tree is made. */
function compose(text: string, lines: LineCounter, budget: TextBudget): ComposedDocuments {
  const { tokens, faults } = readTokens(text, lines, budget);
  const read =
    faults.length > 0 ? { contents: [], faults } : composeDocuments(tokens, text.length, maxFaults);
  return read.faults.length > 0 ? { ...read, faults: causesOf(read.faults, text, tokens) } : read;
}

/** Keeps the first fault of each line, because the others follow from it. */
function refused(faults: readonly Fault[], placeAt: PlaceAt): Refused {
  const byLine = new Map<number, Issue>();
  for (const { offset, code, message, hint } of faults) {
    const place = placeAt('', offset);
    const line = place.inside?.line ?? place.line ?? 0;
    if (!byLine.has(line)) byLine.set(line, issueAt(place, 'error', code, message, hint));
  }
  return { ok: false, issues: [...byLine.values()] };
}

function isNothing(root: Located): boolean {
  return root.kind === 'scalar' && root.value === null && root.source === '';
}

interface Refused {
  readonly ok: false;
  readonly issues: readonly Issue[];
}

const empty: Refused = {
  ok: false,
  issues: [
    {
      severity: 'error',
      code: 'yaml-empty',
      pointer: '',
      line: 1,
      column: 1,
      message: 'the document is empty',
    },
  ],
};

function tooLarge(maxBytes: number): Refused {
  const message = `the text is larger than ${maxBytes} bytes`;
  const issue: Issue = { severity: 'error', code: 'too-large', pointer: '', message };
  return { ok: false, issues: [issue] };
}
