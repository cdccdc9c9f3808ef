/** Gathers what makes up the CNI of a node: the folder and the programs of its platform, and the interfaces. */
import {
  checkCni,
  forwardingLinks,
  programsOf,
  type FoundProgram,
} from '../../../core/platform/cni/check-cni.ts';
import {
  checkRules,
  mayHaveLeftRules,
  type FilterRules,
} from '../../../core/platform/cni/check-rules.ts';
import { tunnelsOfManifest } from '../../../core/platform/cni/check-tunnels.ts';
import type { FlannelFiles } from '../../../core/platform/cni/check-flannel.ts';
import type { HostLink } from '../../../core/platform/cni/parse-links.ts';
import { isConflistName } from '../../../core/platform/cni/conflist.ts';
import { hiddenIssue } from '../../../core/platform/file-issues.ts';
import type { HiddenFile, HostFile } from '../../../core/platform/host-file.ts';
import { snapData } from '../../../core/platform/microk8s/report-microk8s.ts';
import type { Platform, PlatformValue } from '../../../schemas/generated/agent-api/platform.ts';
import type { HostFiles } from '../../ports/platform/host-files.ts';
import type { PlatformDeps } from './platform-deps.ts';

interface CniFolders {
  readonly folder: string;
  readonly binFolders: readonly string[];
}

const usual: CniFolders = { folder: '/etc/cni/net.d', binFolders: ['/opt/cni/bin'] };
const ofMicroK8s: CniFolders = {
  folder: `${snapData}/args/cni-network`,
  binFolders: [`${snapData}/opt/cni/bin`],
};
const k3sData = '/var/lib/rancher/k3s';
/** data/cni came with 1.31. */
const ofK3s: CniFolders = {
  folder: `${k3sData}/agent/etc/cni/net.d`,
  binFolders: [`${k3sData}/data/cni`, `${k3sData}/data/current/bin`],
};

type ReadCni = ReturnType<typeof checkCni> & {
  /** The programs of the configuration in force; empty: there is none, or it is not known. */
  readonly plugins: readonly string[];
};

/** @param report the platform with its own properties and values */
export async function readCni(
  { files, programs }: PlatformDeps,
  report: Pick<Platform, 'platform' | 'properties' | 'values'>,
): Promise<ReadCni> {
  const { platform, values } = report;
  const deps = { files, programs };
  const { folders, files: read, hidden } = await readConflists(deps, platform, values);
  if (hidden !== undefined) return { properties: [], issues: [hiddenIssue(hidden)], plugins: [] };
  if (folders === undefined) return { properties: [], issues: [], plugins: [] };
  const { folder, binFolders } = folders;
  const links = await programs.links();
  const plugins = programsOf(read);
  const rules = mayHaveLeftRules(report, plugins)
    ? checkRules(report, await readRules(programs))
    : [];
  const found = plugins.map(
    async (name) => [name, await findProgram(files, binFolders, name)] as const,
  );
  const { properties, issues } = checkCni({
    folder,
    files: read,
    binFolders,
    programs: new Map(
      (await Promise.all(found)).flatMap(([name, program]) =>
        program === undefined ? [] : [[name, program] as const],
      ),
    ),
    links,
    forwarding: await files.read('/proc/sys/net/ipv4/ip_forward'),
    ofInterfaces: await Promise.all(forwardingPaths(links).map((path) => files.read(path))),
    ...(plugins.includes('flannel') && { flannel: await readFlannel(files, platform) }),
    ...(platform === 'microk8s' && { tunnels: tunnelsOfManifest(values) }),
  });
  return { properties, issues: [...issues, ...rules], plugins };
}

async function readRules(programs: PlatformDeps['programs']): Promise<FilterRules> {
  const [ipv4, ipv6] = await Promise.all([
    programs.filterRules('ipv4'),
    programs.filterRules('ipv6'),
  ]);
  return { ipv4, ipv6 };
}

function forwardingPaths(links: readonly HostLink[] = []): readonly string[] {
  const names = links.map(({ name }) => name).filter((name) => forwardingLinks.test(name));
  const hasIpv6 = names.some((name) => name.includes('-v6'));
  return [
    ...names.map((name) => `/proc/sys/net/ipv4/conf/${name}/forwarding`),
    ...(hasIpv6 ? ['/proc/sys/net/ipv6/conf/all/forwarding'] : []),
  ];
}

/** Other platforms have flannel's network in a ConfigMap. */
async function readFlannel(
  files: HostFiles,
  platform: Platform['platform'],
): Promise<FlannelFiles> {
  const run = platform === 'microk8s' ? '/var/snap/microk8s/common/run' : '/run';
  const subnet = await files.read(`${run}/flannel/subnet.env`);
  const network = {
    k3s: `${k3sData}/agent/etc/flannel/net-conf.json`,
    microk8s: `${snapData}/args/flannel-network-mgr-config`,
  };
  if (platform !== 'k3s' && platform !== 'microk8s') return { subnet };
  return { subnet, network: await files.read(network[platform]) };
}

interface ReadConflists {
  /** Undefined: this node has none, or they are not known. */
  readonly folders?: CniFolders | undefined;
  /** In the order of their names: the first one counts. */
  readonly files: readonly HostFile[];
  readonly hidden?: HiddenFile | undefined;
}

export async function readConflists(
  deps: Pick<PlatformDeps, 'files' | 'programs'>,
  platform: Platform['platform'],
  values: readonly PlatformValue[],
): Promise<ReadConflists> {
  const { folders, hidden: unknown } = await foldersOf(deps, platform, values);
  if (folders === undefined) return { files: [], hidden: unknown };
  const { files } = deps;
  const { names, hidden } = await files.list(folders.folder);
  const paths = names.filter(isConflistName).map((name) => `${folders.folder}/${name}`);
  return { folders, files: await Promise.all(paths.map((path) => files.read(path))), hidden };
}

async function foldersOf(
  deps: Pick<PlatformDeps, 'files' | 'programs'>,
  platform: Platform['platform'],
  values: readonly PlatformValue[],
): Promise<Pick<ReadConflists, 'folders' | 'hidden'>> {
  if (platform === 'none') return {};
  if (platform === 'microk8s') return { folders: ofMicroK8s };
  if (platform !== 'k3s') return { folders: usual };
  const valueOf = (name: string): string | undefined =>
    values.find((value) => value.name === name)?.value;
  // Elsewhere than at its usual place the agent does not read K3s' data.
  if (valueOf('data-dir') !== k3sData) return {};
  const backend = valueOf('flannel-backend');
  if (backend !== undefined) return { folders: backend === 'none' ? usual : ofK3s };
  return foldersOfAgent(deps);
}

/** A K3s agent learns the backend from its server. K3s leaves its file where flannel is not to run any more. */
async function foldersOfAgent({
  files,
  programs,
}: Pick<PlatformDeps, 'files' | 'programs'>): Promise<Pick<ReadConflists, 'folders' | 'hidden'>> {
  const [own, others] = await Promise.all([files.list(ofK3s.folder), files.list(usual.folder)]);
  const hidden = own.hidden ?? others.hidden;
  if (hidden !== undefined) return { hidden };
  if (!own.names.some(isConflistName)) return { folders: usual };
  if (!others.names.some(isConflistName)) return { folders: ofK3s };
  const links = await programs.links();
  const runs = links?.some(({ name }) => /^(?:flannel[.-].+|cni0)$/.test(name)) ?? true;
  return { folders: runs ? ofK3s : usual };
}

async function findProgram(
  files: HostFiles,
  folders: readonly string[],
  name: string,
): Promise<FoundProgram | undefined> {
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    const entry = await files.entry(path);
    if (entry.state === 'unreadable') return entry;
    if (entry.state === 'there') return { state: 'there', executable: entry.executable, path };
  }
  return undefined;
}
