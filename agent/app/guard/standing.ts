import type { GuardWatch } from '../../../core/guard/decide-end.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GuardState } from '../../ports/guard-routes.ts';

/** The guard routes that are in the kernel now. */
export interface Standing {
  /** The revision that they are for; absent: the previous process began them. */
  readonly revision?: RevisionRef;
  readonly routes: number;
  readonly carrying: readonly string[];
  readonly untilMs: number;
  /** RFC 3339. */
  readonly until: string;
  /** Time from their beginning to their deadline. */
  readonly seconds: number;
  readonly watch: GuardWatch;
  /** The last step of the change that has begun; 0: none, as far as this process knows. */
  readonly step: number;
}

export function begunStanding(
  begun: Pick<Standing, 'routes' | 'carrying' | 'seconds' | 'step'> & {
    readonly revision: RevisionRef;
  },
  clock: Pick<Clock, 'elapsed' | 'now'>,
): Standing {
  const { seconds } = begun;
  return { ...begun, ...deadlineIn(seconds, clock), watch: {} };
}

type Observed = Extract<GuardState, { readonly state: 'on' }>;

/** Guard routes that the previous process began. */
export function foundStanding(
  { routes, carrying, left, age = 0 }: Observed,
  clock: Pick<Clock, 'elapsed' | 'now'>,
): Standing {
  const seconds = Math.max(1, left + age);
  return { routes, carrying, seconds, step: 0, watch: {}, ...deadlineIn(left, clock) };
}

/** The same guard routes, updated by the kernel's answer. */
export function stillStanding(
  before: Standing,
  { routes, carrying, left }: Observed,
  { elapsed }: Pick<Clock, 'elapsed'>,
): Standing {
  return { ...before, routes, carrying, untilMs: elapsed() + left * 1000 };
}

/** Guard routes of the previous process belong to the change that continues. */
export function isStandingFor({ revision }: Standing, other: RevisionRef): boolean {
  return revision === undefined || sameRevision(revision, other);
}

function deadlineIn(
  seconds: number,
  clock: Pick<Clock, 'elapsed' | 'now'>,
): Pick<Standing, 'untilMs' | 'until'> {
  return {
    untilMs: clock.elapsed() + seconds * 1000,
    until: new Date(Date.parse(clock.now()) + seconds * 1000).toISOString(),
  };
}
