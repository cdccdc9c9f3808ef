/** Label selectors: in Kubernetes' grammar, and none twice in a list, which MetalLB refuses. */
import type { Findings } from '../../../findings.ts';
import { placeAt, type Item, type LabelSelector, type MetalLbSettings } from '../settings.ts';
import {
  isLabelKey,
  isLabelValue,
  requirementIdentity,
  selectorIdentity,
} from '../values/label-selector.ts';

interface Selectors {
  readonly item: Item<unknown>;
  readonly path: string;
  readonly selectors: readonly LabelSelector[] | undefined;
}

export function checkSelectors(settings: MetalLbSettings, findings: Findings): void {
  const { pools, layer2, bgpAdvertisements, peers } = settings;
  const lists: readonly Selectors[] = [
    ...pools.flatMap((item) =>
      (['namespaceSelectors', 'serviceSelectors'] as const).map((field) => ({
        item,
        path: `serviceAllocation/${field}`,
        selectors: item.spec.serviceAllocation?.[field],
      })),
    ),
    ...[...layer2, ...bgpAdvertisements].flatMap((item) =>
      (['ipAddressPoolSelectors', 'nodeSelectors', 'serviceSelectors'] as const).map((field) => ({
        item,
        path: field,
        selectors: item.spec[field],
      })),
    ),
    ...peers.map((item) => ({ item, path: 'nodeSelectors', selectors: item.spec.nodeSelectors })),
  ];
  for (const list of lists) checkList(list, findings);
  for (const item of layer2) {
    for (const [index, { preference }] of (item.spec.preferredNodeSelectors ?? []).entries()) {
      checkSelector(
        item,
        `preferredNodeSelectors/${String(index)}/preference`,
        preference,
        findings,
      );
    }
  }
  for (const pool of pools) {
    for (const [key, value] of Object.entries(pool.labels)) {
      checkLabel(pool, 'labels', key, value, findings);
    }
  }
}

function checkList({ item, path, selectors = [] }: Selectors, findings: Findings): void {
  const known = new Set<string>();
  for (const [index, selector] of selectors.entries()) {
    const at = `${path}/${String(index)}`;
    checkSelector(item, at, selector, findings);
    const identity = selectorIdentity(selector);
    if (known.has(identity)) reportTwice(item, at, 'this selector', findings);
    known.add(identity);
  }
}

function checkSelector(
  item: Item<unknown>,
  path: string,
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  findings: Findings,
): void {
  for (const [key, value = ''] of Object.entries(matchLabels)) {
    checkLabel(item, `${path}/matchLabels`, key, value, findings);
  }
  const known = new Set<string>();
  for (const [index, requirement] of matchExpressions.entries()) {
    const at = `${path}/matchExpressions/${String(index)}`;
    const identity = requirementIdentity(requirement);
    if (known.has(identity)) reportTwice(item, at, 'this expression', findings);
    known.add(identity);
    checkRequirement(item, at, requirement, findings);
  }
}

function checkRequirement(
  item: Item<unknown>,
  path: string,
  { key, operator, values = [] }: NonNullable<LabelSelector['matchExpressions']>[number],
  findings: Findings,
): void {
  checkLabel(item, path, key, '', findings);
  const needsValues = operator === 'In' || operator === 'NotIn';
  if (needsValues !== values.length > 0) {
    const message = `${operator} of the label "${key}" ${needsValues ? 'needs values' : 'takes no values'}`;
    const hint = needsValues ? 'add values: [a]' : 'take values away, or write operator: In';
    findings.error(placeAt(item, path), 'metallb-selector-invalid', message, hint);
  }
  for (const [index, value] of values.entries()) {
    if (values.indexOf(value) !== index) {
      reportTwice(item, `${path}/values/${String(index)}`, `"${value}"`, findings);
    }
    checkLabel(item, `${path}/values`, key, value, findings, String(index));
  }
}

function checkLabel(
  item: Item<unknown>,
  path: string,
  key: string,
  value: string,
  findings: Findings,
  at = key.replaceAll('~', '~0').replaceAll('/', '~1'),
): void {
  const place = placeAt(item, path, at);
  if (!isLabelKey(key)) {
    const message = `"${key}" is not the name of a label`;
    const hint = 'labels are named as rack, or as example.com/rack';
    findings.error(place, 'metallb-selector-invalid', message, hint);
  } else if (!isLabelValue(value)) {
    const message = `"${value}" is not the value of a label`;
    const hint = 'it has letters, digits, "-", "_" and ".", with a letter or digit at both ends';
    findings.error(place, 'metallb-selector-invalid', message, hint);
  }
}

function reportTwice(item: Item<unknown>, path: string, what: string, findings: Findings): void {
  const message = `${what} is twice in ${path.split('/')[0] ?? path} of "${item.name}"`;
  findings.error(
    placeAt(item, path),
    'metallb-list-duplicate',
    message,
    'take one of the two away',
  );
}
