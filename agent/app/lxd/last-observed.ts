/**
 * The agent's last observation of LXD, for the status: a new one would ask LXD about all
 * containers.
 */
import { reportContainers } from '../../../core/lxd/container-report.ts';
import type { ObservedLxd } from '../../../core/lxd/observed-lxd.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';
import type { AgentState } from '../state/agent-state.ts';
import { haltedFor, noMarks } from './restart-marks.ts';

export interface RememberedLxd {
  readonly lxd: LxdHost;
  /** The last observation; undefined: there is none yet, or the last one failed. */
  readonly last: () => ObservedLxd | undefined;
  /** The observation since the last call of this method. */
  readonly take: () => ObservedLxd | undefined;
}

export function rememberObserved(lxd: LxdHost): RememberedLxd {
  let last: ObservedLxd | undefined;
  let fresh: ObservedLxd | undefined;
  const observe = async (): Promise<ObservedLxd> => {
    last = undefined;
    fresh = undefined;
    last = await lxd.observe();
    fresh = last;
    return last;
  };
  const take = (): ObservedLxd | undefined => {
    const taken = fresh;
    fresh = undefined;
    return taken;
  };
  return { lxd: { ...lxd, observe }, last: () => last, take };
}

/**
 * Follows "is in force" in the status: how many containers need a restart, or why restarting has
 * stopped.
 */
export function restartHint(
  { containerRestarts = noMarks, inForce }: AgentState,
  observed: ObservedLxd | undefined,
): string {
  const halted = haltedFor(containerRestarts, inForce);
  if (halted !== undefined) return `; restarting stopped: ${halted.why}`;
  if (observed?.daemon.state !== 'there') return '';
  const due = reportContainers(observed.daemon).filter(({ needsRestart }) => needsRestart).length;
  if (due === 0) return '';
  const who = due === 1 ? '1 container needs' : `${String(due)} containers need`;
  return `; ${who} a restart: see calico-agent lxd status`;
}
