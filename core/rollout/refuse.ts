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
  const { phase } = rollout.state;
  return { ok: false, reason: reason ?? (what === 'abort' ? ends[phase] : ended(phase)) };
}

function ended(phase: Rollout['state']['phase']): string {
  return `${ends[phase]}; calico-controller rollout list shows the rollouts`;
}
