import type { SourceKind } from '../../../core/revision/revision.ts';
import type { NodeFactsInput } from '../../../schemas/generated/node-facts.ts';

/**
 * Nobody can answer a question at a hook or a controller's push, and a refusal would leave the
 * nodes of a fleet with different configurations. A person who types apply can be asked.
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
  /** Whether the agent uses guard routes, where that is possible. Default: auto. */
  readonly guard?: 'auto' | 'never';
  /**
   * Seconds until a change has to be confirmed, by its source. Default: 30; 0: it is confirmed at
   * once.
   */
  readonly confirmSeconds?: Partial<Readonly<Record<'apply' | 'juju' | 'controller', number>>>;
  /**
   * The sources whose changes may lose traffic without a person's consent. Default:
   * usualAcceptLoss.
   */
  readonly acceptLoss?: Readonly<Record<SourceKind, boolean>>;
  /** Default: correct. */
  readonly driftPolicy?: 'correct' | 'report';
  /** Default: report. */
  readonly staleNodes?: StaleNodesSettings;
}

export interface StaleNodesSettings {
  readonly policy: 'report' | 'remove';
  /** How long a machine must be gone. The count begins anew with each start of the agent. */
  readonly afterSeconds: number;
}

/** The current settings, which SIGHUP replaces while the agent runs. */
export interface SettingsNow {
  current(): AgentSettings;
  /** Names of changed settings that count only after a restart, for the status. */
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
