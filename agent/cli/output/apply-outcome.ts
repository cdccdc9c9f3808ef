import { printable } from '../../../core/printable.ts';
import type { OfferAnswer } from '../../../schemas/generated/agent-api/offer-answer.ts';
import { revisionAndDigest } from '../../../runtime/cli/revision-and-digest.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';

export interface Outcome {
  readonly text: string;
  readonly status: ExitStatus;
}

/**
 * @param waitSeconds how long the command waited for the end; undefined: it did not wait
 * @param state the agent's state now, if the revision has not ended in time
 */
export function describeOutcome(
  answer: OfferAnswer,
  waitSeconds: number | undefined,
  state?: string,
): Outcome {
  const revision = printable(revisionAndDigest(answer.revision));
  const { ended, stage } = answer;
  if (ended === undefined) {
    const received =
      answer.result === 'accepted'
        ? `${revision} is accepted`
        : `${revision} was accepted before, and is ${stage === 'accepted' ? 'not in force yet' : printable(stage)}`;
    if (waitSeconds === undefined || stage === 'confirmed') return { text: received, status: 0 };
    const late = `${received}, but not confirmed within ${waitSeconds} s`;
    const now = state === undefined ? '' : ` (${printable(state)})`;
    const text = `${late}${now}; the agent continues with it: calico-agent status`;
    return { text, status: 1 };
  }
  switch (ended.result) {
    case 'confirmed':
      return { text: `${revision} is applied and confirmed`, status: 0 };
    case 'failed':
      return { text: `cannot apply ${revision}: ${printable(ended.message)}`, status: 1 };
    case 'superseded':
      return {
        text: `${revision} is not applied: the agent accepted another revision meanwhile`,
        status: 1,
      };
  }
}
