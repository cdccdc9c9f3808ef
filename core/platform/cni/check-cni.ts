/** Which CNI is in force on a node, whether it is complete, and the remains of an earlier one. */
import { nameSome } from '../../name-some.ts';
import type {
  PlatformIssue,
  PlatformProperty,
} from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue, hiddenIssue } from '../file-issues.ts';
import { isHidden, type HiddenFile, type HostFile } from '../host-file.ts';
import { parseConflist, type Conflist } from './conflist.ts';
import { checkFlannel, type FlannelFiles } from './check-flannel.ts';
import { checkManifestTunnels, type CalicoTunnel } from './check-tunnels.ts';
import type { HostLink } from './parse-links.ts';

/** A program of the CNI; hidden: whether it is there, and may run, is not known. */
export type FoundProgram =
  { readonly state: 'there'; readonly executable: boolean; readonly path: string } | HiddenFile;

export interface CniInput {
  readonly folder: string;
  /** The configurations in the folder, by name: containerd takes the first one. */
  readonly files: readonly HostFile[];
  /** The folders of the programs; the first folder with a program counts. */
  readonly binFolders: readonly string[];
  /** By name; absent: none of the folders has it. */
  readonly programs: ReadonlyMap<string, FoundProgram>;
  /** Undefined: the kernel cannot be asked. */
  readonly links: readonly HostLink[] | undefined;
  /** net.ipv4.ip_forward. */
  readonly forwarding: HostFile;
  /** net.ipv4.conf.NAME.forwarding of the CNI's interfaces, and net.ipv6.conf.all.forwarding if it has IPv6. */
  readonly ofInterfaces: readonly HostFile[];
  /** Absent: flannel is not in force. */
  readonly flannel?: FlannelFiles;
  /** The tunnels that Calico's manifest on this node asks for; absent: there is no manifest. */
  readonly tunnels?: readonly CalicoTunnel[];
}

interface CniReport {
  readonly properties: PlatformProperty[];
  readonly issues: PlatformIssue[];
}

export function checkCni(input: CniInput): CniReport {
  const forwarding = [
    ...checkForwarding(input.forwarding),
    ...input.ofInterfaces.flatMap(checkInterface),
  ];
  const [first, ...others] = input.files;
  if (first === undefined) return { properties: [], issues: [noCni(input.folder), ...forwarding] };
  if (isHidden(first)) return { properties: [], issues: [hiddenIssue(first), ...forwarding] };
  const parsed: ReturnType<typeof parseConflist> =
    first.state === 'text' ? parseConflist(first.text) : { ok: false, why: 'it is gone' };
  if (!parsed.ok)
    return { properties: [], issues: [unusable(first.path, parsed.why), ...forwarding] };
  const conflist = parsed.value;
  return {
    properties: [
      { name: 'CNI', value: programsText(conflist), file: first.path },
      { name: 'CNI programs', value: input.binFolders.join(', ') },
    ],
    issues: [
      ...checkPrograms(first.path, conflist, input),
      ...leftOverFiles(first.path, conflist, others),
      ...leftOverLinks(first.path, conflist, input.links),
      ...(input.flannel === undefined ? [] : checkFlannel(input.flannel, input.links)),
      ...checkManifestTunnels(conflist, input.tunnels ?? [], input.links, { file: first.path }),
      ...forwarding,
    ],
  };
}

/** Every program that a configuration calls. */
export function programsOf(files: readonly HostFile[]): readonly string[] {
  const [first] = files;
  const parsed = first?.state === 'text' ? parseConflist(first.text) : undefined;
  return parsed?.ok === true ? [...new Set([...parsed.value.plugins, ...parsed.value.ipam])] : [];
}

function programsText({ plugins, ipam }: Conflist): string {
  const addresses = ipam.length === 0 ? '' : `; addresses from ${ipam.join(', ')}`;
  return `${plugins.join(', ')}${addresses}`;
}

function noCni(folder: string): PlatformIssue {
  return fileIssue(
    'error',
    { file: folder },
    {
      code: 'cni-none',
      message:
        'there is no CNI configuration in this folder: no pod starts, and the node is not ready',
      hint: "the pod of the CNI writes it: is Calico's or flannel's pod running on this node?",
    },
  );
}

function unusable(file: string, why: string): PlatformIssue {
  return fileIssue(
    'error',
    { file },
    {
      code: 'cni-unusable',
      message: `containerd takes this configuration, the first one by name, and it cannot be used: ${why}`,
      hint: 'remove the file where it is a left-over; else restart the pod that writes it',
    },
  );
}

function checkPrograms(
  file: string,
  conflist: Conflist,
  { programs, binFolders }: CniInput,
): readonly PlatformIssue[] {
  const names = [...new Set([...conflist.plugins, ...conflist.ipam])];
  const missing = names.filter((name) => !programs.has(name));
  const broken = names.flatMap((name) => {
    const program = programs.get(name);
    return program?.state === 'there' && !program.executable ? [program.path] : [];
  });
  const unknown = names.flatMap((name) => {
    const program = programs.get(name);
    return program?.state === 'unreadable' ? [hiddenIssue(program)] : [];
  });
  return [
    ...(missing.length === 0
      ? []
      : [
          fileIssue(
            'error',
            { file },
            {
              code: 'cni-program-missing',
              message: `it calls ${nameSome(missing)}, and ${binFolders.join(', ')} has no such program: no pod starts`,
              hint: 'restart the pod of the CNI, whose first container installs its programs',
            },
          ),
        ]),
    ...unknown,
    ...broken.map((path) =>
      fileIssue(
        'error',
        { file: path },
        {
          code: 'cni-program-not-executable',
          message: 'the CNI calls this program, and it is not executable: no pod starts',
          hint: `chmod 0755 ${path}`,
        },
      ),
    ),
  ];
}

function isMultus({ plugins }: Conflist): boolean {
  return plugins.some((plugin) => plugin.startsWith('multus'));
}

function leftOverFiles(
  inForce: string,
  conflist: Conflist,
  others: readonly HostFile[],
): readonly PlatformIssue[] {
  if (isMultus(conflist)) return [];
  return others.map(({ path }) =>
    fileIssue(
      'warning',
      { file: path },
      {
        code: 'cni-left-over-file',
        message: `it does not count: ${inForce} comes before it by name`,
        hint: `remove it where its CNI is gone; else it comes into force the moment ${inForce} is removed`,
      },
    ),
  );
}

const interfaces = {
  flannel: /^(?:flannel\.\d+|flannel-v6\.\d+|flannel-wg(?:-v6)?|cni0)$/,
  calico: /^(?:vxlan(?:-v6)?\.calico|wireguard\.cali|wg-v6\.cali|tunl0|cali[0-9a-f]{11})$/,
};

function leftOverLinks(
  file: string,
  conflist: Conflist,
  links: readonly HostLink[] | undefined,
): readonly PlatformIssue[] {
  const earlier = earlierCni(conflist);
  if (links === undefined || earlier === undefined) return [];
  // The kernel makes a tunl0 that is down as soon as its module is loaded.
  const left = links.filter(
    ({ name, isUp }) => interfaces[earlier].test(name) && (name !== 'tunl0' || isUp),
  );
  if (left.length === 0) return [];
  const names = nameSome(left.map(({ name }) => name));
  return [
    fileIssue(
      'warning',
      { file },
      {
        code: 'cni-left-over-interface',
        message: `this node has interfaces of ${earlier}, and another CNI is in force: ${names}`,
        hint: `pods that were not recreated still use them; a reboot takes them away, or calico-agent platform clean ${earlier}`,
      },
    ),
  ];
}

function earlierCni(conflist: Conflist): 'flannel' | 'calico' | undefined {
  const { plugins, ipam } = conflist;
  if (plugins.includes('flannel')) return 'calico';
  // Calico with the addresses of host-local is Canal, which needs flannel.
  return plugins.includes('calico') && !ipam.includes('host-local') ? 'flannel' : undefined;
}

function checkForwarding(file: HostFile): readonly PlatformIssue[] {
  if (file.state !== 'text' || file.text.trim() !== '0') return [];
  return [
    fileIssue(
      'error',
      { file: file.path },
      {
        code: 'forwarding-off',
        message: 'net.ipv4.ip_forward is 0: this node forwards nothing to or from pods',
        hint: 'sysctl -w net.ipv4.ip_forward=1, and the same in a file /etc/sysctl.d/*.conf',
      },
    ),
  ];
}

/** Interfaces of CNIs between which the kernel forwards. */
export const forwardingLinks =
  /^(?:cni0|flannel(?:-v6)?\.\d+|flannel-wg(?:-v6)?|vxlan(?:-v6)?\.calico|wireguard\.cali)$/;

/** The kernel sets it for all interfaces together, and somebody may have set one of them alone. */
function checkInterface(file: HostFile): readonly PlatformIssue[] {
  if (file.state !== 'text' || file.text.trim() !== '0') return [];
  const name = file.path.replace('/proc/sys/', '');
  const message = `${name} is 0: this node forwards nothing that comes from there`;
  const hint = `sysctl -w ${name}=1`;
  return [fileIssue('error', { file: file.path }, { code: 'cni-forwarding-off', message, hint })];
}
