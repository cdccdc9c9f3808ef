/** The result of a push as text. */
import { revisionText } from '../../core/revision/revision-text.ts';
import type { ExitStatus } from '../../runtime/cli/terminal.ts';
import type { PushAnswer } from '../../schemas/generated/controller-api/push-answer.ts';
import { groupedLines } from './grouped-lines.ts';
import { waveLines } from './rollout/rollout-text.ts';

type PushedNode = NonNullable<PushAnswer['nodes']>[number];

const missed: ReadonlySet<PushedNode['state']> = new Set([
  'failed',
  'rolling-back',
  'rolled-back',
  'replaced',
]);

export function exitStatusOf({ ended, nodes = [] }: PushAnswer): ExitStatus {
  if (ended === undefined) return 0;
  return ended === 'all' && nodes.every(({ state }) => !missed.has(state)) ? 0 : 1;
}

export function pushText(answer: PushAnswer): string {
  const { result, revision, ended, nodes = [], waves } = answer;
  const name = `revision ${revisionText(revision)}`;
  if (waves !== undefined) return [`the rollout of ${name} begins`, ...waveLines(waves)].join('\n');
  const what = result === 'accepted' ? `${name} is pushed` : `${name} has this content already`;
  if (ended === undefined) return what;
  if (ended === 'nobody') {
    return `${what}; no node is connected: it is stored, and nodes get it when they connect`;
  }
  const others = nodes.filter(({ state }) => state !== 'confirmed');
  const lines = groupedLines(others.map((node) => ({ name: node.name, text: nodeText(node) })));
  const connected = nodes.length - nodes.filter(({ state }) => state === 'away').length;
  const total = `${nodes.length - others.length} of ${connected} connected nodes confirmed it`;
  const end = [what, ...lines, `${total}${endings[ended]}`];
  return [...end, ...personLines(answer), ...rolledBackLines(nodes), ...inForceLines(answer)].join(
    '\n',
  );
}

/** `rolled back: the session to 10.0.0.2 was lost; revision controller:default#1 is in force again` */
export function nodeText({ state, message, retrying, backTo }: Omit<PushedNode, 'name'>): string {
  // An agent's own text already begins with this after a rollback.
  const why = message === undefined ? '' : `: ${message.replace(/^rolled back: /u, '')}`;
  if (state === 'rolling-back') return `rolling back${why}`;
  if (state === 'rolled-back') {
    const end = backTo === undefined ? '' : `; revision ${revisionText(backTo)} is in force again`;
    return `rolled back${why}${end}`;
  }
  return `${state}${message === undefined ? '' : `: ${message}`}${retrying === true ? ' (the agent tries again)' : ''}`;
}

/** Lines for nodes that have applied it and wait for a person. */
function personLines({ ended, nodes = [] }: PushAnswer): readonly string[] {
  const count = nodes.filter(({ state }) => state === 'applied').length;
  if (ended !== 'all' || count === 0) return [];
  const what = count === 1 ? '1 node waits' : `${count} nodes wait`;
  return [
    `${what} for you: calico-controller confirm keeps it, calico-controller rollback takes it back`,
  ];
}

function rolledBackLines(nodes: readonly PushedNode[]): readonly string[] {
  const count = nodes.filter(({ state }) => state.startsWith('roll')).length;
  if (count === 0) return [];
  return [
    `${count} ${count === 1 ? 'node' : 'nodes'} rolled back: mend what was in the way, and push again; the same content needs --retry`,
  ];
}

/** The revisions in force; none if all nodes have confirmed it. */
function inForceLines({ nodes = [], inForce = [] }: PushAnswer): readonly string[] {
  if (!nodes.some(({ state }) => missed.has(state)) || inForce.length === 0) return [];
  const parts = inForce.map(
    ({ revision, nodes: count }) =>
      `revision ${revisionText(revision)} on ${count} ${count === 1 ? 'node' : 'nodes'}`,
  );
  return [`in force now: ${parts.join(', ')}`];
}

const endings = {
  all: '',
  'time-over': '; the time to wait is over, and the others may still confirm',
  superseded: '; a newer revision came',
} as const;
