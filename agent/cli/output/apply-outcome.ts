import { printable } from '../../../core/printable.ts';
import type { ApplyAnswer } from '../daemon/answers.ts';
import { revisionText } from './revision-text.ts';
import type { ExitStatus } from '../world.ts';

export interface Outcome {
  readonly text: string;
  readonly status: ExitStatus;
}

/**
 * @param waitSeconds how long it was waited for the end; undefined: not at all
 * @param state what the agent is at, where the end did not come in time
 */
export function describeOutcome(
  answer: ApplyAnswer,
  waitSeconds: number | undefined,
  state?: string,
): Outcome {
  const revision = printable(revisionText(answer.revision));
  const { settled, stage } = answer;
  if (settled === undefined) {
    const received =
      answer.result === 'accepted'
        ? `${revision} is accepted`
        : `${revision} was accepted before; it is ${printable(stage)}`;
    if (waitSeconds === undefined || stage === 'confirmed') return { text: received, status: 0 };
    const late = `${received}, but not confirmed within ${waitSeconds} s`;
    const now = state === undefined ? '' : ` (${printable(state)})`;
    const text = `${late}${now}; it is applied as soon as that is possible, see calico-agent status`;
    return { text, status: 1 };
  }
  switch (settled.result) {
    case 'confirmed':
      return { text: `${revision} is applied and confirmed`, status: 0 };
    case 'failed':
      return { text: `cannot apply ${revision}: ${printable(settled.message)}`, status: 1 };
    case 'superseded':
      return {
        text: `${revision} is not applied: another revision was accepted in between`,
        status: 1,
      };
  }
}
