/** Why a person's request about a rollout cannot be carried out, and what can be done instead. */
import { stepArgument, stepName, type Rollout } from './steps.ts';

export interface StepRefused {
  readonly ok: false;
  /** Completes "cannot pause the rollout: …". */
  readonly reason: string;
}

const ends: Readonly<Record<Rollout['state']['phase'], string>> = {
  forward: 'it is running',
  back: 'it goes back already; calico-controller rollout status shows how far it is',
  done: 'it is done',
  aborted: 'it was aborted already',
  superseded: 'a newer revision was pushed',
};

/** @param reason default: what has become of the rollout */
export function refuse(what: string, rollout: Rollout, reason?: string): StepRefused {
  return { ok: false, reason: reason ?? whyNot(what, rollout) };
}

function whyNot(what: string, { state: { phase, paused } }: Rollout): string {
  if (phase === 'back') {
    // Earlier versions paused it while it went back.
    if (paused !== undefined) return pausedBack;
    return what === 'pause' ? noPauseBack : ends.back;
  }
  const list = '; calico-controller rollout list shows the rollouts';
  return `${ends[phase]}${what === 'abort' ? '' : list}`;
}

const pausedBack =
  'it goes back already, and is paused; calico-controller rollout resume lets it go on back';

const noPauseBack =
  'it goes back, and that cannot be paused; calico-controller rollout status shows how far it is';

/** What a person looked at, as the client says. Absent: it is about whatever there is now. */
export interface About {
  /** The number of the rollout. */
  readonly rollout?: number;
  /** The step: `wave canary` or `the cluster share`; or `canary` and `cluster-share`, as in commands. */
  readonly step?: string;
}

/** @returns why it is about something else than the rollout is at now */
export function refuseOther(rollout: Rollout, about: About): string | undefined {
  const { revisions, by, state } = rollout;
  const look = 'look at it first: calico-controller rollout status';
  if (about.rollout !== undefined && about.rollout !== revisions.target) {
    return `it would be about rollout ${String(revisions.target)} by ${by} now, and not about ${String(about.rollout)}; ${look}`;
  }
  const isRunning = state.phase === 'forward' || state.phase === 'back';
  const names = [stepName(rollout), stepArgument(rollout)];
  if (about.step === undefined || (isRunning && names.includes(about.step))) return undefined;
  const place = isRunning ? `it is at ${stepName(rollout)} now` : ends[state.phase];
  return `${place}, and not at ${about.step}; ${look}`;
}
