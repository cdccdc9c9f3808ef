/** Judges the addresses of each family, and remembers since when another one is there. */
import { followAddress, type Watched } from '../../../core/facts/addresses/follow-address.ts';
import { isSingle, type HostAddress } from '../../../core/facts/addresses/host-address.ts';
import {
  preferAddress,
  type KnownAddress,
  type Preferred,
} from '../../../core/facts/addresses/prefer-address.ts';
import type { NodeAddress } from '../../../core/facts/facts.ts';
import type { AddressChange } from '../../../core/resolve/address-change.ts';
import type { FamilyVerdict } from './address-doubt.ts';

export interface AddressWatch {
  judge(reading: AddressReading, before: AddressesBefore): readonly FamilyVerdict[];
  /** Another address that was being watched is watched from the start again. */
  forget(): void;
}

export interface AddressReading {
  readonly host: readonly HostAddress[];
  readonly node: string;
  /** Of Calico's own Node; absent: it was not read. A first choice holds until it is. */
  readonly calico?: readonly NodeAddress[];
  readonly settleMs: number;
  /** What would become of the node with other addresses, under the accepted configuration. */
  judge(before: readonly string[], after: readonly string[]): Promise<AddressChange>;
}

/** What was known before a reading. */
export interface AddressesBefore {
  readonly known: readonly KnownAddress[];
  /** By Juju's binding; empty: Juju gives none. */
  readonly bound: readonly NodeAddress[];
  /** A revision is in force, which goes by the known addresses. */
  readonly isInForce: boolean;
}

type Family = 4 | 6;

interface Preference {
  readonly family: Family;
  readonly preferred: Preferred;
  readonly known: KnownAddress | undefined;
}

const families: readonly Family[] = [4, 6];

/** @param elapsed in ms, of a clock that never goes back */
export function createAddressWatch(elapsed: () => number): AddressWatch {
  let watched: Partial<Record<Family, Watched>> = {};
  return {
    judge: (reading, before) => {
      const preferences = families.map((family) => preferenceOf(family, reading, before));
      const next: typeof watched = {};
      const verdicts = preferences.map(({ family, preferred, known }) => {
        const hasOtherFamily = preferences.some(
          (one) => one.family !== family && one.preferred.found === 'address',
        );
        // Nothing is in force: nothing can be lost by another address.
        const settlesAtOnce = known !== undefined && !before.isInForce;
        const followed = followAddress(watched[family], {
          preferred,
          hasOtherFamily,
          nowMs: elapsed(),
          settleMs: settlesAtOnce ? 0 : reading.settleMs,
          ...(known && { known }),
        });
        if (followed.watched !== undefined) next[family] = followed.watched;
        return { family, ...followed.verdict };
      });
      watched = next;
      return verdicts;
    },
    forget: () => {
      watched = {};
    },
  };
}

function preferenceOf(
  family: Family,
  reading: AddressReading,
  { known, bound, isInForce }: AddressesBefore,
): Preference {
  const ofFamily = <T extends NodeAddress>(all: readonly T[]): readonly T[] =>
    all.filter((one) => one.family === family);
  const [calico] = ofFamily(reading.calico ?? []);
  // Juju leaves it out because it is none of this node's: it does not end, it never was.
  const isUnbound = bound.length > 0 && ofFamily(bound).length === 0;
  // A first choice from the host alone is made anew, until something is in force that goes by it.
  const isGuess = (one: KnownAddress): boolean =>
    one.by === 'host' && (isUnbound || (!isInForce && !isSingle(one)));
  const before = ofFamily(known).find((one) => !isGuess(one));
  const preferred = preferAddress({
    host: ofFamily(reading.host),
    bound: ofFamily(bound),
    isUnbound,
    ...(calico && { calico }),
    ...(before && { known: before }),
  });
  return { family, preferred, known: before };
}
