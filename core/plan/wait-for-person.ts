/** A step that waits until a person has done something. */
import type { AnyChange, Step } from './plan.ts';

/** Long enough for a person's holidays. */
export const outsideSeconds = 30 * 86_400;

/** @param what completes "waits until". @param digest see LeftByHand */
export function waitForPerson(title: string, what: string, digest: string): Step<AnyChange> {
  return {
    title,
    why: 'the agent does not do it',
    gates: [{ kind: 'outside', what, digest, withinSeconds: outsideSeconds }],
    changes: [],
  };
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
