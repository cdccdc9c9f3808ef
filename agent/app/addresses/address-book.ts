/** The node's addresses where the settings do not give them: chosen at each pass, kept on disk. */
import { isDeepStrictEqual } from 'node:util';
import type { KnownAddress } from '../../../core/facts/addresses/prefer-address.ts';
import type { NodeAddress } from '../../../core/facts/facts.ts';
import { nodeAddressText, parseNodeAddress } from '../../../core/facts/node-address.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AgentState, StateStore } from '../state/agent-state.ts';
import { createAddressWatch, type AddressesBefore, type AddressReading } from './address-watch.ts';
import { doubtOf, namesOf, type AddressDoubt, type FamilyVerdict } from './address-doubt.ts';

export interface AddressBook {
  /** Returns the node's addresses as texts; while a change is in doubt, the previous ones. */
  choose(reading: AddressReading): Promise<readonly string[]>;
  /** Why the agent must not write what depends on the addresses; undefined: nothing is in doubt. */
  doubt(): AddressDoubt | undefined;
  /** The settings give the addresses: nothing is in doubt. */
  configured(): void;
}

export interface AddressBookDeps {
  readonly state: StateStore;
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly logger: Logger;
}

export function createAddressBook({ state, clock, logger }: AddressBookDeps): AddressBook {
  const watch = createAddressWatch(clock.elapsed);
  let doubt: AddressDoubt | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const store = async (
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
  const choose = async (reading: AddressReading): Promise<readonly string[]> => {
    const before = addressesBefore(state.current());
    const { known } = before;
    const verdicts = watch.judge(reading, before);
    const assumed = verdicts.flatMap((one) => addressAfter(one, true));
    const kept = verdicts.flatMap((one) => addressAfter(one, false));
    const isChange = verdicts.some(
      ({ verdict }) => verdict === 'changed' || verdict === 'settling',
    );
    // The status shows the effects of a new address already while the agent watches it.
    const change =
      isChange && known.length > 0
        ? await reading.judge(kept.map(nodeAddressText), assumed.map(nodeAddressText))
        : undefined;
    doubt = doubtOf(verdicts, change, {
      node: reading.node,
      stillInCalico: stillOf(verdicts, reading),
    });
    const counts = doubt === undefined ? assumed : kept;
    if (doubt === undefined && (reading.calico !== undefined || known.length > 0)) {
      await store(counts, known);
      if (isChange) watch.forget();
    }
    return counts.map(nodeAddressText);
  };

  return {
    choose: (reading) => {
      const chosen = last.then(() => choose(reading));
      last = chosen.catch(() => undefined);
      return chosen;
    },
    doubt: () => doubt,
    configured: () => {
      doubt = undefined;
      watch.forget();
    },
  };
}

function addressesBefore({
  addresses = [],
  boundAddresses = [],
  inForce,
}: AgentState): AddressesBefore {
  const known = addresses.flatMap(({ address, by, onHost }) =>
    parsed(address).map((one) => ({ ...one, by, onHost })),
  );
  return { known, bound: boundAddresses.flatMap(parsed), isInForce: inForce !== undefined };
}

/**
 * The previous addresses that Calico's Node still has: calico-node speaks BGP from them until it
 * restarts.
 */
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

/** @param assumed true: takes an address that is being watched as if it had stayed long enough */
function addressAfter(verdict: FamilyVerdict, assumed: boolean): readonly KnownAddress[] {
  switch (verdict.verdict) {
    case 'same':
    case 'first':
      return verdict.address === undefined ? [] : [verdict.address];
    case 'settling':
    case 'changed': {
      const counts = assumed ? verdict.to : verdict.from;
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
