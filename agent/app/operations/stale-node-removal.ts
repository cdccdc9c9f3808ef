/** Removes Calico Nodes whose machine has been gone for long enough, where agent.yaml says so. */
import { nameSome } from '../../../core/name-some.ts';
import type { StaleNode } from '../../../core/survey/stale-node.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { StaleNodesSettings } from '../state/settings-now.ts';
import type { StaleNodeOperations } from './stale-nodes.ts';

export interface StaleNodeAgent extends StaleNodeOperations {
  readonly facts: () => NodeFacts;
  /**
   * Whether Calico has its own Nodes in this datastore (etcd). The agent does not delete those of
   * Kubernetes.
   */
  readonly hasOwnNodes: () => boolean;
}

export interface StaleNodeRemoval {
  /** Begins, or continues with other settings. */
  follow(settings: StaleNodesSettings): void;
  stop(): void;
}

const readMs = 10 * 60_000;

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
      // This reads the nodes again: a machine that came back is not stale any more.
      await agent.removeStaleNode(name, { force: false });
      logger.warn('removed a Calico Node whose machine is gone', {
        node: name,
        ...(objects.length > 0 && { stillNamedBy: nameSome(objects) }),
      });
    } catch (error) {
      logger.warn('a stale Calico Node stays', { node: name, reason: reasonOf(error) });
    }
  };
  const follow = (stale: readonly StaleNode[]): void => {
    const gone = new Map(
      stale.filter(({ hasNode }) => hasNode).map((node) => [node.name, node] as const),
    );
    if (gone.has(agent.facts().name)) {
      logger.warn('ignoring the node list: it does not contain this node');
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
  const read = async (): Promise<void> => {
    try {
      // Only the leader of a Juju application does this, because it reads the whole datastore.
      if (agent.facts().leader === false || !agent.hasOwnNodes()) return;
      const stale = await agent.staleNodes();
      if (!stopped) follow(stale);
    } catch (error) {
      logger.warn('cannot find stale nodes', { reason: reasonOf(error) });
    }
  };
  /** Each agent reads at a random time, so that not all do so at once. */
  const readLater = (ms: number): void => {
    callOff = clock.after(Math.ceil(ms), () => {
      readLater(readMs * (0.5 + clock.random()));
      void read();
    });
  };
  readLater(readMs * clock.random());
  return () => {
    stopped = true;
    callOff();
    for (const name of [...waiting.keys()]) forget(name);
  };
}
