import type { SourceKind } from '../../../core/revision/revision.ts';
import type { NodeFactsInput } from '../../../schemas/generated/node-facts.ts';

/**
 * Behind a hook and a controller's push nobody waits for a question: a refusal would leave the nodes
 * of a fleet with different configurations. Whoever types apply can be asked.
 */
export const usualAcceptLoss: Readonly<Record<SourceKind, boolean>> = {
  local: false,
  juju: true,
  controller: true,
};

export interface AgentSettings {
  readonly node: NodeFactsInput;
  readonly unitApplication?: string;
  readonly source?: SourceKind;
  /** How long another address of the machine must stay before it counts. Default: 60. */
  readonly addressSettleSeconds?: number;
  readonly reconcileSeconds: number;
  /** Whether guard routes stand while a change runs, where that is possible. Default: auto. */
  readonly guard?: 'auto' | 'never';
  /** For how long a change has to prove itself, by who made it. Default: 30; 0: not at all. */
  readonly confirmSeconds?: Partial<Readonly<Record<'apply' | 'juju' | 'controller', number>>>;
  /** Whose changes may cost traffic without somebody saying so. Default: usualAcceptLoss. */
  readonly acceptLoss?: Readonly<Record<SourceKind, boolean>>;
  /** Default: correct. */
  readonly driftPolicy?: 'correct' | 'report';
  /** Default: report. */
  readonly staleNodes?: StaleNodesSettings;
}

export interface StaleNodesSettings {
  readonly policy: 'report' | 'remove';
  /** How long a machine must be gone. A restart of the agent begins to count anew. */
  readonly afterSeconds: number;
}

/** The settings that count now: SIGHUP replaces them while the agent runs. */
export interface SettingsNow {
  current(): AgentSettings;
  /** Settings that are others by now and count after a restart, for the status. */
  restartNeeded(): readonly string[];
  replace(next: AgentSettings, restartNeeded: readonly string[]): void;
}

export function createSettingsNow(initial: AgentSettings): SettingsNow {
  let settings = initial;
  let waiting: readonly string[] = [];
  return {
    current: () => settings,
    restartNeeded: () => waiting,
    replace: (next, restartNeeded) => {
      settings = next;
      waiting = restartNeeded;
    },
  };
}
