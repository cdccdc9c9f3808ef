/** A step that waits until a person has done something. */
import { placeOf, type LeftByHand } from '../platform/left-by-hand.ts';
import type { AnyChange, AnyPlan, Step } from './plan.ts';

/** Long enough for a person's holidays. */
export const outsideSeconds = 30 * 86_400;

/** @param what completes "waits until". @param digests see LeftByHand */
export function waitForPerson(
  title: string,
  what: string,
  { digest, once }: Pick<LeftByHand, 'digest' | 'once'>,
): Step<AnyChange> {
  const digests = { digest, ...(once !== undefined && { once }) };
  return {
    title,
    why: 'the agent does not do it',
    gates: [{ kind: 'outside', what, ...digests, withinSeconds: outsideSeconds }],
    changes: [],
  };
}

/** The places where a plan leaves something to a person, done or not, before anything of it is taken out. */
export function placesByHand({ steps, clusterEdits = [], leftByHand }: AnyPlan): readonly string[] {
  const digests = steps
    .flatMap(({ gates }) => gates)
    .flatMap((gate) => (gate.kind === 'outside' ? (gate.digest ?? []) : []));
  return [
    ...digests.map(placeOf),
    ...clusterEdits
      .filter(({ optional }) => optional !== true)
      .map(({ stage = 0 }) => (stage < 0 ? 'early' : 'late')),
    ...(leftByHand === undefined ? [] : [placeOf(leftByHand.digest)]),
    ...(leftByHand?.once === undefined ? [] : [placeOf(leftByHand.once)]),
  ];
}

/** Without the steps that wait for what a person said to have done. */
export function withoutDone<C extends AnyChange>(
  steps: readonly Step<C>[],
  isDone: (digest: string) => boolean,
): readonly Step<C>[] {
  return steps.filter(
    ({ gates, changes }) =>
      changes.length > 0 ||
      !gates.some(
        (gate) => gate.kind === 'outside' && gate.digest !== undefined && isDone(gate.digest),
      ),
  );
}
