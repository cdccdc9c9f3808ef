/** The new release with the changes of people in it: its own text, with its comments, edited. */
import { editYaml } from '../../edit/edit-yaml.ts';
import type { YamlStep, YamlValue as EditValue } from '../../edit/file-edit.ts';
import { yamlDocuments } from '../yaml-documents.ts';
import type { ManifestObject } from './manifest-objects.ts';
import { mergeId, type CarriedInObject, type ConflictInObject } from './merge-manifests.ts';
import { replaceBlock } from './replace-block.ts';
import { isList, isMap, type YamlValue } from './yaml-value.ts';

/** Which side of a conflict is taken, by `mergeId`. */
export type Answers = ReadonlyMap<string, 'mine' | 'shipped'>;

export interface MergedText {
  readonly text: string;
  /** Conflicts without an answer. With one of them the text is not complete. */
  readonly open: readonly ConflictInObject[];
  /** Changes that cannot be written into the new text, with the reason; only the answer `shipped` goes on. */
  readonly stuck: readonly StuckChange[];
}

export interface StuckChange {
  readonly change: CarriedInObject;
  readonly why: string;
}

export function mergedText(
  shipped: string,
  carried: readonly CarriedInObject[],
  conflicts: readonly ConflictInObject[],
  answers: Answers,
): MergedText {
  const isLeft = (one: Pick<CarriedInObject, 'object' | 'path'>): boolean =>
    answers.get(mergeId(one)) === 'shipped';
  const decided = conflicts.filter((one) => answers.get(mergeId(one)) === 'mine').map(asCarried);
  const stuck: StuckChange[] = [];
  let text = shipped;
  for (const change of [...carried.filter((one) => !isLeft(one)), ...decided]) {
    const next = carry(text, change);
    if ('why' in next) stuck.push({ change, why: next.why });
    else ({ text } = next);
  }
  return { text, stuck, open: conflicts.filter((one) => !answers.has(mergeId(one))) };
}

function asCarried({ object, path, mine, shipped }: ConflictInObject): CarriedInObject {
  return {
    object,
    path,
    ...(mine !== undefined && { value: mine }),
    ...(shipped !== undefined && { shipped }),
  };
}

type Next = { readonly text: string } | { readonly why: string };

function carry(text: string, { object, path, value, shipped }: CarriedInObject): Next {
  if (path.length === 0) return { text: withObject(text, object, value !== undefined) };
  const document = { kind: object.kind, name: object.name };
  if (typeof value === 'string' && typeof shipped === 'string') {
    const replaced = replaceBlock(text, document, path, value);
    if (replaced !== undefined) return { text: replaced };
  }
  const edited = editableValue(value);
  if (edited === null) return { why: 'it has an empty value' };
  const asked = { document, at: path as readonly YamlStep[] };
  const one = editYaml(text, withValue(asked, edited));
  if (one.ok) return { text: one.text };
  // A list without names is replaced as a whole: the editor knows single items only.
  if (one.fault.code !== 'yaml-shape' || value === undefined) return { why: one.fault.message };
  const without = editYaml(text, asked);
  const again = without.ok ? editYaml(without.text, withValue(asked, edited)) : without;
  return again.ok ? { text: again.text } : { why: again.fault.message };
}

function withValue<T extends object>(
  asked: T,
  value: EditValue | undefined,
): T & { value?: EditValue } {
  return value === undefined ? asked : { ...asked, value };
}

/** Null: a part of it is null, which an edit does not write. */
function editableValue(value: YamlValue | undefined): EditValue | undefined | null {
  if (value === undefined || value === null) return value;
  if (isList(value)) {
    const items = value.map(editableValue);
    return items.every((item) => item !== null && item !== undefined) ? items : null;
  }
  if (!isMap(value)) return value;
  const entries = Object.entries(value).map(([key, own]) => [key, editableValue(own)] as const);
  const whole = entries.flatMap(([key, own]) =>
    own === null || own === undefined ? [] : [[key, own] as const],
  );
  return whole.length === entries.length ? Object.fromEntries(whole) : null;
}

/** An object of people comes to the end with its comments; one that they took away goes. */
function withObject(text: string, object: ManifestObject, isThere: boolean): string {
  if (isThere) {
    const end = text === '' || text.endsWith('\n') ? '' : '\n';
    return `${text}${end}---\n${object.text}`;
  }
  const documents = yamlDocuments(text);
  const index = documents.findIndex((document) => document.text === object.text);
  const document = documents[index];
  if (document === undefined) return text;
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const length = (document.text.match(/[^\n]*\n|[^\n]+$/g) ?? []).length;
  // With the line of `---` above it.
  const from = Math.max(0, document.above - 1);
  return [...lines.slice(0, from), ...lines.slice(document.above + length)].join('');
}
