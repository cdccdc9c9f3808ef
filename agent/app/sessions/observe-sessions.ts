/** The BGP sessions of this node, read on request, and every few seconds for the status. */
import { countSessions, type SessionCount } from '../../../core/sessions/count-sessions.ts';
import {
  matchSessionsInParts,
  type SessionMatching,
  type SessionVerdict,
} from '../../../core/sessions/match-sessions.ts';
import type { OddRoutes } from '../../../core/sessions/paths/odd-routes.ts';
import type { ObservedDaemon } from '../../../core/sessions/session.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import { finishInTurns } from '../../../runtime/pacing/in-turns.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ReportHealth } from '../health/adapter-health.ts';
import type { SessionsSource } from '../../ports/sessions.ts';
import type { PathWatch } from './watch-paths.ts';

export interface SessionsReport {
  /** RFC 3339. */
  readonly at: string;
  readonly daemons: readonly ObservedDaemon[];
  /** Worst first. */
  readonly verdicts: readonly SessionVerdict[];
  /** As last read, after a change of AS numbers; absent: all is as expected, or nobody knows. */
  readonly oddRoutes?: OddRoutes;
}

export interface SessionsObserver {
  /** Asks BIRD, or uses a reading that is younger than a second. */
  read(): Promise<SessionsReport>;
  /**
   * The count by the last reading; undefined: not read yet, no BIRD is there, or no configuration.
   */
  count(): SessionCount | undefined;
  /** Reads regularly from now on, until it is stopped. */
  follow(): void;
  stop(): void;
}

/** The expectations for the sessions; undefined: there is no configuration. */
export type Expecting = () =>
  | (Omit<SessionMatching, 'daemons' | 'appliedSeconds'> & { readonly isApplied: boolean })
  | undefined;

export interface ObserverDeps {
  readonly source: SessionsSource;
  readonly expecting: Expecting;
  readonly clock: Pick<Clock, 'now' | 'elapsed' | 'after'>;
  /** Called when the count changed. */
  changed(count: SessionCount | undefined): void;
  /** Called at each reading of a machine with a BIRD, also where nothing changed. */
  observed?(verdicts: readonly SessionVerdict[]): void;
  /** Called when a reading failed; the next one comes as usual. */
  failed?(reason: string): void;
  /** Absent: nobody wants to know whether the daemons can be read. */
  readonly health?: ReportHealth;
  /** Absent: nobody knows the routes. */
  readonly paths?: PathWatch;
}

const everyMs = 10_000;
/**
 * A longer pause: a machine without a BIRD within reach mostly stays so, and each reading of
 * calico-node's report asks the API server.
 */
const withoutBirdMs = 60_000;
/** Spares BIRD: every user of the machine may ask for the sessions. */
const freshMs = 1000;

export function createSessionsObserver(deps: ObserverDeps): SessionsObserver {
  const { source, clock } = deps;
  const judge = sessionsJudge(deps);
  let last: { readonly daemons: readonly ObservedDaemon[]; readonly readAt: number } | undefined;
  let running: Promise<readonly ObservedDaemon[]> | undefined;
  let count: SessionCount | undefined;
  let ending: AbortController | undefined;
  let cancel = (): void => undefined;

  const observe = async (need?: 'fresh'): Promise<readonly ObservedDaemon[]> => {
    try {
      last = { daemons: await source.observe(ending?.signal, need), readAt: clock.elapsed() };
      return last.daemons;
    } finally {
      running = undefined;
    }
  };
  const daemonsNow = (need?: 'fresh'): Promise<readonly ObservedDaemon[]> => {
    if (running === undefined && last !== undefined && clock.elapsed() - last.readAt < freshMs) {
      return Promise.resolve(last.daemons);
    }
    running ??= observe(need);
    return running;
  };
  const note = (daemons: readonly ObservedDaemon[], verdicts: readonly SessionVerdict[]): void => {
    if (daemons.length > 0) deps.observed?.(verdicts);
    const next = countOf(daemons, verdicts, deps.paths?.odd());
    if (JSON.stringify(next) === JSON.stringify(count)) return;
    count = next;
    deps.changed(count);
  };
  const observeOnce = async (signal: AbortSignal): Promise<number> => {
    const daemons = await daemonsNow();
    if (daemons.length > 0) await deps.paths?.refresh(signal, daemons);
    // Without BIRD there are no sessions to count.
    const verdicts = daemons.length === 0 ? [] : await judge(daemons);
    if (!signal.aborted) note(daemons, verdicts);
    const pauseMs = daemons.some(isNear) ? everyMs : withoutBirdMs;
    if (!signal.aborted) noteHealth(deps.health, daemons, pauseMs);
    return pauseMs;
  };
  /** Catches each failure, so that the next reading comes: no caller would catch it. */
  const tick = async (signal: AbortSignal): Promise<void> => {
    const pauseMs = await observeOnce(signal).catch((error: unknown) => {
      deps.failed?.(reasonOf(error));
      return everyMs;
    });
    if (signal.aborted) return;
    // Frees the answers, which may be about 200 sessions, until the next reading.
    last = undefined;
    cancel = clock.after(pauseMs, () => void tick(signal));
  };
  return {
    read: async () => {
      const daemons = await daemonsNow('fresh');
      const verdicts = await judge(daemons);
      note(daemons, verdicts);
      return { at: clock.now(), daemons, verdicts, ...oddOf(deps.paths) };
    },
    count: () => count,
    follow: () => {
      if (ending !== undefined) return;
      ending = new AbortController();
      void tick(ending.signal);
    },
    stop: () => {
      cancel();
      ending?.abort();
    },
  };
}

/** Compares what BIRD says with what is expected; nothing is judged while nothing is expected. */
function sessionsJudge(
  deps: ObserverDeps,
): (daemons: readonly ObservedDaemon[]) => Promise<readonly SessionVerdict[]> {
  const appliedSeconds = secondsApplied(deps);
  return async (daemons) => {
    const expected = deps.expecting();
    if (expected === undefined) return [];
    const { isApplied, ...matching } = expected;
    const seconds = appliedSeconds(isApplied);
    return finishInTurns(
      matchSessionsInParts({
        ...matching,
        daemons,
        ...(seconds !== undefined && { appliedSeconds: seconds }),
      }),
    );
  };
}

function oddOf(paths: PathWatch | undefined): Pick<SessionsReport, 'oddRoutes'> {
  const oddRoutes = paths?.odd();
  return oddRoutes === undefined ? {} : { oddRoutes };
}

function countOf(
  daemons: readonly ObservedDaemon[],
  verdicts: readonly SessionVerdict[],
  odd: OddRoutes | undefined,
): SessionCount | undefined {
  return daemons.length === 0 || verdicts.length === 0 ? undefined : countSessions(verdicts, odd);
}

/** A reading counts as an attempt; what somebody asks for in between does not. */
function noteHealth(
  health: ReportHealth | undefined,
  daemons: readonly ObservedDaemon[],
  nextMs: number,
): void {
  const near = daemons.filter(isNear);
  const reported = daemons.filter((daemon) => !isNear(daemon));
  for (const [adapter, own] of [
    ['bird', near],
    ['calico-node-status', reported],
  ] as const) {
    const failing = own.find(isFailing);
    if (failing === undefined) health?.succeeded(adapter);
    else health?.failed(adapter, `${failing.at}: ${failing.why}`, nextMs);
  }
}

type Unread = Extract<ObservedDaemon, { readonly ok: false }>;

/** calico-node writes its report when something changed: an old one is no failure. */
function isFailing(daemon: ObservedDaemon): daemon is Unread {
  return !daemon.ok && daemon.fault !== 'stale';
}

/** Whether the agent asked BIRD itself, by its socket. */
function isNear({ by }: ObservedDaemon): boolean {
  return by === undefined;
}

/** Seconds since the accepted configuration was applied, as far as this process knows. */
function secondsApplied({ clock }: ObserverDeps): (isApplied: boolean) => number | undefined {
  let since: number | undefined;
  return (isApplied) => {
    since = isApplied ? (since ?? clock.elapsed()) : undefined;
    return since === undefined ? undefined : Math.floor((clock.elapsed() - since) / 1000);
  };
}
