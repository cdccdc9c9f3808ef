/** calico-agent release: takes the agent's marks off its objects, and leaves the objects as they are. */
import { counted } from '../../../runtime/cli/issue-report.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import { previewed, surveyTimeoutMs } from '../daemon/agent-client.ts';
import type { Released } from '../../../schemas/generated/agent-api/released.ts';
import { ownedAnswer, releasedAnswer } from '../daemon/answers.ts';

/** `left` only after the release: the objects that still carry our marks. */
type OwnedOrReleased = Pick<Released, 'objects'> & Partial<Released>;

export const addRelease = previewed<OwnedOrReleased>({
  name: 'release',
  summary: "take the agent's marks off its objects; the objects stay",
  description:
    "Shows the objects that carry the agent's marks; with --yes the agent takes the marks off and " +
    'forgets the configuration. Nothing is deleted and no session drops; afterwards whoever edits ' +
    'the objects owns them.',
  examples: [
    ['which objects?', 'calico-agent release'],
    ['before the agent is uninstalled', 'calico-agent release --yes'],
  ],
  yes: 'take the marks off',
  preview: '/v1/owned',
  change: '/v1/release',
  timeoutMs: surveyTimeoutMs,
  answer: ownedAnswer,
  changed: releasedAnswer,
  text: releaseText,
});

function releaseText({ objects, left = [] }: OwnedOrReleased, isDone: boolean): string {
  if (!isDone && objects.length === 0) return 'nothing carries our marks';
  return [
    ...(objects.length === 0 ? [] : [objectTable(objects)]),
    isDone
      ? `${counted(objects.length, 'object')} released; the configuration is forgotten`
      : 'nothing is changed yet: calico-agent release --yes releases all of them',
    ...(left.length === 0
      ? []
      : [
          objectTable(left),
          `${counted(left.length, 'object')} still marked as ours: this agent may not write them; release them where the agent that holds the writer lease runs`,
        ]),
  ].join('\n');
}

function objectTable(objects: Released['objects']): string {
  const rows = objects.map(({ kind, name, scope }) => [`${kind} ${name}`, scope]);
  return formatTable(['OBJECT', 'SCOPE'], rows);
}
