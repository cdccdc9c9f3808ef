/** calico-agent status: the state of the agent of this node. */
import { reading } from '../daemon/agent-client.ts';
import { statusAnswer } from '../daemon/answers.ts';
import { formatStatus } from '../output/status-text.ts';

export const addStatus = reading({
  name: 'status',
  summary: 'show the state of the agent of this node',
  description:
    'Shows the state of the agent of this node, its revisions, and the AS number, ' +
    'cluster ID and peers that they give this node.',
  examples: [
    ['for a person', 'calico-agent status'],
    ['for a script', 'calico-agent status -o json | jq -r .state'],
  ],
  path: '/v1/status',
  answer: statusAnswer,
  text: formatStatus,
});
