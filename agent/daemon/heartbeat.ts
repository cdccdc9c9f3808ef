/**
 * Tells systemd the status of the running agent in a line, and sends a heartbeat as long as the
 * reconcile loop gets somewhere. A blocked event loop sends none by itself; the heartbeat also stops
 * when one and the same step runs for longer than any can take. Requests and events do not count:
 * they come from outside also when the loop hangs.
 */
import type { SystemdNotifier } from '../../runtime/process/systemd-notify.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import type { RunningAgent } from '../app/create-agent.ts';

export interface HeartbeatDeps {
  readonly notifier: SystemdNotifier;
  /** How long systemd waits; undefined: no heartbeat. */
  readonly watchdogMs: number | undefined;
  readonly logger: Pick<Logger, 'error'>;
}

/** Every call has a deadline; the longest step restarts a container, in ten minutes at most. */
const patienceMs = 15 * 60_000;
/** One message may be lost, and one late. */
const beatsPerDeadline = 3;

/** Returns how to end it. */
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
      logger.error('the reconcile loop hangs; systemd hears no heartbeat any more', { minutes });
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
