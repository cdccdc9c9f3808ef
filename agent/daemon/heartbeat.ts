/**
 * What systemd hears of the running agent: its status in a line, and a heartbeat as long as the
 * reconcile loop gets somewhere. A blocked event loop misses it by itself; where one and the same step
 * is under way for longer than any can take, the heartbeat stays away too. Other signs do not count:
 * who looks on or asks from outside makes them of a loop that hangs as well.
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
  agent: Pick<RunningAgent, 'status' | 'subscribe' | 'underWay'>,
  { notifier, watchdogMs, logger }: HeartbeatDeps,
): () => void {
  let since = performance.now();
  let last: number | undefined;
  let said: string | undefined;
  let isSilent = false;
  const show = ({ state, message }: { readonly state: string; readonly message: string }): void => {
    const text = `${state}: ${message}`;
    if (text !== said) notifier.status(text);
    said = text;
  };
  const unsubscribe = agent.subscribe((event) => {
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
  show(agent.status());
  const timer =
    watchdogMs === undefined ? undefined : setInterval(beat, watchdogMs / beatsPerDeadline);
  return () => {
    clearInterval(timer);
    unsubscribe();
  };
}
