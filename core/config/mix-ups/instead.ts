/**
 * Recognises a document of another kind than expected, so that one issue names it, and not one for
 * each of its keys.
 */
import type { Issue } from '../../issue.ts';
import { recogniseDialect } from '../dialect.ts';
import { issueAt } from '../../findings.ts';
import type { Located } from '../yaml/located.ts';
import { fieldsOf, textOf } from '../yaml/read-values.ts';
import { recogniseMixUp } from './recognise.ts';

export interface Expected {
  /** Completes "this is …, not …". */
  readonly what: string;
  readonly hint: string;
  /** A document of this kind, or with one of these keys, counts as the expected one. */
  readonly kind?: string;
  readonly keys: readonly string[];
}

/**
 * @returns undefined for an unknown document, and for the expected one, whose own checks say more
 */
export function recogniseInstead(root: Located, expected: Expected): Issue | undefined {
  const fields = fieldsOf(root);
  const kind = textOf(fields.get('kind'))?.value;
  if (kind !== undefined && kind === expected.kind) return undefined;
  if (expected.keys.some((key) => fields.has(key))) return undefined;
  const what = describe(root);
  if (what === undefined) return undefined;
  const message = `this is ${what}, not ${expected.what}`;
  return issueAt(root.place, 'error', 'unknown-document', message, expected.hint);
}

function describe(root: Located): string | undefined {
  const { dialect } = recogniseDialect(root);
  if (dialect === 'native') return 'a network configuration (NetworkConfig)';
  if (dialect === 'charm') return 'a network configuration (options of the calico charm)';
  return recogniseMixUp(root)?.what;
}
