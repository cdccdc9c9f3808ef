/** Waits until a started container runs, and its network and its agent are as healthy as before. */
import type { ContainerId, ObservedContainer } from '../../../core/lxd/observed-lxd.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { InnerAgent, LxdHost } from '../../ports/lxd-host.ts';

export interface Restarting {
  readonly lxd: Pick<LxdHost, 'look' | 'restart' | 'start' | 'agentInside'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly isStopping: () => boolean;
}

export interface Expected {
  /** State of the agent in the container before the restart; none: it is not waited for. */
  readonly agent: InnerAgent;
  /** The network was up before the restart. */
  readonly withNetwork: boolean;
  readonly timeoutSeconds: number;
}

const pauseMs = 500;

/**
 * A container counts as up when two looks, a pause apart, see the same init process: one that ends at
 * once runs for an instant as well.
 *
 * @throws AppError apply-failed naming what is missing; retryable where the agent is about to end
 */
export async function waitUntilUp(
  { lxd, clock, isStopping }: Restarting,
  id: ContainerId,
  expected: Expected,
): Promise<ObservedContainer> {
  const { timeoutSeconds } = expected;
  const deadline = new AbortController();
  const callOff = clock.after(timeoutSeconds * 1000, () => deadline.abort());
  let before: number | undefined;
  try {
    for (;;) {
      const found = await look(lxd, id, expected);
      const pid = typeof found === 'object' ? found.inside?.pid : undefined;
      if (typeof found === 'object' && pid === before) return found;
      before = pid;
      const seen = typeof found === 'object' ? 'it has not run for long' : found;
      const cannot = `container "${id.name}" did not come back within ${String(timeoutSeconds)} s`;
      if (deadline.signal.aborted) throw new AppError('apply-failed', `${cannot}: ${seen}`);
      if (isStopping()) {
        throw new AppError('not-ready', `the agent is about to end`, { retryable: true });
      }
      await new Promise<void>((resolve) => void clock.after(pauseMs, resolve));
    }
  } finally {
    callOff();
  }
}

/** Returns the container, or a text about what is missing. LXD itself may be away for a while. */
async function look(
  lxd: Restarting['lxd'],
  id: ContainerId,
  { agent, withNetwork }: Expected,
): Promise<ObservedContainer | string> {
  try {
    const container = await lxd.look(id);
    if (container === undefined) return 'LXD does not have it any more';
    const { inside } = container;
    if (inside === undefined) return 'it does not run';
    if (withNetwork && !inside.networkUp) return 'its network is not up';
    if (agent === 'none') return container;
    const now = await lxd.agentInside(container);
    return now === 'healthy' ? container : 'the calico-agent in it is not healthy';
  } catch (error) {
    return reasonOf(error);
  }
}
