/** Reports MicroK8s' settings on this node: each value with its place, and the issues. */
import { jsonBounds } from '../../input/bounds.ts';
import { parseJson } from '../../input/parse-json.ts';
import type {
  Platform,
  PlatformProperty,
  PlatformValue,
} from '../../../schemas/generated/agent-api/platform.ts';
import { hiddenIssue, type FilePlace } from '../file-issues.ts';
import { redactText } from '../../support/redact.ts';
import { isHidden, type HiddenFile, type HostFile } from '../host-file.ts';
import { optionsOf, parseArgumentsFile, type ArgumentsFile } from '../arguments/arguments-file.ts';
import { checkArguments } from './check-arguments.ts';
import { checkCalico } from './check-calico.ts';
import { checkFlannel } from './check-flannel.ts';
import { checkPodRanges, checkServiceRanges, type SaidRange } from './check-ranges.ts';
import { checkRefresh, imageVersion } from './check-refresh.ts';
import { parseCniManifest, type CniManifest, type ManifestValue } from './cni-manifest.ts';
import { locks } from './locks.ts';
import { shownVariables } from './shown-variables.ts';

/** The path by which a user's shell reaches the snap's SNAP_DATA. */
export const snapData = '/var/snap/microk8s/current';

/** The arguments files that kubelite reads, with the options that are shown. */
export const kubeliteFiles: Readonly<Record<string, readonly string[]>> = {
  kubelet: ['cluster-dns', 'cluster-domain', 'node-ip', 'resolv-conf'],
  'kube-proxy': ['cluster-cidr', 'proxy-mode'],
  'kube-controller-manager': [
    'cluster-cidr',
    'service-cluster-ip-range',
    'allocate-node-cidrs',
    'node-cidr-mask-size',
  ],
  'kube-apiserver': ['service-cluster-ip-range'],
};

/** bash evaluates these, so they are shown in their written form. */
export const bashFiles = ['flanneld', 'containerd', 'etcd'] as const;

export interface MicroK8sInput {
  /** The revision, by the link /snap/microk8s/current. */
  readonly revision?: string | undefined;
  readonly snapYaml: HostFile;
  /** snapd's own records. */
  readonly snapdState: HostFile;
  /** The names in var/lock; undefined: it cannot be read. */
  readonly lockNames: readonly string[] | undefined;
  /** Folders that cannot be read. */
  readonly hidden: readonly HiddenFile[];
  readonly arguments: Readonly<Record<string, HostFile>>;
  readonly manifest: HostFile;
  readonly backup: HostFile;
  readonly strays: readonly string[];
}

type Report = Required<Pick<Platform, 'properties' | 'locks' | 'values' | 'issues'>>;

export function reportMicroK8s(input: MicroK8sInput): Report {
  const { lockNames, manifest, backup } = input;
  const read = Object.keys(kubeliteFiles).flatMap((name) => {
    const file = input.arguments[name];
    if (file?.state !== 'text') return [];
    return [{ name, file: file.path, content: parseArgumentsFile(file.text) }];
  });
  const cni = manifestOf(manifest);
  const [node] = cni.daemonSets;
  const flanneld = input.arguments['flanneld'];
  const files = [...Object.values(input.arguments), manifest];
  return {
    properties: propertiesOf(input, node?.image),
    locks:
      lockNames === undefined
        ? []
        : Object.entries(locks).map(([name, { set, unset }]) => {
            const isSet = lockNames.includes(name);
            return { name, isSet, meaning: isSet ? set : unset };
          }),
    values: [...calicoValues(cni), ...read.flatMap(optionValues), ...bashValues(input)],
    issues: [
      ...[...files, ...input.hidden].filter(isHidden).map(hiddenIssue),
      ...read.flatMap(({ file, content }) => checkArguments(file, content)),
      ...cni.issues,
      ...(manifest.state === 'text' ? checkCalico(manifest.path, cni) : []),
      ...checkPodRanges(poolRanges(cni), rangesOf(read, 'cluster-cidr')),
      ...checkServiceRanges(rangesOf(read.toReversed(), 'service-cluster-ip-range')),
      ...checkRefresh(cni, manifestOf(backup)),
      ...(flanneld === undefined || lockNames === undefined
        ? []
        : checkFlannel({
            flanneld,
            isLocked: lockNames.includes('no-flanneld'),
            lockFile: `${snapData}/var/lock/no-flanneld`,
            strays: input.strays,
          })),
    ],
  };
}

interface ReadArguments {
  readonly name: string;
  readonly file: string;
  readonly content: ArgumentsFile;
}

export function manifestOf(file: HostFile): CniManifest {
  return file.state === 'text'
    ? parseCniManifest(file.path, file.text)
    : { config: new Map(), daemonSets: [], issues: [] };
}

function propertiesOf(
  { revision, snapYaml, snapdState }: MicroK8sInput,
  image: ManifestValue | undefined,
): PlatformProperty[] {
  const version = lineWith(snapYaml, /^version:\s*["']?([^"'\s]+)/);
  const channel = channelOf(snapdState);
  const calico = imageVersion(image);
  return [
    ...(version === undefined ? [] : [{ name: 'version', ...version }]),
    ...(channel === undefined ? [] : [{ name: 'channel', value: channel, file: snapdState.path }]),
    ...(revision === undefined ? [] : [{ name: 'revision', value: revision }]),
    { name: 'SNAP_DATA', value: `${snapData}, unset in a shell` },
    ...(calico === undefined || image === undefined
      ? []
      : [{ name: 'Calico', value: calico, ...lineOf(image.place) }]),
  ];
}

function lineOf({ file, line }: FilePlace): { file: string; line?: number } {
  return { file, ...(line !== undefined && { line }) };
}

function lineWith(
  file: HostFile,
  form: RegExp,
): { value: string; file: string; line: number } | undefined {
  if (file.state !== 'text') return undefined;
  const lines = file.text.split('\n');
  const index = lines.findIndex((line) => form.test(line));
  const value = form.exec(lines[index] ?? '')?.[1];
  return value === undefined ? undefined : { value, file: file.path, line: index + 1 };
}

/** snapd's state also has macaroons, so only one text of it is read. */
function channelOf(file: HostFile): string | undefined {
  if (file.state !== 'text') return undefined;
  const parsed = parseJson(file.text, jsonBounds.snapdState);
  if (!parsed.ok) return undefined;
  const channel = ['data', 'snaps', 'microk8s', 'channel'].reduce<unknown>(
    (one, key) => (isRecord(one) ? one[key] : undefined),
    parsed.data,
  );
  return typeof channel === 'string' ? channel.slice(0, 64) : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function calicoValues({ config, daemonSets }: CniManifest): readonly PlatformValue[] {
  const [node] = daemonSets;
  const named = [
    ...['calico_backend', 'veth_mtu'].map((name) => [name, config.get(name)] as const),
    ...shownVariables.map((name) => [name, node?.env.get(name)] as const),
  ];
  const probes = [
    ['livenessProbe', node?.liveness],
    ['readinessProbe', node?.readiness],
  ] as const;
  return [
    ...named.flatMap(([name, value]) =>
      value === undefined ? [] : [shown(name, value.text, value.place)],
    ),
    ...probes.flatMap(([name, probe]) =>
      probe === undefined ? [] : [shown(name, probe.arguments.slice(1).join(' '), probe.place)],
    ),
  ];
}

function shown(name: string, value: string, place: FilePlace): PlatformValue {
  return { name, value, from: [{ kind: 'file', ...lineOf(place) }] };
}

/** The last one of each option counts. */
function optionValues({ name, file, content }: ReadArguments): readonly PlatformValue[] {
  const options = optionsOf(content);
  return (kubeliteFiles[name] ?? []).flatMap((option) => {
    const found = options.findLast((one) => one.name === option);
    if (found === undefined) return [];
    return [shown(`${name} --${option}`, found.value, { file, line: found.line })];
  });
}

function bashValues(input: MicroK8sInput): readonly PlatformValue[] {
  return bashFiles.flatMap((name) => {
    const file = input.arguments[name];
    if (file?.state !== 'text') return [];
    return file.text.split('\n').flatMap((line, index) => {
      const text = line.trim();
      if (text === '' || text.startsWith('#')) return [];
      return [
        shown(`${name} (bash)`, redactText(text.slice(0, 200)), {
          file: file.path,
          line: index + 1,
        }),
      ];
    });
  });
}

function poolRanges({ daemonSets }: CniManifest): readonly ManifestValue[] {
  const env = daemonSets[0]?.env;
  return ['CALICO_IPV4POOL_CIDR', 'CALICO_IPV6POOL_CIDR'].flatMap((name) => env?.get(name) ?? []);
}

function rangesOf(read: readonly ReadArguments[], option: string): readonly SaidRange[] {
  return read.flatMap(({ name, file, content }) => {
    const found = optionsOf(content).findLast((one) => one.name === option);
    if (found === undefined) return [];
    return [{ by: name, text: found.value, place: { file, line: found.line } }];
  });
}
