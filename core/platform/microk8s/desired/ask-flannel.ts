/**
 * flannel with the Kubernetes store. Source: the document of MicroK8s, and canonical/microk8s
 * microk8s-resources/wrappers/run-flanneld-with-args and run-containerd-with-args, which need more than it says.
 */
import type { MicroK8sSettings } from '../../../config/platform/microk8s-settings.ts';
import { issueAt } from '../../../findings.ts';
import type { Issue, Place } from '../../../issue.ts';
import type { ManualStep } from '../../manual-step.ts';
import type { ArgumentsEdit, FileEdit } from '../../edit/file-edit.ts';
import { snapData, type MicroK8sInput } from '../report-microk8s.ts';
import { editOf, unusableArguments } from './ask-ranges.ts';
import { reasonOf } from './calico-setting.ts';

export interface AskedFlannel {
  readonly files: readonly FileEdit[];
  readonly manual: readonly ManualStep[];
  readonly issues: readonly Issue[];
}

const snapCommon = '/var/snap/microk8s/common';

/** Paths in full: they mean the same to bash, and to people whose shell has no SNAP_DATA. */
const flanneldOptions: readonly (readonly [string, string])[] = [
  ['subnet-file', `${snapCommon}/run/flannel/subnet.env`],
  ['ip-masq', 'true'],
  ['kube-subnet-mgr', 'true'],
  ['kubeconfig-file', `${snapData}/credentials/kubelet.config`],
  ['net-config-path', `${snapData}/args/flannel-network-mgr-config`],
];
/** The wrapper looks for these words, waits for etcd, and writes flannel's network there. */
const etcdOptions = ['etcd-endpoints', 'etcd-cafile', 'etcd-certfile', 'etcd-keyfile'];

export function askFlannel(
  { cni, podCidr, place }: MicroK8sSettings,
  input: MicroK8sInput,
): AskedFlannel {
  const at = cni?.place ?? place;
  const issues = [
    ...checkLocks(input, at),
    ...checkVersion(input, at),
    ...unusableArguments(input.arguments['kube-controller-manager'], at),
    ...unusableArguments(input.arguments['flanneld'], at),
    ...etcdInComments(input, at),
  ];
  const range = podCidr?.value[0]?.value.cidr;
  if (range === undefined || issues.length > 0) return { files: [], manual: [], issues };
  const reasons = reasonOf('cni', at);
  const whole = (name: string, text: string): FileEdit => {
    return { form: 'whole', path: `${snapData}/args/${name}`, text, foreign: 'replace', reasons };
  };
  const files = [
    editOf(input.arguments, 'kube-controller-manager', 'cluster-cidr', range, reasons),
    editOf(input.arguments, 'kube-controller-manager', 'allocate-node-cidrs', 'true', reasons),
    ...etcdOptions.map((option) => withoutOption(input, option, reasons)),
    ...flanneldOptions.map(([option, value]) =>
      editOf(input.arguments, 'flanneld', option, value, reasons),
    ),
    // bash reads this file. Kubernetes' node names are in lower case, and hostnames may not be.
    whole('flanneld-env', 'NODE_NAME=$(hostname | tr A-Z a-z)\n'),
    whole('flannel-network-mgr-config', `${flannelNetwork(range)}\n`),
  ].flatMap((edit) => edit ?? []);
  return { files, manual: isSwitched(input) ? [] : switchSteps(), issues: [] };
}

function flannelNetwork(range: string): string {
  return `{"Network": "${range}", "Backend": {"Type": "vxlan"}}`;
}

function withoutOption(
  input: MicroK8sInput,
  option: string,
  reasons: ArgumentsEdit['reasons'],
): ArgumentsEdit | undefined {
  const path = input.arguments['flanneld']?.path;
  if (path === undefined) return undefined;
  return { form: 'arguments', path, option, values: [], reasons };
}

function checkVersion({ snapYaml }: MicroK8sInput, place: Place): readonly Issue[] {
  if (snapYaml.state !== 'text') return [];
  const [, major = '0', minor = '0'] = /^version:\s*["']?v?(\d+)\.(\d+)/m.exec(snapYaml.text) ?? [];
  if (Number(major) > 1 || Number(minor) >= 27 || major === '0') return [];
  const message = `flannel with the Kubernetes store exists from MicroK8s 1.27, and this is ${major}.${minor}`;
  return [issueAt(place, 'error', 'microk8s-flannel-version', message)];
}

/** Whether flanneld may start is not known. */
function checkLocks({ lockNames, hidden }: MicroK8sInput, place: Place): readonly Issue[] {
  if (lockNames !== undefined) return [];
  const folder = `${snapData}/var/lock`;
  const why = hidden.find(({ path }) => path === folder)?.why ?? 'its names are not known';
  const message = `cannot say which CNI this node has: ${folder} cannot be read: ${why}`;
  return [issueAt(place, 'error', 'microk8s-locks-unreadable', message)];
}

/** The wrapper's grep finds comments as well. */
function etcdInComments({ arguments: files }: MicroK8sInput, place: Place): readonly Issue[] {
  const file = files['flanneld'];
  if (file?.state !== 'text') return [];
  return file.text.split('\n').flatMap((line, index) => {
    if (!/^\s*#.*etcd-(?:endpoints|cafile|certfile|keyfile)/.test(line)) return [];
    const message = `cannot use ${file.path}: the comment in line ${String(index + 1)} names an option of etcd, and the wrapper of flanneld finds it there too`;
    return [issueAt(place, 'error', 'microk8s-flannel-etcd', message, 'remove this comment')];
  });
}

/** Calico's manifest is gone, and flanneld may start. */
function isSwitched({ lockNames, manifest }: MicroK8sInput): boolean {
  return lockNames?.includes('no-flanneld') === false && manifest.state === 'absent';
}

const network = `${snapData}/args/cni-network`;

/** In this order: the manifest is needed to delete what it made, and containerd writes flannel's configuration. */
function switchSteps(): readonly ManualStep[] {
  return [
    {
      isOnce: true,
      title: 'take Calico away, once, on one node',
      why: 'all nodes have the files above and kubelite has read them; with the lock cni-loaded nothing applies Calico again',
      commands: [
        `touch ${snapData}/var/lock/cni-loaded`,
        `microk8s kubectl delete --ignore-not-found -f ${network}/cni.yaml`,
      ],
    },
    {
      title: 'let flannel start, on each node, one after the other',
      why: 'multus owns files in cni-network that stay; SNAP_DATA is unset in a shell, so the paths are written out',
      commands: [
        `touch ${snapData}/var/lock/cni-loaded`,
        // The only cni.yaml is there, which the way back needs.
        `mkdir -p ${network}.before`,
        `find ${network} -mindepth 1 -maxdepth 1 ! -name '*multus*' -exec mv --backup=numbered -t ${network}.before -- {} +`,
        `rm -f ${snapData}/var/lock/no-flanneld`,
        'snap restart microk8s.daemon-containerd',
        'snap restart microk8s.daemon-flanneld',
      ],
    },
    {
      isOnce: true,
      title: 'recreate the pods that have addresses of Calico',
      why: 'a pod keeps its address until it is made again',
      commands: ['microk8s kubectl get pods -A -o wide'],
    },
  ];
}
