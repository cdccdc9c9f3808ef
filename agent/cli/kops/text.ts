/** The texts that the commands of `calico-agent kops` print for people. */
import type { JudgedCluster } from '../../../core/kops/document/facts.ts';
import { providerOf } from '../../../core/kops/document/facts.ts';
import { unsetField } from '../../../core/kops/living/difference.ts';
import type { ExplainedCluster } from '../../../core/kops/explain/explain-cluster.ts';
import type { KopsTarget } from '../../../core/kops/versions.ts';
import { formatTable } from '../../../runtime/cli/table.ts';

/** `test.example.com, Calico, kops 1.28 (as Kubernetes), Kubernetes 1.28` */
export function describeCluster(cluster: JudgedCluster): string {
  const { name = 'a cluster', target } = cluster;
  const provider = providerOf(cluster)?.provider.title;
  return [name, ...(provider === undefined ? [] : [provider]), targetText(target)].join(', ');
}

function targetText({ kops, kopsIs, kubernetes, kubernetesIs }: KopsTarget): string {
  const why = kopsIs === 'assumed' ? ' (assumed; name yours with --kops-version)' : '';
  const from = kubernetesIs === 'assumed' ? ' (assumed)' : '';
  return `kops 1.${kops}${why}, Kubernetes 1.${kubernetes}${from}`;
}

export function explainText(explained: ExplainedCluster): string {
  return [
    ...headLines(explained),
    ...section(
      'Values',
      formatTable(
        ['SETTING', 'VALUE', 'FROM', 'MEANING'],
        explained.values.map(({ path, value, from, line, about = '' }) => [
          path,
          value,
          from === 'default' ? 'default' : line === undefined ? 'document' : `line ${line}`,
          about,
        ]),
      ).split('\n'),
    ),
    ...section('Needed beside the document', explained.needs.flatMap(needLines)),
    ...section('Change of the provider', changeLines(explained)),
    ...section(
      'Run next',
      explained.commands.flatMap(({ command, effect }) => [command, `    ${effect}`]),
    ),
    ...liveSections(explained),
    ...section('kops does not change', explained.objects.flatMap(objectLines)),
    ...section('The same with kops create cluster', createLines(explained)),
  ].join('\n');
}

function headLines({ name, apiVersion, cloud, provider, target }: ExplainedCluster): string[] {
  const heads = [
    ['cluster', name ?? '(no name)'],
    ['document', `kops.k8s.io/${apiVersion}`],
    ['versions', targetText(target)],
    ['cloud', cloud ?? '(not named)'],
    ['provider', provider === undefined ? 'none' : `${provider.title}: ${provider.about}`],
    ...(provider?.isSupported === false ? [['', 'kops refuses it with these versions']] : []),
  ];
  return heads.map(([title = '', value = '']) => `${title.padEnd(8)}  ${value}`);
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
}

function needLines({ what, text, paste }: ExplainedCluster['needs'][number]): readonly string[] {
  return [`${what}: ${text}`, ...(paste ?? []).map(indented)];
}

function changeLines({ change }: ExplainedCluster): readonly string[] {
  if (change === undefined) return [];
  const { from, to, transition } = change;
  return [
    `${from} → ${to}: ${transition.effect}`,
    ...transition.steps.map((step, index) => `${index + 1}. ${step}`),
    ...transition.limits.map((limit) => `limit: ${limit}`),
  ];
}

function objectLines({
  object,
  why,
  commands,
}: ExplainedCluster['objects'][number]): readonly string[] {
  return [`${object}: ${why}`, ...commands.map(indented)];
}

function liveSections({ live }: ExplainedCluster): readonly string[] {
  if (live === undefined) return [];
  const { differences, notCompared, steps } = live;
  const same =
    notCompared.length === 0
      ? 'none: the cluster is as the document says'
      : 'none in what could be read';
  return [
    ...section(
      'Differences with the running cluster',
      differences.length === 0 ? [same] : differences.flatMap(differenceLines),
    ),
    ...section(
      'Not known',
      notCompared.map(({ what, why }) => `${what}: ${why}`),
    ),
    ...section(
      'Bring them together, in this order',
      steps.flatMap(({ title, why, commands }, index) => [
        `${String(index + 1)}. ${title}`,
        `    ${why}`,
        ...commands.map(indented),
      ]),
    ),
  ];
}

type Difference = NonNullable<ExplainedCluster['live']>['differences'][number];

function differenceLines(one: Difference): readonly string[] {
  const { line, column } = one.place;
  const place =
    one.from === 'default'
      ? 'default'
      : line === undefined
        ? 'document'
        : `line ${String(line)}, column ${String(column ?? 1)}`;
  return [
    `${one.setting}: ${one.wanted} (${place})`,
    one.field === unsetField
      ? `    ${one.object} does not set it: Calico's own ${one.found} counts`
      : `    ${one.object}, ${one.field}: ${one.found}`,
    `    ${one.wins === 'document' ? 'kops writes the document’s' : 'the cluster keeps its own'}: ${one.why}`,
  ];
}

function createLines({ create }: ExplainedCluster): readonly string[] {
  if (create === undefined) return [];
  const left = create.left.map((path) => `no flag sets ${path}: edit the document afterwards`);
  return [create.words.map(shellWord).join(' '), ...left];
}

/** A word of a shell, in quotes where it needs them. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function indented(line: string): string {
  return `  ${line}`;
}
