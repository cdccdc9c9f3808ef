/**
 * Limited log lines about refused agents and failed connections, because any program can cause
 * them.
 */
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import { limitRepeats } from '../../runtime/pacing/repeat-limit.ts';

/** @param nodesAt nodes that an agent at this address may be; it is called for logged lines only */
export function refusalLog(
  logger: Logger,
  nodesAt: (remote: string) => readonly string[] = () => [],
): (reason: string, remote: string) => void {
  const due = limitRepeats();
  return (reason, remote) => {
    const count = due(`${remote} ${reason}`, performance.now());
    if (count === undefined) return;
    const [perhaps, ...others] = nodesAt(remote);
    logger.warn(`refused an agent: ${reason}`, {
      remote,
      ...(perhaps !== undefined && others.length === 0 && { perhaps }),
      ...(count > 1 ? { count } : {}),
    });
  };
}

/** Counts each failure, and logs one line a minute for each address. */
export function failureLog(logger: Logger): (error: unknown, remote: string) => void {
  const due = limitRepeats();
  return (error, remote) => {
    const count = due(remote, performance.now());
    if (count === undefined) return;
    const details = { remote, reason: reasonOf(error), ...(count > 1 ? { count } : {}) };
    logger.error('closed a connection of an agent: something failed in handling it', details);
  };
}
