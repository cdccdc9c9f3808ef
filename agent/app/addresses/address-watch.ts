/** Judges the addresses of each family, and remembers since when there has been another one. */
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
  /** Begins anew to watch each address that is being watched. */
  forget(): void;
}

export interface AddressReading {
  readonly host: readonly HostAddress[];
  readonly node: string;
  /**
   * Addresses of Calico's Node; absent: the agent could not read it, and keeps its first choice
   * until it can.
   */
  readonly calico?: readonly NodeAddress[];
  readonly settleMs: number;
  /** The effects of other addresses on the node under the accepted configuration. */
  judge(before: readonly string[], after: readonly string[]): Promise<AddressChange>;
}

/** The agent's knowledge before a reading. */
export interface AddressesBefore {
  readonly known: readonly KnownAddress[];
  /** The addresses of Juju's binding; empty: Juju gives none. */
  readonly bound: readonly NodeAddress[];
  /** A revision is in force that was derived from the known addresses. */
  readonly isInForce: boolean;
}

type Family = 4 | 6;

interface Preference {
  readonly family: Family;
  readonly preferred: Preferred;
  readonly known: KnownAddress | undefined;
}

const families: readonly Family[] = [4, 6];

/** @param elapsed reads a monotonic clock, in ms */
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
        // As long as nothing is in force, another address can harm nothing.
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
  // Juju does not bind this family: its address was never the node's, so nothing counts as gone.
  const isUnbound = bound.length > 0 && ofFamily(bound).length === 0;
  // The agent repeats a choice that it made from the host alone, until a revision that uses it is
  // in force.
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
