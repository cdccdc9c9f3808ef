/** Why a person's request about a rollout cannot be carried out, and what can be done instead. */
import type { Rollout } from './steps.ts';

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
