/** Which addresses this node has, where nobody says them: looked for at each pass, kept on disk. */
import { isDeepStrictEqual } from 'node:util';
import { followAddress, type Watched } from '../../../core/facts/addresses/follow-address.ts';
import { isSingle, type HostAddress } from '../../../core/facts/addresses/host-address.ts';
import { preferAddress, type KnownAddress } from '../../../core/facts/addresses/prefer-address.ts';
import type { NodeAddress } from '../../../core/facts/facts.ts';
import { nodeAddressText, parseNodeAddress } from '../../../core/facts/node-address.ts';
import type { AddressChange } from '../../../core/resolve/address-change.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { StateStore } from '../state/agent-state.ts';
import { doubtOf, namesOf, type AddressDoubt, type FamilyVerdict } from './address-doubt.ts';

export interface AddressBook {
  /** Returns what counts, as texts; of what is in doubt that is what counted before. */
  choose(seen: AddressReading): Promise<readonly string[]>;
  /** Why nothing may be written that depends on the addresses; undefined: they are as they are. */
  doubt(): AddressDoubt | undefined;
  /** Somebody says the addresses: nothing is in doubt. */
  configured(): void;
}

export interface AddressReading {
  readonly host: readonly HostAddress[];
  readonly node: string;
  /** Of Calico's own Node; absent: nobody was asked. Then a first choice holds until somebody is. */
  readonly calico?: readonly NodeAddress[];
  readonly settleMs: number;
  /** What would become of the node with other addresses, under what is wanted now. */
  judge(before: readonly string[], after: readonly string[]): Promise<AddressChange>;
}

export interface AddressBookDeps {
  readonly state: StateStore;
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly logger: Logger;
}

const families = [4, 6] as const;

export function createAddressBook({ state, clock, logger }: AddressBookDeps): AddressBook {
  let watched: Partial<Record<4 | 6, Watched>> = {};
  let doubt: AddressDoubt | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const take = async (
    next: readonly KnownAddress[],
    before: readonly KnownAddress[],
  ): Promise<void> => {
    if (isDeepStrictEqual(next, before)) return;
    const addresses = next.map((one) => {
      const { by, onHost } = one;
      return { address: nodeAddressText(one), by, onHost };
    });
    await state.change((current) => ({ state: { ...current, addresses }, result: undefined }));
    const [from, to] = [namesOf(before), namesOf(next)];
    if (before.length === 0) logger.info(`this node's addresses: ${to}`);
    else if (from !== to) logger.warn(`this node's addresses changed: ${from} → ${to}`);
  };
  const verdictsOf = (
    sight: AddressReading,
    known: readonly KnownAddress[],
  ): readonly FamilyVerdict[] => {
    const bound = (state.current().boundAddresses ?? []).flatMap(parsed);
    const asked = families.map((family) => {
      const ofFamily = <T extends NodeAddress>(all: readonly T[]): readonly T[] =>
        all.filter((one) => one.family === family);
      const [calico] = ofFamily(sight.calico ?? []);
      const isUnbound = bound.length > 0 && ofFamily(bound).length === 0;
      // Juju says by leaving it out that it is none of this node's: it does not end, it never was.
      // What was only seen first is chosen anew, until something is in force that goes by it.
      const isFree = state.current().inForce === undefined;
      const isGuess = (one: KnownAddress): boolean =>
        one.by === 'host' && (isUnbound || (isFree && !isSingle(one)));
      const before = ofFamily(known).find((one) => !isGuess(one));
      const preferred = preferAddress({
        host: ofFamily(sight.host),
        bound: ofFamily(bound),
        isUnbound,
        ...(calico && { calico }),
        ...(before && { known: before }),
      });
      return { family, preferred, known: before };
    });
    const next: typeof watched = {};
    const verdicts = asked.map(({ family, preferred, known: before }) => {
      const hasOtherFamily = asked.some(
        (one) => one.family !== family && one.preferred.found === 'address',
      );
      // Nothing is in force: nothing can be lost by another address.
      const settlesAtOnce = before !== undefined && state.current().inForce === undefined;
      const settleMs = settlesAtOnce ? 0 : sight.settleMs;
      const look = { preferred, hasOtherFamily, nowMs: clock.elapsed(), settleMs };
      const followed = followAddress(watched[family], {
        ...look,
        ...(before && { known: before }),
      });
      if (followed.watched !== undefined) next[family] = followed.watched;
      return { family, ...followed.verdict };
    });
    watched = next;
    return verdicts;
  };
  const look = async (sight: AddressReading): Promise<readonly string[]> => {
    const known = (state.current().addresses ?? []).flatMap(({ address, by, onHost }) =>
      parsed(address).map((one) => ({ ...one, by, onHost })),
    );
    const verdicts = verdictsOf(sight, known);
    const settled = verdicts.flatMap((one) => addressAfter(one, true));
    const kept = verdicts.flatMap((one) => addressAfter(one, false));
    const isChange = verdicts.some(
      ({ verdict }) => verdict === 'changed' || verdict === 'settling',
    );
    // Also of what is not settled yet: the status says beforehand what it will come to.
    const change =
      isChange && known.length > 0
        ? await sight.judge(kept.map(nodeAddressText), settled.map(nodeAddressText))
        : undefined;
    doubt = doubtOf(verdicts, change, {
      node: sight.node,
      stillInCalico: stillOf(verdicts, sight),
    });
    const counts = doubt === undefined ? settled : kept;
    if (doubt === undefined && (sight.calico !== undefined || known.length > 0)) {
      await take(counts, known);
      if (isChange) watched = {};
    }
    return counts.map(nodeAddressText);
  };

  return {
    choose: (sight) => {
      const looked = last.then(() => look(sight));
      last = looked.catch(() => undefined);
      return looked;
    },
    doubt: () => doubt,
    configured: () => {
      doubt = undefined;
      watched = {};
    },
  };
}

/** Calico speaks BGP from its own address, whatever this machine has: the node is that one so far. */
function stillOf(
  verdicts: readonly FamilyVerdict[],
  { calico = [] }: AddressReading,
): readonly NodeAddress[] {
  return verdicts.flatMap((one) =>
    one.verdict === 'changed' && calico.some(({ address }) => address === one.from?.address)
      ? (one.from ?? [])
      : [],
  );
}

/** @param settled as if what is being watched had stayed long enough */
function addressAfter(verdict: FamilyVerdict, settled: boolean): readonly KnownAddress[] {
  switch (verdict.verdict) {
    case 'same':
    case 'first':
      return verdict.address === undefined ? [] : [verdict.address];
    case 'settling':
    case 'changed': {
      const counts = settled ? verdict.to : verdict.from;
      return counts === undefined ? [] : [counts];
    }
    case 'gone':
      return [verdict.from];
    case 'stranger':
      return [];
  }
}

function parsed(text: string): readonly NodeAddress[] {
  const found = parseNodeAddress(text);
  return found.ok ? [found.value] : [];
}
