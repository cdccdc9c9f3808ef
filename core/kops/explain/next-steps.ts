/** The commands that bring a document into force, what each disturbs, and what kops leaves as it was. */
import { fieldsOf, scalarOf } from '../../config/yaml/read-values.ts';
import { shellWord } from '../../shell-word.ts';
import { providerOf, type JudgedCluster } from '../document/facts.ts';
import { calicoInForce } from '../in-force/calico-in-force.ts';
import { transitionBetween, type Transition } from '../change/transitions.ts';

export interface NextCommand {
  readonly command: string;
  readonly effect: string;
}

/** An object of the running cluster that kops does not change. */
export interface LivingObject {
  readonly object: string;
  readonly why: string;
  readonly commands: readonly string[];
}

/** `kops reconcile cluster` came with 1.31 (cmd/kops/reconcile_cluster.go). */
const firstWithReconcile = 31;

/** @param file the document, as a word of a shell */
export function nextCommands(cluster: JudgedCluster, file: string): readonly NextCommand[] {
  const name = shellWord(cluster.name ?? 'NAME');
  const { kops } = cluster.target;
  return [
    {
      command: `kops replace -f ${file}`,
      effect: 'stores the document; nothing changes in the cluster',
    },
    { command: `kops update cluster ${name}`, effect: 'shows what will change; changes nothing' },
    ...(kops >= firstWithReconcile
      ? [
          {
            command: `kops reconcile cluster ${name} --yes`,
            effect: `updates the cloud and the add-ons, then replaces nodes one by one, control planes first: pods move, ${apiEffect}`,
          },
        ]
      : [
          {
            command: `kops update cluster ${name} --yes`,
            effect:
              'changes the cloud and the add-ons: the DaemonSet of the provider restarts node by node; running pods keep their network',
          },
          {
            command: `kops rolling-update cluster ${name}`,
            effect: 'shows which nodes have to be replaced',
          },
          {
            command: `kops rolling-update cluster ${name} --yes`,
            effect: `replaces these nodes one by one, control planes first: pods move, ${apiEffect}`,
          },
        ]),
    {
      command: `kops validate cluster ${name} --wait 10m`,
      effect: 'waits until all nodes and system pods are ready',
    },
  ];
}

const apiEffect = 'and with one control plane the API is away meanwhile';

export function livingObjects(
  before: JudgedCluster | undefined,
  after: JudgedCluster,
): readonly LivingObject[] {
  return [
    ...poolObject(before, after),
    ...sourceCheckObject(before, after),
    ...oldProvider(before, after),
  ];
}

function isCalico(cluster: JudgedCluster | undefined): cluster is JudgedCluster {
  return cluster !== undefined && providerOf(cluster)?.provider.key === 'calico';
}

function poolObject(
  before: JudgedCluster | undefined,
  after: JudgedCluster,
): readonly LivingObject[] {
  if (!isCalico(after)) return [];
  const { ipip, vxlan } = calicoInForce(after);
  const old = isCalico(before) ? calicoInForce(before) : undefined;
  if (old !== undefined && old.ipip === ipip && old.vxlan === vxlan) return [];
  if (old === undefined && before !== undefined) return [];
  const patch = JSON.stringify({ spec: { ipipMode: ipip, vxlanMode: vxlan } });
  return [
    {
      object: 'IPPool default-ipv4-ippool',
      why: 'kops gives the modes to Calico for a pool that does not exist yet; an existing one keeps its own',
      commands: [
        'calicoctl get ippool default-ipv4-ippool -o yaml',
        `calicoctl patch ippool default-ipv4-ippool --patch ${shellWord(patch)}`,
      ],
    },
  ];
}

function sourceCheckObject(
  before: JudgedCluster | undefined,
  after: JudgedCluster,
): readonly LivingObject[] {
  if (!isCalico(after) || calicoInForce(after).sourceCheck !== 'felix') return [];
  const had = isCalico(before) ? calicoInForce(before).sourceCheck === 'k8s-ec2-srcdst' : false;
  if (!had && hasNoCrossSubnet(after)) return [];
  return [
    {
      object: 'Deployment k8s-ec2-srcdst in kube-system',
      why: 'kops 1.18 and older installed it for crossSubnet; Felix does its work since 1.19, and kops does not delete it',
      commands: ['kubectl -n kube-system delete deployment k8s-ec2-srcdst --ignore-not-found'],
    },
  ];
}

function hasNoCrossSubnet(cluster: JudgedCluster): boolean {
  const fields = fieldsOf(providerOf(cluster)?.entry.value);
  return scalarOf(fields.get('crossSubnet'))?.value !== true;
}

function oldProvider(
  before: JudgedCluster | undefined,
  after: JudgedCluster,
): readonly LivingObject[] {
  const change = providerChange(before, after);
  if (change === undefined) return [];
  const { from } = change;
  return [
    {
      object: `the DaemonSet and CRDs of ${from}`,
      why: 'kops does not delete what it installed for the old provider',
      commands: ['kubectl -n kube-system get daemonsets,deployments', `kubectl get crd`],
    },
    {
      object: 'CNI files in /etc/cni/net.d',
      why: 'on nodes that stay, the first file by name wins; replaced nodes have only the new one',
      commands: [],
    },
  ];
}

export interface ProviderChange {
  readonly from: string;
  readonly to: string;
  readonly transition: Transition;
}

/** undefined: the provider stays, or there is nothing to compare with. */
export function providerChange(
  before: JudgedCluster | undefined,
  after: JudgedCluster,
): ProviderChange | undefined {
  const old = before && providerOf(before)?.provider;
  const made = providerOf(after)?.provider;
  if (old === undefined || made === undefined || old === made) return undefined;
  return { from: old.title, to: made.title, transition: transitionBetween(old.key, made.key) };
}
