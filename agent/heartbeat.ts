/**
 * What systemd hears of the running agent: its status in a line, and a heartbeat as long as the
 * reconcile loop gets somewhere. A blocked event loop misses it by itself; a pass that hangs shows
 * no status any more, and after the patience for it the heartbeat stays away too.
 */
import type { SystemdNotifier } from '../runtime/systemd-notify.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Agent } from './app/agent.ts';

export interface HeartbeatDeps {
  readonly notifier: SystemdNotifier;
  /** How long systemd waits; undefined: no heartbeat. */
  readonly watchdogMs: number | undefined;
  /** How often the loop runs when nothing happens. */
  readonly reconcileSeconds: () => number;
  readonly logger: Pick<Logger, 'error'>;
}

/** Beside two rounds of the loop: every call has a deadline, and a step that waits says so. */
const patienceMs = 15 * 60_000;
/** One message may be lost, and one late. */
const beatsPerDeadline = 3;

/** Returns how to end it. */
export function startHeartbeat(
  agent: Pick<Agent, 'status' | 'subscribe'>,
  { notifier, watchdogMs, reconcileSeconds, logger }: HeartbeatDeps,
): () => void {
  let lastSign = performance.now();
  let said: string | undefined;
  let isSilent = false;
  const show = ({ state, message }: { readonly state: string; readonly message: string }): void => {
    const text = `${state}: ${message}`;
    if (text !== said) notifier.status(text);
    said = text;
  };
  const unsubscribe = agent.subscribe((event) => {
    lastSign = performance.now();
    isSilent = false;
    if (event.type === 'status') show(event.status);
  });
  const beat = (): void => {
    const silentMs = performance.now() - lastSign;
    // Without a configuration the loop sleeps until somebody wakes it.
    const sleeps = agent.status().revisions.accepted === undefined;
    if (sleeps || silentMs < patienceMs + 2000 * reconcileSeconds()) return notifier.alive();
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
