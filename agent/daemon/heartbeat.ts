/**
 * Sends systemd the agent's status in a line, and a heartbeat as long as the reconcile loop makes
 * progress. A blocked event loop sends none; the heartbeat also stops when one step runs for longer
 * than any step can take. Requests and events do not count as progress, because they come from
 * outside also when the loop hangs.
 */
import type { SystemdNotifier } from '../../runtime/process/systemd-notify.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import type { RunningAgent } from '../app/create-agent.ts';

export interface HeartbeatDeps {
  readonly notifier: SystemdNotifier;
  /** How long systemd waits; undefined: it expects no heartbeat. */
  readonly watchdogMs: number | undefined;
  readonly logger: Pick<Logger, 'error'>;
}

/**
 * Longer than any step: every call has a deadline, and the longest step restarts a container, in
 * ten minutes at most.
 */
const patienceMs = 15 * 60_000;
/** One message may be lost, and one late. */
const beatsPerDeadline = 3;

/** Returns a function that ends it. */
export function startHeartbeat(
  agent: Pick<RunningAgent, 'underWay'> & {
    readonly readings: Pick<RunningAgent['readings'], 'status' | 'subscribe'>;
  },
  { notifier, watchdogMs, logger }: HeartbeatDeps,
): () => void {
  let since = performance.now();
  let last: number | undefined;
  let shown: string | undefined;
  let isSilent = false;
  const show = ({ state, message }: { readonly state: string; readonly message: string }): void => {
    const text = `${state}: ${message}`;
    if (text !== shown) notifier.status(text);
    shown = text;
  };
  const unsubscribe = agent.readings.subscribe((event) => {
    if (event.type === 'status') show(event.status);
  });
  const beat = (): void => {
    const underWay = agent.underWay();
    if (underWay === undefined || underWay !== last) {
      last = underWay;
      since = performance.now();
      isSilent = false;
    }
    const silentMs = performance.now() - since;
    if (silentMs < patienceMs) return notifier.alive();
    if (!isSilent) {
      const minutes = Math.round(silentMs / 60_000);
      logger.error('the reconcile loop hangs; systemd gets no heartbeat any more', { minutes });
    }
    isSilent = true;
  };
  show(agent.readings.status());
  const timer =
    watchdogMs === undefined ? undefined : setInterval(beat, watchdogMs / beatsPerDeadline);
  return () => {
    clearInterval(timer);
    unsubscribe();
  };
}
