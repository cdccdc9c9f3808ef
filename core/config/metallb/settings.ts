/**
 * The `metallb:` section of a native NetworkConfig. Its items have the fields of MetalLB's own kinds
 * (metallb.io/v1beta1, BGPPeer v1beta2), so that a spec is written as it is.
 */
import type {
  BfdProfile,
  BgpAdvertisement,
  L2Advertisement,
  LabelSelector,
  MetallbPeer,
  Pool,
} from '../../../schemas/generated/metallb.ts';
import type { Place } from '../../issue.ts';
import type { AddressRange } from '../net/address-range.ts';
import type { Sourced } from '../sourced.ts';
import type { Release } from './values/release.ts';

export type { LabelSelector };
export type BgpMode = 'frr-k8s' | 'frr' | 'native';
export type Speaker = 'calico' | 'metallb';

export interface MetalLbSettings {
  /** Absent: metallb-system. */
  readonly namespace?: Sourced<string>;
  readonly release?: Sourced<Release>;
  /** Absent: the rules of frr-k8s apply. */
  readonly bgpMode?: Sourced<BgpMode>;
  readonly speaker: Sourced<Speaker>;
  readonly pools: readonly MetalLbPool[];
  readonly layer2: readonly Item<L2AdvertisementSpec>[];
  readonly bgpAdvertisements: readonly Item<BgpAdvertisementSpec>[];
  readonly peers: readonly Item<MetalLbPeerSpec>[];
  readonly bfdProfiles: readonly Item<BfdProfileSpec>[];
  readonly communities: readonly Item<CommunityAlias>[];
  readonly place: Place;
}

/** An object of MetalLB: its name and spec, with the places of all its values. */
export interface Item<Spec> {
  readonly name: string;
  readonly spec: Spec;
  readonly place: Place;
  /** By the pointer within the item: `addresses/0`. Absent: the value stands in no line of its own. */
  readonly places: Readonly<Record<string, Place>>;
}

export interface MetalLbPool extends Item<Omit<Pool, 'name' | 'labels'>> {
  readonly labels: Readonly<Record<string, string>>;
  /** The ranges of `spec.addresses`, in its order. */
  readonly ranges: readonly PlacedRange[];
}

export interface PlacedRange {
  readonly range: AddressRange;
  /** As it was written. */
  readonly text: string;
  readonly place: Place;
}

export type L2AdvertisementSpec = Omit<L2Advertisement, 'name'>;
export type BgpAdvertisementSpec = Omit<BgpAdvertisement, 'name'>;
export type BfdProfileSpec = Omit<BfdProfile, 'name'>;

/** Without a password: a configuration has none. */
export interface MetalLbPeerSpec extends Omit<
  MetallbPeer,
  'name' | 'password' | 'myASN' | 'peerASN' | 'localASN'
> {
  /** Absent: it could not be read, and has an issue. */
  readonly myASN?: number;
  readonly peerASN?: number;
  readonly localASN?: number;
}

export interface CommunityAlias {
  readonly value: string;
}

/** The place of a value of the item, or of the item itself. */
export function placeAt(
  { place, places }: Pick<Item<unknown>, 'place' | 'places'>,
  ...path: readonly (string | number)[]
): Place {
  return places[path.join('/')] ?? place;
}
