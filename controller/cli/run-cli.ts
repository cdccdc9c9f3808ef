/** The program calico-controller, with its commands. */
import { completionWith } from '../../runtime/cli/completion/completion.ts';
import { runProgram, type Program } from '../../runtime/cli/program.ts';
import type { ExitStatus } from '../../runtime/cli/terminal.ts';
import { addAccess } from './access/access.ts';
import type { CommandContext } from './command-context.ts';
import { askedValues } from './completion/asked-values.ts';
import { addClusters } from './clusters/clusters.ts';
import { addConfirm, addRollback } from './decide.ts';
import { addEvents } from './events.ts';
import { addForget } from './forget.ts';
import { addNode } from './nodes/node.ts';
import { addNodes } from './nodes/nodes.ts';
import { addPreview } from './preview/preview.ts';
import { addAudit } from './people/audit.ts';
import { addApply } from './people/apply.ts';
import { addApprove, addReject, addWithdraw } from './people/decide-proposal.ts';
import { addProposal, addProposals } from './people/proposals.ts';
import { addPropose } from './people/propose.ts';
import { addInit } from './identity/init.ts';
import { addToken } from './identity/token.ts';
import { addPush } from './push.ts';
import { addRemoteOptions } from './remote/remote-options.ts';
import { addRevoke } from './revoke.ts';
import { addRollout } from './rollout/rollout.ts';
import { addServe } from './serve/serve.ts';
import { addSource } from './source.ts';
import { addStatus } from './status.ts';
import { addStore } from './store/store.ts';

const program: Program<CommandContext> = {
  name: 'calico-controller',
  description:
    'Brings one network configuration to the agents of a cluster, and shows the progress of each node.',
  examples: [
    ['run the controller', 'calico-controller serve --token-file /etc/calico-controller/token'],
    ['bring a configuration to all nodes', 'calico-controller push network.yaml --wait'],
    ['what is the progress of each node?', 'calico-controller nodes'],
  ],
  exitStatuses:
    'Exit status: 0 done, 1 failed, 2 refused input or wrong usage, 3 something changes (preview only).',
  options: addRemoteOptions,
  commands: [
    addServe,
    addNodes,
    addNode,
    addEvents,
    addPreview,
    addPush,
    addRollout,
    addSource,
    addConfirm,
    addRollback,
    addForget,
    addInit,
    addToken,
    addRevoke,
    addPropose,
    addProposals,
    addProposal,
    addApprove,
    addReject,
    addWithdraw,
    addApply,
    addAudit,
    addAccess,
    addStatus,
    addClusters,
    addStore,
    completionWith(askedValues),
  ],
};

/** @param argv the arguments, without the interpreter and the program */
export function runCli(argv: readonly string[], context: CommandContext): Promise<ExitStatus> {
  return runProgram(program, argv, context);
}
