/** calico-controller apply: brings what was approved to the nodes. */
import { withoutNotes } from '../../../core/issue.ts';
import { revisionText } from '../../../core/revision/revision-text.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { formatIssues } from '../../../runtime/cli/issue-report.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer, write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { AppliedProposal } from '../../../schemas/generated/controller-api/applied-proposal.ts';
import { appliedAnswer, rolloutAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';
import { barrierLine } from '../rollout/rollout-text.ts';
import { watchRollout } from '../rollout/watch.ts';

interface ApplyOptions extends SocketOptions, OutputOptions {
  readonly wait?: true;
}

/** A check against thousands of nodes takes a while. */
const applyMs = 120_000;

export const addApply: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('apply')
    .summary('bring a proposal that is approved to the nodes')
    .description(
      'Brings a proposal that has its approvals to the nodes, exactly as it was approved: with its strategy ' +
        'it starts the rollout, and without one it pushes it to all nodes. It is refused if another ' +
        'configuration is the newest one by now. Exit status with --wait: 0 where it is done, or waits for ' +
        'a person; 1 where nodes failed, it went back, or is paused.',
    )
    .argument('<id>', 'the number of the proposal')
    .option('--wait', 'show the progress until it has ended, or waits for a person');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['it is approved', 'calico-controller apply 3'],
        ['and follow it', 'calico-controller apply 3 --wait'],
      ]),
    )
    .action(toAction((id: string, options: ApplyOptions) => apply(id, options, context)));
};

async function apply(
  id: string,
  { socket, output, wait }: ApplyOptions,
  { by, stdout, stderr }: CommandContext,
): Promise<ExitStatus> {
  const query = new URLSearchParams({ by }).toString();
  const path = `/v1/proposals/${encodeURIComponent(id)}/apply?${query}`;
  const client = createControllerClient(socket);
  const applying = client.change({ method: 'POST', path, timeoutMs: applyMs });
  const answer = await answerOf(applying, appliedAnswer);
  const name = `proposal ${answer.proposal.id}`;
  await write(stderr, formatIssues([{ name, issues: withoutNotes(answer.issues) }]));
  await printAnswer(stdout, output, answer, appliedText);
  if (wait !== true || answer.result === 'already') return 0;
  const { number } = answer.revision;
  const status = await watchRollout(socket, { stdout, stderr }, { number });
  return status === 0 && answer.result === 'accepted' ? statusOfPush(socket) : status;
}

/** A push is done also where nodes failed. */
async function statusOfPush(socket: string): Promise<ExitStatus> {
  const reading = createControllerClient(socket).read({ method: 'GET', path: '/v1/rollout' });
  const { rollout } = await answerOf(reading, rolloutAnswer);
  return rollout?.waves.some(({ failed }) => failed > 0) === true ? 1 : 0;
}

function appliedText({ result, revision, proposal, waves = [], barrier }: AppliedProposal): string {
  const name = `revision ${revisionText(revision)}`;
  if (result === 'already') {
    return `proposal ${proposal.id}: ${name} has this content already; nothing begins`;
  }
  if (result === 'started') {
    const parts = waves.map((wave) => `${wave.name} (${wave.nodes})`).join(', ');
    const begins = `proposal ${proposal.id} begins as the rollout of ${name}; waves, with their nodes: ${parts} (calico-controller rollout status)`;
    return barrier === undefined ? begins : `${begins}\nbarrier: ${barrierLine(barrier)}`;
  }
  const { confirmSeconds } = proposal.plan;
  const deadline =
    confirmSeconds === undefined
      ? ''
      : `; each node rolls it back after ${confirmSeconds} s unless somebody runs calico-controller confirm`;
  return `proposal ${proposal.id} is pushed as ${name} (calico-controller nodes)${deadline}`;
}
