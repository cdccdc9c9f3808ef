/** Facts that hooks and people give, kept on disk, and the node's facts that follow from them. */
import { isDeepStrictEqual } from 'node:util';
import type { FactsRead } from '../../../core/deciding/read-facts.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { NodeFactsInput } from '../../../schemas/generated/node-facts.ts';
import type { DecideOptions, Decider } from '../../ports/decider.ts';
import type { AddressBook } from '../addresses/address-book.ts';
import type { NodeAddresses } from '../addresses/node-addresses.ts';
import type { AgentSettings, SettingsNow } from '../state/settings-now.ts';
import type { AgentState, StateStore } from '../state/agent-state.ts';
import type { NodeFactsStore } from './node-facts.ts';

export interface FactsIntake {
  /** Reads the facts of this node in a text; changes nothing. */
  read(text: string, options?: DecideOptions): Promise<FactsRead>;
  /** The facts that `put` got last. */
  pushed(): NodeFactsInput;
  /**
   * Facts as a hook sends them; they win over detection and lose against agent.yaml.
   * @throws AppError invalid-facts
   */
  put(input: NodeFactsInput): Promise<NodeFacts>;
  /**
   * Takes the addresses of Juju's binding, best first. The agent chooses the node's from these and
   * others.
   */
  putBoundAddresses(addresses: readonly string[]): Promise<void>;
}

export interface RefreshingFacts extends FactsIntake {
  /** Reads the facts anew, for a pass. @throws AppError invalid-facts */
  refresh(settings: AgentSettings): Promise<void>;
  /**
   * Reads the facts at the start, when the datastore may not answer yet. Leaves out damaged pushed
   * facts.
   */
  begin(): Promise<void>;
}

export interface FactsIntakeDeps {
  readonly decider: Pick<Decider, 'facts'>;
  readonly facts: NodeFactsStore;
  readonly state: StateStore;
  readonly settings: Pick<SettingsNow, 'current'>;
  readonly addresses: Pick<AddressBook, 'configured'>;
  readonly nodeAddresses: NodeAddresses;
  readonly wake: () => void;
  readonly logger: Pick<Logger, 'warn'>;
}

export function createFactsIntake(deps: FactsIntakeDeps): RefreshingFacts {
  const { facts, state, settings, addresses, nodeAddresses, wake, logger } = deps;
  const pushed = (): NodeFactsInput => state.current().facts ?? {};
  const refresh = async (
    next: AgentSettings,
    { said = pushed(), asksCalico = true } = {},
  ): Promise<void> => {
    if (((next.node.addresses ?? said.addresses)?.length ?? 0) > 0) addresses.configured();
    const settleMs = (next.addressSettleSeconds ?? 60) * 1000;
    await facts.refresh({
      configured: next.node,
      pushed: said,
      addressesOf: (detected, factsWith) =>
        nodeAddresses({ detected, factsWith, settleMs, asksCalico }),
    });
  };
  const keep = (part: Partial<AgentState>): Promise<void> =>
    state.change((current) => ({ state: { ...current, ...part }, result: undefined }));
  return {
    read: deps.decider.facts,
    pushed,
    refresh: (next) => refresh(next),
    begin: async () => {
      try {
        await refresh(settings.current(), { asksCalico: false });
      } catch (error) {
        if (state.current().facts === undefined) throw error;
        // Damaged facts must not keep the agent from starting; the next hook pushes them again.
        await refresh(settings.current(), { said: {}, asksCalico: false });
        logger.warn('ignoring the pushed facts until a hook sends them again', {
          reason: reasonOf(error),
        });
      }
    },
    put: async (input) => {
      // Hooks push the same facts again and again; equal facts need no second write.
      if (isDeepStrictEqual(state.current().facts, input)) return facts.current();
      // Judges also the fields that agent.yaml overrides: they count when agent.yaml changes.
      await facts.judge(input);
      await refresh(settings.current(), { said: input, asksCalico: false });
      await keep({ facts: input }).catch(async (error: unknown) => {
        // Facts that are not on disk must not count either.
        await refresh(settings.current(), { asksCalico: false });
        throw error;
      });
      wake();
      return facts.current();
    },
    putBoundAddresses: async (bound) => {
      if (isDeepStrictEqual(state.current().boundAddresses, bound)) return;
      await keep({ boundAddresses: [...bound] });
      await refresh(settings.current());
      wake();
    },
  };
}
