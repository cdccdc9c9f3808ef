/** Reports K3s' settings on this node: each value with its place, and the issues. */
import { parseJson } from '../../input/parse-json.ts';
import { jsonBounds } from '../../input/bounds.ts';
import type {
  PlatformIssue,
  PlatformProperty,
  PlatformValue,
} from '../../../schemas/generated/agent-api/platform.ts';
import { parseConflist } from '../cni/conflist.ts';
import { fileIssue, hiddenIssue } from '../file-issues.ts';
import { isHidden, type HiddenFile, type HostFile } from '../host-file.ts';
import { isReadable } from '../host-paths.ts';
import type { FirstStart } from './desired/first-start.ts';
import { checkFlags, checkReplaced, checkStrays } from './check-flags.ts';
import { checkNetwork, type LivingNode } from './check-network.ts';
import { checkVariables } from './check-variables.ts';
import { readGiven } from './given-flags.ts';
import { shownValues } from './merge.ts';
import type { K3sService } from './service.ts';

export interface K3sInput {
  readonly role: 'server' | 'agent';
  readonly service: K3sService;
  /** In the order in which K3s reads them. */
  readonly configFiles: readonly HostFile[];
  /** Units, files of variables and folders that cannot be read. */
  readonly hidden: readonly HiddenFile[];
  /** Folders of the CNI that cannot be read: whether Calico is installed is not known. */
  readonly hiddenCni?: readonly HiddenFile[];
  /** The path of the main file. */
  readonly configPath: string;
  readonly version?: string | undefined;
  /** net-conf.json, which K3s writes for flannel. */
  readonly flannel: HostFile;
  /** The conflist of Calico, where there is one. */
  readonly calico?: HostFile;
  /** The unit that starts K3s. */
  readonly unit: 'k3s' | 'k3s-agent';
  readonly firstStart: FirstStart;
}

interface K3sReport {
  readonly properties: PlatformProperty[];
  readonly values: PlatformValue[];
  readonly issues: PlatformIssue[];
}

export function reportK3s(input: K3sInput): K3sReport {
  const { role, service, configFiles, version } = input;
  const { parsed, files, given } = readGiven(input);
  return {
    properties: [
      { name: 'role', value: role },
      ...(version === undefined
        ? []
        : [{ name: 'version', value: version.replace(/^k3s version /, '') }]),
      ...configFiles.flatMap((file): PlatformProperty[] =>
        file.state === 'text' ? [{ name: 'configuration', value: file.path, file: file.path }] : [],
      ),
    ],
    values: shownValues(given, role),
    issues: [
      ...service.issues,
      ...configPathIssues(input),
      ...[...configFiles, ...input.hidden, ...(input.hiddenCni ?? []), input.flannel]
        .filter(isHidden)
        .map(hiddenIssue),
      ...parsed.flatMap(({ issues }) => issues),
      ...checkReplaced(files),
      ...checkStrays(service),
      ...checkVariables(service.variables),
      ...checkFlags(given, role),
      ...(role === 'server' ? checkNetwork(given, livingNode(input)) : []),
    ],
  };
}

/** No file of the host may make the agent read a path outside of its list. */
function configPathIssues({ configPath, configFiles }: K3sInput): readonly PlatformIssue[] {
  const [main] = configFiles;
  if (isReadable(configPath)) {
    if (main?.state !== 'absent' || configPath === usualConfig || configFiles.length > 1) return [];
    const message =
      'K3s is told to read this file, and it is not there: releases before 1.30 do not start, later ones start without it';
    return [fileIssue('error', { file: configPath }, { code: 'k3s-config-missing', message })];
  }
  const message =
    'K3s reads its configuration there, in a folder that the agent does not read: the values below lack it';
  const hint = `move it to ${usualConfig}, or to another file below /etc/rancher`;
  return [
    fileIssue('warning', { file: configPath }, { code: 'k3s-config-elsewhere', message, hint }),
  ];
}

export const usualConfig = '/etc/rancher/k3s/config.yaml';

function livingNode({ version, flannel, calico }: K3sInput): LivingNode {
  const living = livingFlannel(flannel);
  return {
    version,
    ...(living !== undefined && { flannel: living }),
    ...(calico !== undefined && { calico: calico.path, ...forwardingOf(calico) }),
  };
}

function forwardingOf(file: HostFile): { readonly allowsForwarding?: boolean } {
  const parsed = file.state === 'text' ? parseConflist(file.text) : undefined;
  const allows = parsed?.ok === true ? parsed.value.allowsForwarding : undefined;
  return allows === undefined ? {} : { allowsForwarding: allows };
}

export function livingFlannel(file: HostFile): LivingNode['flannel'] {
  if (file.state !== 'text') return undefined;
  const parsed = parseJson(file.text, jsonBounds.flannelConfig);
  if (!parsed.ok || !isRecord(parsed.data)) return undefined;
  const { Network, IPv6Network, Backend } = parsed.data;
  const backend = isRecord(Backend) ? Backend['Type'] : undefined;
  return {
    file: file.path,
    networks: [Network, IPv6Network].filter(isText).filter((network) => !unused.has(network)),
    ...(isText(backend) && { backend: backendNames[backend] ?? backend }),
  };
}

/** For a family that is not in use. Source: k3s pkg/agent/flannel/setup.go, createFlannelConf. */
const unused: ReadonlySet<string> = new Set(['0.0.0.0/0', '::/0', '']);

/** Flannel's own names that differ from those of K3s. */
const backendNames: Readonly<Record<string, string>> = { wireguard: 'wireguard-native' };

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
