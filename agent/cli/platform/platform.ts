/** calico-agent platform: what this node is, and where its network settings come from. */
import { formatIssue } from '../../../core/issue-text.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { Platform, PlatformValue } from '../../../schemas/generated/agent-api/platform.ts';
import { reading } from '../daemon/agent-client.ts';
import type { AddAgentCommand } from '../command-context.ts';
import { platformAnswer } from '../daemon/answers.ts';
import { addClean } from './clean.ts';

const addReading = reading({
  name: 'platform',
  summary: 'show which Kubernetes this node runs, and where its settings come from',
  description:
    'Shows whether this node is one of MicroK8s, K3s, kops, Charmed Kubernetes or kubeadm, and which ' +
    'files say so. For MicroK8s and K3s it then shows the network settings in force, each with the file ' +
    'and line that it comes from, and what is wrong with them. Changes nothing: a section k3s: or ' +
    'microk8s: of a configuration does. Works without a running daemon, as root: other users ' +
    'cannot read everything.',
  examples: [
    ['what is this node?', 'calico-agent platform'],
    ['where does the pod range come from?', 'calico-agent platform | grep cluster-cidr'],
    ['what is wrong, for a script', "calico-agent platform -o json | jq '.issues'"],
    ['what did flannel leave?', 'sudo calico-agent platform clean flannel'],
  ],
  path: '/v1/platform',
  answer: platformAnswer,
  text: platformText,
  withoutDaemon: (_options, context) => context.readPlatform(),
});

export const addPlatform: AddAgentCommand = (program, context, toAction) => {
  addReading(program, context, toAction);
  const platform = program.commands.find((command) => command.name() === 'platform');
  if (platform !== undefined) addClean(platform, context, toAction);
};

const noneText = 'none of MicroK8s, K3s, kops, Charmed Kubernetes and kubeadm';

export function platformText(answer: Platform): string {
  const { platform, because, also, properties, locks = [], values, issues } = answer;
  const heads: (readonly [string, string])[] = [
    ['platform', platform === 'none' ? noneText : platform],
    ...because.map(({ file, says }) => ['because of', `${file}: ${says}`] as const),
    ...also.flatMap((other) =>
      other.because.map(
        ({ file, says }) => ['beside it', `${other.platform}: ${file}: ${says}`] as const,
      ),
    ),
    ...properties.map(({ name, value, file, line }) => {
      const place = file === undefined || file === value ? '' : ` (${placeText(file, line)})`;
      return [name, `${value}${place}`] as const;
    }),
  ];
  const width = Math.max(...heads.map(([name]) => name.length));
  const head = heads.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const lockRows = locks.map(({ name, isSet, meaning }) => [name, isSet ? 'set' : '-', meaning]);
  return [
    ...head,
    ...section(['LOCK', 'STATE', 'MEANING'], lockRows),
    ...section(['SETTING', 'VALUE', 'FROM'], values.map(valueRow)),
    ...(issues.length > 0 ? [''] : []),
    ...issues.map(({ file = platform, ...issue }) => formatIssue({ ...issue, pointer: '' }, file)),
  ].join('\n');
}

function section(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', formatTable(heading, rows)];
}

function valueRow({ name, value, from }: PlatformValue): readonly string[] {
  const places = from.map(({ kind, file, line }) =>
    file === undefined ? kind : placeText(file, line),
  );
  return [name, value, places.join(', ')];
}

function placeText(file: string, line: number | undefined): string {
  return line === undefined ? file : `${file}:${String(line)}`;
}
