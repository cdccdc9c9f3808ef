/** MetalLB's objects of a configuration: pure data. */
import type { Item, MetalLbSettings, Speaker, BgpMode } from '../config/metallb/settings.ts';
import type { MetalLbKind } from '../config/metallb/values/release.ts';
import type { PlainMap } from '../input/plain-data.ts';
import type { Place } from '../issue.ts';

export interface DesiredMetalLb {
  /** Absent: metallb-system. */
  readonly namespace?: string;
  readonly speaker: Speaker;
  readonly bgpMode?: BgpMode;
  /** In the order in which to apply them: what others name comes first. */
  readonly objects: readonly MetalLbObject[];
  readonly place: Place;
}

export interface MetalLbObject {
  readonly kind: MetalLbKind;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PlainMap;
  readonly place: Place;
}

/** The name of the one object that holds all names of communities. */
const communitiesName = 'calico-agent';
/** The namespace of MetalLB's own manifests and of its documentation. */
export const usualNamespace = 'metallb-system';

export function metalLbObjects(settings: MetalLbSettings): DesiredMetalLb {
  const { namespace, speaker, bgpMode, communities, place } = settings;
  return {
    ...(namespace !== undefined && { namespace: namespace.value }),
    speaker: speaker.value,
    ...(bgpMode !== undefined && { bgpMode: bgpMode.value }),
    objects: [
      ...settings.bfdProfiles.map((item) => objectOf('BFDProfile', item)),
      ...(communities.length === 0 ? [] : [communityObject(settings)]),
      ...settings.peers.map((item) => objectOf('BGPPeer', item)),
      ...settings.pools.map((item) => objectOf('IPAddressPool', item, item.labels)),
      ...settings.layer2.map((item) => objectOf('L2Advertisement', item)),
      ...settings.bgpAdvertisements.map((item) => objectOf('BGPAdvertisement', item)),
    ],
    place,
  };
}

function objectOf(
  kind: MetalLbKind,
  { name, spec, place }: Item<object>,
  labels: MetalLbObject['labels'] = {},
): MetalLbObject {
  return { kind, name, labels, spec: { ...spec }, place };
}

function communityObject({ communities, place }: MetalLbSettings): MetalLbObject {
  const list = communities.map(({ name, spec }) => ({ name, value: spec.value }));
  return {
    kind: 'Community',
    name: communitiesName,
    labels: {},
    spec: { communities: list },
    place: communities[0]?.place ?? place,
  };
}
