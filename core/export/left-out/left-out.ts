/** Issues for parts of a cluster that a NetworkConfig cannot express. */
import { textAt } from '../../input/plain-data.ts';
import type { Issue, Severity } from '../../issue.ts';
import { printable } from '../../printable.ts';
import type { Origin } from '../draft.ts';

const maxLength = 80;

export function exportIssue(
  severity: Severity,
  code: string,
  message: string,
  hint?: string,
): Issue {
  return { severity, code, pointer: '', message, ...(hint === undefined ? {} : { hint }) };
}

export function objectText({ kind, name }: Pick<Origin, 'kind' | 'name'>): string {
  return `${kind} "${printable(name)}"`;
}

/** The object as a whole is not in the document. `why` completes `BGPPeer "x" …`. */
export function leftOut(origin: Origin, why: string, hint?: string): Issue {
  return allLeftOut([origin], why, hint);
}

/** Several objects that are left out for the same reason, as one issue. */
export function allLeftOut(origins: readonly Origin[], why: string, hint?: string): Issue {
  const [first, ...others] = origins.map(objectText);
  const more = others.length === 0 ? '' : ` (and ${others.length} more like it)`;
  const tie = origins.find((one) => one.tie !== 'none')?.tie ?? 'none';
  const message = `${first ?? 'nothing'}${more} ${why}: it is left out, and ${fates[tie]}`;
  return exportIssue('warning', 'export-object-left-out', message, hint);
}

const fates: Readonly<Record<Origin['tie'], string>> = {
  marks: 'as it is ours, applying the document deletes it',
  label: 'applying the document takes the label of ours away by which it chooses nodes',
  none: 'stays in the cluster as it is, not managed',
};

/** A field as text: `filters ["a"]`; for secrets only the name. */
export function fieldText(field: string, value: unknown): string {
  if (/password|secret/i.test(field)) return `${field}${secretName(value)}`;
  const text = printable(JSON.stringify(value ?? null));
  const shown = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return `${printable(field.slice(0, maxLength))} ${shown}`;
}

function secretName(value: unknown): string {
  const name = textAt(value, 'secretKeyRef', 'name');
  const key = textAt(value, 'secretKeyRef', 'key');
  if (name === undefined) return '';
  const keyText = key === undefined ? '' : `, key "${printable(key)}"`;
  return ` (Secret "${printable(name)}"${keyText})`;
}
