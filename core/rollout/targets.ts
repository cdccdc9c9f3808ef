/** Which revision a node is to have now. */
import { hasShareStep, type Rollout } from './steps.ts';

export type NodeTarget =
  | {
      readonly kind: 'revision';
      readonly number: number;
      /** It is not the fleet's newest one: the turn of its wave comes later. */
      readonly isLater: boolean;
    }
  /** The node keeps what it has. */
  | { readonly kind: 'none'; readonly isLater: boolean };

/**
 * @param wave the place of the node's wave
 * @param accepted the newest number of this lineage that the node has accepted; undefined: none. Its
 * agent refuses every smaller one, so it never gets one.
 */
export function targetOf(rollout: Rollout, wave: number, accepted: number | undefined): NodeTarget {
  const wanted = wantedOf(rollout, wave, accepted);
  if (wanted === undefined) return { kind: 'none', isLater: !isTurn(rollout, wave) };
  if (accepted === undefined || accepted <= wanted) return given(rollout, wanted);
  // It has a newer one of this rollout, such as after its labels or the waves changed.
  const own = Object.values(rollout.revisions).includes(accepted);
  return own ? given(rollout, accepted) : { kind: 'none', isLater: false };
}

/** The newest revision of the rollout, which is the fleet's. */
export function newestOf({ revisions }: Pick<Rollout, 'revisions'>): number {
  const { target, share, back, backShare } = revisions;
  return backShare ?? back ?? share ?? target;
}

/**
 * Whether agents of this wave are told now that a person, or the rollout, rolls the target back.
 * Where there is a base they get its content instead.
 */
export function isToldToRollBack(rollout: Rollout, wave: number): boolean {
  const { phase } = rollout.state;
  if (phase === 'aborted') return true;
  return phase !== 'back' || isTurn(rollout, wave);
}

/** Whether the turn of the wave has come. */
export function isTurn(rollout: Rollout, wave: number): boolean {
  const { phase, step, begun } = rollout.state;
  if (phase === 'forward') return wave < begun;
  if (phase !== 'back') return true;
  // The last step is about all nodes.
  return step >= begun || (wave < begun && wave >= begun - 1 - step);
}

function wantedOf(
  rollout: Rollout,
  wave: number,
  accepted: number | undefined,
): number | undefined {
  const { phase, begun } = rollout.state;
  const { base, target, share, back } = rollout.revisions;
  const forward = share ?? target;
  if (phase === 'done') return hasShareStep(rollout) ? share : target;
  if (phase === 'superseded') return undefined;
  if (phase === 'forward') return isTurn(rollout, wave) ? forward : base;
  if (back === undefined) {
    // Each node rolls the target back; the others had nothing that they could get again.
    return phase === 'back' && !isTurn(rollout, wave) && accepted === forward ? forward : undefined;
  }
  if (isTurn(rollout, wave)) return newestOf(rollout);
  const hasIt = wave < begun && accepted !== undefined && accepted >= target && accepted < back;
  if (hasIt) return accepted;
  return wave < begun ? newestOf(rollout) : base;
}

function given(rollout: Rollout, number: number): NodeTarget {
  return { kind: 'revision', number, isLater: number !== newestOf(rollout) };
}
