/**
 * Reads the labels of a Node manifest. Kubernetes and calicoctl accept only texts, but people
 * forget the quotes.
 */
import type { Issue } from '../issue.ts';
import { nameSome } from '../name-some.ts';
import { entriesAt, textAt } from '../input/plain-data.ts';

export type Labels = Readonly<Record<string, string>>;

/** The labels; `true` and numbers count as texts. */
export function labelsOf(item: unknown): Labels {
  return Object.fromEntries(
    entriesAt(item, 'metadata', 'labels').flatMap(([key, value]) => {
      const text = meantText(value);
      return text === undefined ? [] : [[key, text] as const];
    }),
  );
}

function meantText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || typeof value === 'number' ? String(value) : undefined;
}

/** Issues for labels that are no texts, which the cluster would refuse. */
export function oddLabels(items: readonly unknown[]): readonly Issue[] {
  const odd = items.flatMap((item, index) =>
    entriesAt(item, 'metadata', 'labels').flatMap(([key, value]) =>
      typeof value === 'string' ? [] : [{ key, value, index, item }],
    ),
  );
  const [first] = odd;
  if (first === undefined) return [];
  const shown = odd.map(
    ({ key, value, item }) =>
      `${key}: ${JSON.stringify(value)} of ${textAt(item, 'metadata', 'name') ?? '?'}`,
  );
  return [
    {
      severity: 'warning',
      code: 'label-not-text',
      pointer: `/items/${String(first.index)}/metadata/labels`,
      message: `labels that are no text are refused by Kubernetes and calicoctl: ${nameSome(shown)}; true, false and numbers are read here as if they were in quotes, others are left out`,
      hint: `put the value in quotes: ${first.key}: ${JSON.stringify(meantText(first.value) ?? '')}`,
    },
  ];
}
