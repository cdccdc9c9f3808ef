/** Finds the place of an edit in a file of several YAML documents; only one of them is parsed. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair } from 'yaml';
import { textBudget } from '../../config/yaml/text-budget.ts';
import { composeDocuments } from '../../config/yaml/yaml-composer.ts';
import { maxFaults, readTokens } from '../../config/yaml/yaml-tokens.ts';
import { textBounds } from '../../input/bounds.ts';
import { isLonger } from '../../input/text-size.ts';
import { printable } from '../../printable.ts';
import { lineAt, linesOf, type EditFault } from './edited.ts';
import type { DocumentChoice, YamlStep } from './file-edit.ts';

const bounds = textBounds.hostYaml;

export interface YamlDocument {
  readonly text: string;
  /** Where the document's text begins in that of the file. */
  readonly offset: number;
  readonly root: Node | null;
}

export type Found<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: EditFault };

export function refusedPlace(fault: EditFault): { readonly ok: false; readonly fault: EditFault } {
  return { ok: false, fault };
}

export function findDocument(text: string, choice: DocumentChoice): Found<YamlDocument> {
  if (isLonger(text, bounds.maxBytes)) {
    const message = `it is larger than ${String(bounds.maxBytes)} bytes, and is not edited`;
    return refusedPlace({ code: 'too-large', message });
  }
  const parts = documentsIn(text).filter((part) => mayBe(part.text, choice));
  const read = parts.map((part) => parsed(text, part));
  const broken = read.find((one) => !one.ok);
  if (broken !== undefined) return broken;
  const found = read.flatMap((one) => (one.ok && is(one.value.root, choice) ? [one.value] : []));
  const [document, second] = found;
  const what = choice === 'only' ? 'document' : `${choice.kind} ${printable(choice.name)}`;
  if (document === undefined) {
    const message = `there is no ${what} in it`;
    return refusedPlace({ code: 'document-missing', message });
  }
  if (second === undefined) return { ok: true, value: document };
  const message = `there are ${String(found.length)} of ${what} in it, and only one can be edited`;
  return refusedPlace({ code: 'document-twice', message, line: lineAt(text, second.offset) });
}

interface Part {
  readonly text: string;
  readonly offset: number;
}

function documentsIn(text: string): readonly Part[] {
  const parts: { from: number; to: number }[] = [];
  let from = text.startsWith('\uFEFF') ? 1 : 0;
  let at = 0;
  for (const line of linesOf(text)) {
    if (/^\uFEFF?(?:---|\.\.\.)(?:\s|$)/.test(line)) {
      parts.push({ from, to: at });
      from = at + line.length;
    }
    at += line.length;
  }
  parts.push({ from, to: at });
  return parts
    .map((part) => ({ text: text.slice(part.from, part.to), offset: part.from }))
    .filter((part) => part.text.split('\n').some((line) => !/^\s*(?:#.*)?$/.test(line)));
}

function mayBe(text: string, choice: DocumentChoice): boolean {
  if (choice === 'only') return true;
  const kind = /^"?kind"?:[ \t]*["']?([A-Za-z]+)/m.exec(text)?.[1];
  return kind === choice.kind && text.includes(choice.name);
}

function parsed(whole: string, { text, offset }: Part): Found<YamlDocument> {
  const { tokens, faults } = readTokens(text, new LineCounter(), textBudget(bounds));
  const composed =
    faults.length > 0 ? { contents: [], faults } : composeDocuments(tokens, text.length, maxFaults);
  const [fault] = composed.faults;
  if (fault !== undefined) {
    const { code, message, hint } = fault;
    const line = lineAt(whole, offset + fault.offset);
    return refusedPlace({ code, message, line, ...(hint !== undefined && { hint }) });
  }
  const [root = null] = composed.contents;
  return { ok: true, value: { text, offset, root: isNode(root) ? root : null } };
}

function isNode(value: unknown): value is Node {
  return isMap(value) || isSeq(value) || isScalar(value) || isAlias(value);
}

function is(root: Node | null, choice: DocumentChoice): boolean {
  if (choice === 'only') return true;
  return (
    textOf(fieldOf(root, 'kind')) === choice.kind &&
    textOf(fieldOf(fieldOf(root, 'metadata'), 'name')) === choice.name
  );
}

export function pairsOf(node: unknown, key: string): readonly Pair[] {
  if (!isMap(node)) return [];
  return node.items.filter((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

function fieldOf(node: unknown, key: string): unknown {
  return pairsOf(node, key).at(-1)?.value;
}

function textOf(node: unknown): string | undefined {
  return isScalar(node) ? String(node.value) : undefined;
}

/** The items of a list that a step names, by their index. */
export function itemsOf(node: unknown, step: Exclude<YamlStep, string>): readonly number[] {
  if (!isSeq(node)) return [];
  return node.items.flatMap((item, index) => {
    const text = 'item' in step ? textOf(item) : textOf(fieldOf(item, step.key));
    return text === ('item' in step ? step.item : step.value) ? [index] : [];
  });
}

function stepText(step: YamlStep): string {
  if (typeof step === 'string') return printable(step);
  return 'item' in step ? `[${printable(step.item)}]` : `[${step.key}=${printable(step.value)}]`;
}

/** `spec.containers[name=calico-node].env`. */
export function pathText(steps: readonly YamlStep[]): string {
  return steps.map(stepText).join('.').replaceAll('.[', '[');
}

/** Follows all steps but the last one. */
export function findParent(document: YamlDocument, at: readonly YamlStep[]): Found<Node> {
  let node: unknown = document.root;
  for (const [index, step] of at.slice(0, -1).entries()) {
    const next = childOf(node, step);
    if (next.length !== 1 || !isNode(next[0])) {
      const path = pathText(at.slice(0, index + 1));
      const message =
        next.length > 1 ? `${path} is there ${String(next.length)} times` : `${path} is not there`;
      const code = next.length > 1 ? 'yaml-place-twice' : 'yaml-place-missing';
      return refusedPlace({ code, message });
    }
    [node] = next;
    if (isAlias(node)) return refusedPlace(anchored(pathText(at.slice(0, index + 1))));
  }
  if (isNode(node)) return { ok: true, value: node };
  return refusedPlace({ code: 'yaml-place-missing', message: 'the document is empty' });
}

function childOf(node: unknown, step: YamlStep): readonly unknown[] {
  if (typeof step === 'string') return pairsOf(node, step).map(({ value }) => value);
  return itemsOf(node, step).map((index) => (isSeq(node) ? node.items[index] : undefined));
}

export function anchored(path: string): EditFault {
  return {
    code: 'yaml-anchor',
    message: `${path} is shared with other places by an anchor, and would change them too`,
    hint: 'write its value out there, without & and *',
  };
}
