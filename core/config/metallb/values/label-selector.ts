/** Label selectors of Kubernetes. Source: apimachinery pkg/labels and pkg/apis/meta/v1/helpers.go. */
import type { LabelSelector } from '../settings.ts';

type Labels = Readonly<Record<string, string>>;
type Requirement = NonNullable<LabelSelector['matchExpressions']>[number];

/** An empty selector matches everything. */
export function matchesLabels(selector: LabelSelector, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((one) => matchesRequirement(one, labels))
  );
}

/** No selectors match everything. */
export function matchesAny(selectors: readonly LabelSelector[], labels: Labels): boolean {
  return selectors.length === 0 || selectors.some((one) => matchesLabels(one, labels));
}

function matchesRequirement({ key, operator, values = [] }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  const isIn = value !== undefined && values.includes(value);
  return operator === 'In' ? isIn : !isIn;
}

/** The same for selectors that differ only in the order of their parts. */
export function selectorIdentity({
  matchLabels = {},
  matchExpressions = [],
}: LabelSelector): string {
  const labels = Object.entries(matchLabels).map((entry) => JSON.stringify(entry));
  return JSON.stringify([labels.toSorted(), matchExpressions.map(requirementIdentity).toSorted()]);
}

export function requirementIdentity({ key, operator, values = [] }: Requirement): string {
  return JSON.stringify([key, operator, values.toSorted()]);
}

const namePart = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const domain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** `name`, or `example.com/name`. */
export function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash === -1) return namePart.test(key);
  const prefix = key.slice(0, slash);
  return prefix.length <= 253 && domain.test(prefix) && namePart.test(key.slice(slash + 1));
}

export function isLabelValue(value: string): boolean {
  return value === '' || namePart.test(value);
}
