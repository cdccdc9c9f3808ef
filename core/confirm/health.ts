/**
 * Judges whether a node is healthy after a change. A session that cannot be read is unknown, and
 * never counts as down. One that was down before with the same expectation does not count against
 * the change.
 */
import { nameSome } from '../name-some.ts';
import { isDisagreement, type DownCode } from '../sessions/explain-down.ts';
import type { SessionVerdict } from '../sessions/match-sessions.ts';
import type { ObservedDaemon } from '../sessions/session.ts';
import type { Baseline } from './baseline.ts';
import { missingRoutes, type RoutesAfter } from './missing-routes.ts';
import { sessionsBefore } from './sessions-before.ts';

export interface AfterChange extends RoutesAfter {
  /** The verdicts on the expected sessions. */
  readonly verdicts: readonly SessionVerdict[];
  readonly daemons: readonly ObservedDaemon[];
  /** Seconds since the change was written. */
  readonly appliedSeconds: number;
  /** Why the datastore does not hold the desired state; absent: it does, as far as known. */
  readonly datastore?: string;
  /** Absent: this agent has no controller. */
  readonly controller?: boolean;
}

export interface Health {
  /** broken: waiting will not help. */
  readonly state: 'healthy' | 'unhealthy' | 'broken';
  /** Clauses, the worst first. */
  readonly reasons: readonly string[];
  /**
   * read: a BIRD answered with its sessions. unread: there is a BIRD, or was one before the change,
   * but its answer could not be read now. none: there is no BIRD.
   */
  readonly sessions: 'read' | 'unread' | 'none';
}

export function judgeHealth(before: Baseline, after: AfterChange): Health {
  const broken = brokenReasons(before, after);
  const reasons = [
    ...broken,
    ...sessionReasons(before, after),
    ...routeReasons(before, after),
    ...(after.datastore === undefined ? [] : [after.datastore]),
    ...(before.controller && after.controller === false ? ['the controller is away'] : []),
  ];
  const sessions = sessionsRead(before, after);
  if (broken.length > 0) return { state: 'broken', reasons, sessions };
  return { state: reasons.length > 0 ? 'unhealthy' : 'healthy', reasons, sessions };
}

/** A missing socket does not mean that there is no BIRD: it may be restarting. */
function sessionsRead(before: Baseline, { daemons }: AfterChange): Health['sessions'] {
  if (daemons.some(({ ok }) => ok)) return 'read';
  return daemons.length === 0 && before.sessions === undefined ? 'none' : 'unread';
}

/** The reasons as one clause; empty for a healthy node. */
export function healthText({ reasons }: Health): string {
  return nameSome([...reasons]);
}

/** How long calico-node takes to hand a change to BIRD, at the most. */
const renderSeconds = 30;

function brokenReasons(before: Baseline, after: AfterChange): readonly string[] {
  const refused = blamed(before, after)
    .filter((one) => one.verdict === 'differs' || isDisagreement(one))
    .map(sessionText);
  return keepsOldFile(after) ? [oldFileText, ...refused] : refused;
}

const oldFileText =
  "BIRD keeps its old configuration, because it refuses the new one or calico-node makes none: see calico-node's log";

function keepsOldFile({ verdicts, daemons, appliedSeconds }: AfterChange): boolean {
  if (appliedSeconds < renderSeconds) return false;
  const taken = daemons.flatMap((daemon) =>
    daemon.ok && daemon.status.reconfigured !== undefined
      ? [daemon.status.reconfigured.seconds]
      : [],
  );
  const isMissing = verdicts.some(({ verdict }) => verdict === 'missing');
  return isMissing && taken.length > 0 && taken.every((seconds) => seconds > appliedSeconds);
}

function sessionReasons(before: Baseline, after: AfterChange): readonly string[] {
  const lost = blamed(before, after);
  return lost.filter((one) => one.verdict !== 'differs' && !isDisagreement(one)).map(sessionText);
}

/** Codes for a machine that went away, which this change did not cause. */
const awayCodes: ReadonlySet<DownCode> = new Set(['hold-timer', 'no-answer', 'no-route']);

/** The sessions that count against the change. */
function blamed(before: Baseline, { verdicts }: AfterChange): readonly SessionVerdict[] {
  const known = sessionsBefore(before);
  const isAnyUp = verdicts.some(({ verdict }) => verdict === 'established');
  return verdicts.filter((one) => {
    const { verdict, expected, code } = one;
    if (!['down', 'missing', 'differs'].includes(verdict) || one.isLater === true) return false;
    const was = known.wasUp(one);
    if (expected?.origin === 'configuration') return was !== false;
    // Sessions that other nodes ask for: in a mesh of thousands one machine may be off at any time.
    const isOnlyAway = code !== undefined && awayCodes.has(code) && isAnyUp;
    return was === true && !isOnlyAway;
  });
}

function sessionText({ neighbor, why, verdict }: SessionVerdict): string {
  return `the session to ${neighbor ?? 'a neighbour'} is not as expected: ${why ?? verdict}`;
}

function routeReasons(before: Baseline, after: AfterChange): readonly string[] {
  const missing = missingRoutes(before, after) ?? [];
  return missing.length === 0 ? [] : [`no route is left to ${nameSome([...missing])}`];
}
