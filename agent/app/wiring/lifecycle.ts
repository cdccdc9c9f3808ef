/** The agent's start, its end, and new settings in between. */
import type { Happening } from '../../../core/events/event.ts';
import { followHost } from '../addresses/follow-host.ts';
import { createStaleNodeRemoval } from '../operations/stale-node-removal.ts';
import type { AgentSettings } from '../state/settings-now.ts';
import type { AgentDeps } from './agent-deps.ts';
import type { Knowledge } from './knowledge.ts';
import type { Parts } from './parts.ts';
import type { Reconciliation } from './reconciliation.ts';

export interface Lifecycle {
  /**
   * Reads which revision is in force. Where that fails, the status shows why, and the agent tries
   * again.
   */
  load(): Promise<void>;
  /** Reads the node's facts, and starts the loop. */
  start(): Promise<void>;
  /** Finishes the step that runs. */
  stop(): Promise<void>;
  /**
   * Takes new settings, and begins a pass.
   * @param restartNeeded names of changed settings that count only after a restart, for the status
   * @throws AppError; then the old ones stay
   */
  reconfigure(settings: AgentSettings, restartNeeded: readonly string[]): Promise<void>;
  /** Called when the connection to the controller changed. */
  refreshStatus(): void;
  /** A number for the running pass or step, for the watchdog; undefined: the loop waits. */
  underWay(): number | undefined;
}

export function createLifecycle(
  deps: AgentDeps,
  knowledge: Knowledge,
  { loop, following, policy, confirming, fleet }: Reconciliation,
  { agent, opening, facts, pass }: Parts,
): Lifecycle {
  const { factsSource, clock, connection, logger } = deps;
  const { settings, status, sessions, guard, decider, cache, writer, eventLog } = knowledge;
  const { datastore } = connection;
  let stopFollowingHost = (): void => undefined;
  const staleNodeRemoval = createStaleNodeRemoval(
    {
      staleNodes: agent.operations.staleNodes,
      removeStaleNode: agent.operations.removeStaleNode,
      facts: knowledge.facts.current,
      hasOwnNodes: () => datastore.driver === 'etcd',
    },
    { clock, logger },
  );
  const followStaleNodes = (): void =>
    staleNodeRemoval.follow(settings.current().staleNodes ?? { policy: 'report', afterSeconds: 0 });
  return {
    load: async () => {
      await opening.attempt();
    },
    start: async () => {
      eventLog.record(startedEvent(deps.agentVersion));
      await opening.attempt();
      await facts.begin();
      void knowledge.platform.detect();
      loop.run(() => {
        knowledge.counters.pass();
        return pass.run();
      });
      loop.wake();
      followStaleNodes();
      if (deps.sessions !== undefined) sessions.follow();
      guard?.start();
      const everyMs = deps.readFactsMs;
      if (everyMs !== undefined) {
        stopFollowingHost = followHost(factsSource, { clock, everyMs, wake: loop.wake });
      }
    },
    stop: async () => {
      policy.stop();
      confirming.stop();
      stopFollowingHost();
      sessions.stop();
      guard?.stop();
      fleet?.reporter.stop();
      staleNodeRemoval.stop();
      await following.stop();
      // Does not wait for a decision that a running pass has asked for.
      await decider.close();
      await loop.stop();
      await writer.done();
      eventLog.record({ kind: 'stopped', level: 'info', text: 'the agent stops' });
      await eventLog.flush();
      await knowledge.exchange?.stop();
      await datastore.close();
      await deps.cluster?.close();
    },
    reconfigure: async (next, restartNeeded) => {
      await facts.refresh(next);
      if (next.unitApplication !== settings.current().unitApplication) cache.clear();
      settings.replace(next, restartNeeded);
      status.refresh();
      loop.wake();
      followStaleNodes();
    },
    refreshStatus: status.refresh,
    underWay: loop.underWay,
  };
}

function startedEvent(version: string): Happening {
  return { kind: 'started', level: 'info', text: `the agent ${version} starts` };
}
