/** The commands that print the values of options and arguments for the completion. */
import type { AskedValues } from '../../../runtime/cli/completion/words.ts';
import { usualConfigFile } from '../controller-config.ts';

const nodeNames = 'nodes --names';
const proposals = 'proposals --ids';
const openProposals = 'proposals --ids --open';
const people = 'access list --names';

export const askedValues: AskedValues = {
  '--cluster': `clusters --names --config ${usualConfigFile}`,
  '--node': nodeNames,
  '--despite': nodeNames,
  ...{ node: nodeNames, nodes: nodeNames, forget: nodeNames, revoke: nodeNames },
  ...{ '--proposal': openProposals, '--again': proposals, proposal: proposals },
  ...{ approve: openProposals, reject: openProposals, withdraw: openProposals },
  apply: openProposals,
  '--base': 'rollout list --ids',
  'token revoke': 'token list --ids',
  'access revoke': 'access list --ids',
  ...{ 'access create': people, '--by': people },
};
