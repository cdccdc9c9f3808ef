/** calico-controller rollout list: the last rollouts. */
import type { Rollouts } from '../../../schemas/generated/controller-api/rollouts.ts';
import { rolloutsAnswer } from '../answers.ts';
import { reading } from '../controller-client.ts';

export const addList = reading<Rollouts>({
  name: 'list',
  summary: 'list the last rollouts and pushes',
  description: 'Lists the last rollouts and pushes, the newest first, with how they ended.',
  examples: [['how did they end?', 'calico-controller rollout list']],
  path: '/v1/rollouts',
  answer: rolloutsAnswer,
  text: listText,
});

function listText({ rollouts }: Rollouts): string {
  if (rollouts.length === 0) return 'there is no rollout yet';
  return rollouts
    .map(({ number, kind, phase, by, startedAt, reason }) => {
      const why = reason === undefined ? '' : ` (${reason})`;
      return `${String(number).padStart(5)}  ${kind.padEnd(7)}  ${phase.padEnd(10)}  ${startedAt}  ${by}${why}`;
    })
    .join('\n');
}
