/** calico-agent adopt: takes over objects that the charm, calicoctl or a person made with the same meaning. */
import { counted } from '../../../runtime/cli/issue-report.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import { previewed, surveyTimeoutMs } from '../daemon/agent-client.ts';
import type { AdoptableObjects } from '../../../schemas/generated/agent-api/adoptable-objects.ts';
import { adoptableAnswer } from '../daemon/answers.ts';

type AdoptableObject = AdoptableObjects['objects'][number];

export const addAdopt = previewed({
  name: 'adopt',
  summary: 'take over objects that somebody else made with the same meaning',
  description:
    'Shows the objects in the datastore that mean the same as the accepted configuration and that ' +
    'the charm, calicoctl or a person made; with --yes the agent takes them over. No session ' +
    'drops: an object keeps its name, or the agent writes its own object before it deletes the ' +
    'old one.',
  examples: [
    ['which objects, and what will the agent do with each?', 'calico-agent adopt'],
    ['take them over', 'calico-agent adopt --yes'],
  ],
  yes: 'take them over',
  preview: '/v1/adoptable',
  change: '/v1/adopt',
  timeoutMs: surveyTimeoutMs,
  answer: adoptableAnswer,
  text: adoptText,
});

function adoptText({ objects }: AdoptableObjects, isDone: boolean): string {
  if (objects.length === 0) return 'nothing to adopt';
  const heading = ['OBJECT', 'STANDS FOR', 'WHAT BECOMES OF IT', 'MADE BY'];
  const rows = objects.map((object) => [
    `${object.kind} ${object.name}`,
    object.standsFor,
    fates[object.fate],
    makersOf(object),
  ]);
  const end = isDone
    ? takenOver(objects)
    : 'nothing is changed yet: calico-agent adopt --yes takes over all of them';
  return `${formatTable(heading, rows)}\n${end}`;
}

/**
 * The result of an adoption. The marks are written; the next pass replaces objects with the agent's
 * own.
 */
function takenOver(objects: readonly AdoptableObject[]): string {
  const replaced = objects.filter(({ fate }) => fate === 'replaced').length;
  const end = `${counted(objects.length, 'object')} taken over`;
  return replaced === 0
    ? end
    : `${end}; the agent replaces ${String(replaced)} of them next: calico-agent status`;
}

const fates: Readonly<Record<AdoptableObject['fate'], string>> = {
  stays: 'stays, with our marks',
  replaced: 'replaced by ours',
};

function makersOf({ writers }: Pick<AdoptableObject, 'writers'>): string {
  const names = [...new Set(writers.map(({ manager }) => manager))];
  return names.length === 0 ? 'not known' : names.join(', ');
}
