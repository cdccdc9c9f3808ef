/** Reads the `metallb:` section of the native dialect. Leaves out everything that the schema refused. */
import { isMetallb } from '../../../../schemas/generated/metallb.validator.js';
import type { Metallb } from '../../../../schemas/generated/metallb.ts';
import type { Findings } from '../../../findings.ts';
import { withoutUndefined } from '../../../without-undefined.ts';
import type { Named } from '../../metallb/rules/named.ts';
import type { MetalLbSettings } from '../../metallb/settings.ts';
import {
  firstRelease,
  isBefore,
  parseRelease,
  type Release,
} from '../../metallb/values/release.ts';
import type { Sourced } from '../../model.ts';
import { schemaIssues } from '../../schema/schema-issues.ts';
import type { Located, LocatedMap } from '../../yaml/located.ts';
import { plainValue } from '../../yaml/plain-value.ts';
import { fieldsOf, itemsOf, oneOf, textOf } from '../../yaml/read-values.ts';
import { itemOf, placedItems } from './placed-items.ts';
import { readPeer } from './read-peer.ts';
import { layer2Pool, readPool } from './read-pool.ts';
import { withoutFaults } from './without-faults.ts';

export interface ReadMetalLb {
  readonly settings: MetalLbSettings;
  /** Names that the document gives, also to items with faults, by the list. */
  readonly named: Named;
}

type NamedList = Exclude<keyof Named, 'isWhole'>;

export function readMetalLb(
  node: Located | undefined,
  findings: Findings,
): ReadMetalLb | undefined {
  if (node?.kind !== 'map') return undefined;
  let section: LocatedMap = node;
  let plain = plainValue(section);
  if (!isMetallb(plain)) {
    const errors = isMetallb.errors ?? [];
    findings.add(schemaIssues(errors, node));
    section = withoutFaults(node, errors);
    plain = plainValue(section);
  }
  return isMetallb(plain)
    ? { settings: readSection(plain, section, findings), named: namesIn(node, section === node) }
    : undefined;
}

function readSection(plain: Metallb, section: LocatedMap, findings: Findings): MetalLbSettings {
  const fields = fieldsOf(section);
  const items = <T>(key: string, list: readonly T[] | undefined) =>
    placedItems(list ?? [], fields.get(key));
  const pools = items('pools', plain.pools).map((item) => readPool(item, findings));
  const layer2 = items('layer2', plain.layer2);
  const short = layer2.flatMap(({ value, node }) =>
    typeof value === 'string' ? [{ value, place: node.place }] : [],
  );
  const ofRanges = short.length === 0 ? undefined : layer2Pool(short, findings);
  return withoutUndefined({
    namespace: textOf(fields.get('namespace')),
    release: readRelease(textOf(fields.get('release')), findings),
    bgpMode: oneOf(fields.get('bgpMode'), ['frr-k8s', 'frr', 'native'] as const),
    speaker: oneOf(fields.get('speaker'), ['calico', 'metallb'] as const) ?? {
      value: 'metallb' as const,
      place: section.place,
    },
    pools: ofRanges === undefined ? pools : [...pools, ofRanges.pool],
    layer2: [
      ...layer2.flatMap(({ value, node }) =>
        typeof value === 'string' ? [] : [itemOf({ value, node })],
      ),
      ...(ofRanges === undefined ? [] : [ofRanges.advertisement]),
    ],
    bgpAdvertisements: items('bgpAdvertisements', plain.bgpAdvertisements).map(itemOf),
    peers: items('peers', plain.peers).map((item) => readPeer(item, findings)),
    bfdProfiles: items('bfdProfiles', plain.bfdProfiles).map(itemOf),
    communities: items('communities', plain.communities).map(itemOf),
    place: section.place,
  });
}

function readRelease(
  text: Sourced<string> | undefined,
  findings: Findings,
): Sourced<Release> | undefined {
  if (text === undefined) return undefined;
  const parsed = parseRelease(text.value);
  if (!parsed.ok) {
    findings.error(text.place, 'metallb-release-invalid', parsed.message, parsed.hint);
    return undefined;
  }
  if (!isBefore(parsed.value, firstRelease)) return { value: parsed.value, place: text.place };
  const message = `MetalLB ${text.value} has its configuration in a ConfigMap, and no kinds of its own`;
  findings.error(text.place, 'metallb-release-invalid', message, 'upgrade it to 0.13 or newer');
  return undefined;
}

function namesIn(section: LocatedMap, isWhole: boolean): Named {
  const fields = fieldsOf(section);
  const names = (key: NamedList): Set<string> =>
    new Set(
      itemsOf(fields.get(key)).flatMap((item) => textOf(fieldsOf(item).get('name'))?.value ?? []),
    );
  const pools = names('pools');
  if (itemsOf(fields.get('layer2')).some(({ kind }) => kind === 'scalar')) pools.add('layer2');
  return {
    pools,
    peers: names('peers'),
    bfdProfiles: names('bfdProfiles'),
    communities: names('communities'),
    isWhole,
  };
}
