/** The settings and requests that decide how and when the reconcile loop works. */
import type { Clock } from '../../ports/clock.ts';
import type { SettingsNow } from '../state/settings-now.ts';
import type { StateStore } from '../state/agent-state.ts';
import type { Following } from './follow-datastore.ts';

export interface Policy {
  /** Whether the agent corrects drift or only reports it. */
  readonly driftPolicy: () => 'correct' | 'report';
  /** A request to correct drift whatever the policy is; it lasts until that is done. */
  readonly correction: { isAsked(): boolean; ask(): void; done(): void };
  /** Time until the next full reading where nothing wakes the loop. */
  readonly reconcileMs: () => number;
  readonly isStopping: () => boolean;
}

export interface RunningPolicy extends Policy {
  stop(): void;
}

export interface PolicyDeps {
  readonly settings: Pick<SettingsNow, 'current'>;
  readonly state: Pick<StateStore, 'current'>;
  readonly following: Pick<Following, 'isWatching'>;
  readonly clock: Pick<Clock, 'random'>;
}

const unwatchedMs = 60_000;

export function createPolicy({ settings, state, following, clock }: PolicyDeps): RunningPolicy {
  let isStopping = false;
  let isCorrectionAsked = false;
  return {
    driftPolicy: () =>
      state.current().onlyReportsDrift === true
        ? 'report'
        : (settings.current().driftPolicy ?? 'correct'),
    correction: {
      isAsked: () => isCorrectionAsked,
      ask: () => {
        isCorrectionAsked = true;
      },
      done: () => {
        isCorrectionAsked = false;
      },
    },
    reconcileMs: () => {
      const configuredMs = settings.current().reconcileSeconds * 1000;
      // The agent reads more often while no watch reports changes.
      const ms = following.isWatching() ? configuredMs : Math.min(configuredMs, unwatchedMs);
      // A random part, because agents that were woken together would otherwise always read
      // together.
      return Math.ceil(ms * (0.5 + clock.random()));
    },
    isStopping: () => isStopping,
    stop: () => {
      isStopping = true;
    },
  };
}
