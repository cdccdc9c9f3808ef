/** Removes Calico Nodes whose machine has been gone for long enough, where agent.yaml says so. */
import { nameSome } from '../../../core/name-some.ts';
import type { StaleNode } from '../../../core/survey/stale-node.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Agent } from '../agent.ts';

export interface StaleNodesSettings {
  readonly policy: 'report' | 'remove';
  /** How long a machine must be gone. A restart of the agent begins to count anew. */
  readonly afterSeconds: number;
}

export interface StaleNodeAgent extends Pick<Agent, 'staleNodes' | 'removeStaleNode' | 'facts'> {
  /** Calico has Nodes of its own in this datastore: etcd. Those of Kubernetes are not ours to delete. */
  readonly hasOwnNodes: () => boolean;
}

export interface StaleNodeRemoval {
  /** Begins, or goes on by other settings. */
  follow(settings: StaleNodesSettings): void;
  stop(): void;
}

const lookMs = 10 * 60_000;

export function createStaleNodeRemoval(
  agent: StaleNodeAgent,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): StaleNodeRemoval {
  let stopCurrent = (): void => undefined;
  return {
    stop: () => stopCurrent(),
    follow: ({ policy, afterSeconds }) => {
      stopCurrent();
      stopCurrent = (): void => undefined;
      if (policy === 'remove') stopCurrent = begin(agent, afterSeconds * 1000, { clock, logger });
    },
  };
}

function begin(
  agent: StaleNodeAgent,
  afterMs: number,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): () => void {
  const waiting = new Map<string, () => void>();
  let stopped = false;
  let callOff = (): void => undefined;

  const forget = (name: string): void => {
    waiting.get(name)?.();
    waiting.delete(name);
  };
  const remove = async ({ name, objects }: StaleNode): Promise<void> => {
    waiting.delete(name);
    try {
      // It looks again: a machine that came back is not stale any more.
      await agent.removeStaleNode(name, { force: false });
      logger.warn('removed a Calico Node whose machine is gone', {
        node: name,
        ...(objects.length > 0 && { stillNamedBy: nameSome(objects) }),
      });
    } catch (error) {
      logger.warn('a stale Calico Node stays', { node: name, reason: reasonOf(error) });
    }
  };
  const note = (stale: readonly StaleNode[]): void => {
    const gone = new Map(
      stale.filter(({ hasNode }) => hasNode).map((node) => [node.name, node] as const),
    );
    if (gone.has(agent.facts().name)) {
      logger.warn('whoever tells which nodes there are does not even know this one: not believed');
      gone.clear();
    }
    for (const name of [...waiting.keys()]) if (!gone.has(name)) forget(name);
    for (const [name, node] of gone) {
      if (waiting.has(name)) continue;
      logger.warn('a Calico Node has no machine any more', { node: name });
      waiting.set(
        name,
        clock.after(afterMs, () => void remove(node)),
      );
    }
  };
  const look = async (): Promise<void> => {
    try {
      // Each look reads the whole datastore: of a Juju application its leader is enough.
      if (agent.facts().leader === false || !agent.hasOwnNodes()) return;
      const stale = await agent.staleNodes();
      if (!stopped) note(stale);
    } catch (error) {
      logger.warn('cannot look for stale nodes', { reason: reasonOf(error) });
    }
  };
  /** Each agent at a time of its own. */
  const lookLater = (ms: number): void => {
    callOff = clock.after(Math.ceil(ms), () => {
      lookLater(lookMs * (0.5 + clock.random()));
      void look();
    });
  };
  lookLater(lookMs * clock.random());
  return () => {
    stopped = true;
    callOff();
    for (const name of [...waiting.keys()]) forget(name);
  };
}
