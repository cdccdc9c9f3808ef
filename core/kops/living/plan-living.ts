/**
 * The steps that bring a cluster and its document together, in an order that loses no traffic: what
 * adds a way for packets comes before what takes one away. Nothing here asks a cloud.
 */
import { contains, parseNetwork } from '../../config/net/address.ts';
import { shellWord } from '../../shell-word.ts';
import { cloudOf, type JudgedCluster } from '../document/facts.ts';
import { calicoInForce } from '../in-force/calico-in-force.ts';
import { nonMasqueradeRange } from '../in-force/ranges-in-force.ts';
import type { ComparedCluster } from './compare-living.ts';
import type { LivingDifference } from './difference.ts';
import type { LivingCluster } from './living-cluster.ts';
import { planPools, type PlannedPool } from './plan-pools.ts';
import { reaching, type Reach } from '../../platform/cluster/reach.ts';

export interface LivingStep {
  readonly title: string;
  /** A clause: what it does, and why it comes here. */
  readonly why: string;
  /** Lines for a shell; empty: there is nothing to paste. */
  readonly commands: readonly string[];
}

/** @param file the document, as a word of a shell */
export function planLiving(
  cluster: JudgedCluster,
  compared: ComparedCluster,
  pools: LivingCluster['pools'],
  file: string,
  reach: Reach = {},
): readonly LivingStep[] {
  return stepsOf(cluster, compared, pools, file).map((step) => ({
    ...step,
    commands: step.commands.map((line) => reaching(line, reach)),
  }));
}

function stepsOf(
  cluster: JudgedCluster,
  compared: ComparedCluster,
  pools: LivingCluster['pools'],
  file: string,
): readonly LivingStep[] {
  const { differences } = compared;
  const broken = differences.filter(({ breaks }) => breaks === true);
  if (broken.length > 0) return broken.map((one) => brokenStep(cluster, one, file));
  const planned = planPools(cluster, differences, pools);
  const early = planned.filter(({ when }) => when === 'before-update');
  const late = planned.filter(({ when }) => when === 'after-update');
  return [
    ...withoutCalicoSteps(differences),
    ...early.map((pool) => poolStep(pool, file)),
    ...updateSteps(cluster, differences),
    ...sourceCheckSteps(cluster, compared, late),
    ...late.map((pool) => poolStep(pool, file)),
    ...leftOverSteps(differences),
  ];
}

function brokenStep(
  cluster: JudgedCluster,
  { code, object, found, setting }: LivingDifference,
  file: string,
): LivingStep {
  if (code === 'kops-live-provider') {
    return {
      title: `do not update: ${object} runs ${found}`,
      why: 'the document has another provider; compare it with the one in force, which lists the steps and limits of the change',
      commands: [`kops get cluster -o yaml | calico-agent kops explain ${file} --before -`],
    };
  }
  if (object.startsWith('IPPool ')) {
    const outer = nonMasqueradeRange(cluster);
    if (outer !== undefined && !isWithin(found, outer)) {
      return {
        title: `do not update: ${object} has the range ${found}`,
        why: `it lies outside of nonMasqueradeCIDR ${outer}, so podCIDR alone cannot have it; the document needs a nonMasqueradeCIDR that contains both the range of the pods and that of the Services, and an explicit serviceClusterIPRange with the range in force`,
        commands: [],
      };
    }
    return {
      title: `do not update: ${object} has the range ${found}`,
      why: 'the safe way is to write the range of the cluster into the document; other ranges need a new pool and new addresses for all pods (add the pool, disable the old one, make the pods anew, delete it when it is empty)',
      commands: [
        `calico-agent kops edit ${file} --set ${shellWord(`${setting}=${found}`)} --accept-loss`,
      ],
    };
  }
  return {
    title: `do not update: ${object} has the address ${found}`,
    why: 'a cluster cannot change the range of its Services; write the one that it was created with into the document',
    commands: [
      "kubectl -n kube-system get pods -l k8s-app=kube-apiserver -o yaml | grep -- '--service-cluster-ip-range'",
    ],
  };
}

function isWithin(inner: string, outer: string): boolean {
  const [one, other] = [parseNetwork(inner), parseNetwork(outer)];
  return one.ok && other.ok && contains(other.value.network, one.value.network);
}

function poolStep({ name, from, to, patch, why, edits }: PlannedPool, file: string): LivingStep {
  const keep = edits.map((edit) => `--set ${shellWord(edit)}`).join(' ');
  return {
    title: `change IPPool ${name} from ${from} to ${to}`,
    why: `${why}; or keep ${from}: change the document instead, with the last line`,
    commands: [
      `calicoctl get ippool ${shellWord(name)} -o yaml > ${shellWord(`ippool-${name}-before.yaml`)}`,
      `calicoctl patch ippool ${shellWord(name)} --patch ${shellWord(JSON.stringify(patch))}`,
      `# calico-agent kops edit ${file} ${keep}`,
    ],
  };
}

/** Written into the ConfigMap alone: the DaemonSet does not change, so nothing restarts by itself. */
const ofConfigMap: ReadonlySet<string> = new Set(['kops-live-backend', 'kops-live-mtu']);
const waiting = 'kubectl -n kube-system rollout status daemonset/calico-node --timeout=60m';

function updateSteps(
  { name }: JudgedCluster,
  differences: readonly LivingDifference[],
): readonly LivingStep[] {
  const byUpdate = differences.filter(({ wins }) => wins === 'document');
  if (byUpdate.length === 0) return [];
  const settings = [...new Set(byUpdate.map(({ setting }) => setting))].join(', ');
  const update: LivingStep = {
    title: 'bring the document into force',
    why: `kops writes ${settings}; calico-node restarts node by node, and running pods keep their network`,
    commands: [`kops update cluster ${shellWord(name ?? 'NAME')} --yes`, waiting],
  };
  if (!byUpdate.some(({ code }) => ofConfigMap.has(code))) return [update];
  return [
    update,
    {
      title: 'restart calico-node node by node',
      why: 'it reads ConfigMap calico-config only when it starts; do it once the ConfigMap has the new values',
      commands: [
        'kubectl -n kube-system get configmap calico-config -o yaml',
        'kubectl -n kube-system rollout restart daemonset/calico-node',
        waiting,
      ],
    },
  ];
}

/** Pools that lose encapsulation need EC2's check off first, on every node. */
function sourceCheckSteps(
  cluster: JudgedCluster,
  { notCompared }: ComparedCluster,
  late: readonly PlannedPool[],
): readonly LivingStep[] {
  const needing = late.filter(({ needsNoSourceCheck }) => needsNoSourceCheck);
  if (needing.length === 0 || cloudOf(cluster) !== 'aws') return [];
  const isByFelix = calicoInForce(cluster).sourceCheck === 'felix';
  const isUnknown = notCompared.some(({ what }) => what.endsWith('.awsSrcDstCheck'));
  const who = isUnknown
    ? 'whether Felix disables it could not be read'
    : isByFelix
      ? 'Felix disables it when calico-node starts'
      : 'by this document nobody disables it: set awsSrcDstCheck: Disable, or do it by hand';
  return [
    {
      title: 'see that EC2 checks no source and destination any more, on every node',
      why: `with the check the next steps lose packets between pods of one subnet; ${who}; run this on each node`,
      commands: ['calico-agent doctor'],
    },
  ];
}

/** Before all others: a pool or an update that changes waits for every node. */
function withoutCalicoSteps(differences: readonly LivingDifference[]): readonly LivingStep[] {
  return differences
    .filter(({ code }) => code === 'kops-live-node-without-calico')
    .map(({ object }) => ({
      title: `see why calico-node is not up: ${object}`,
      why: 'pods there have no network beyond their node',
      commands: ['kubectl -n kube-system get pods -l k8s-app=calico-node -o wide'],
    }));
}

const leftOvers: Readonly<Record<string, (one: LivingDifference) => LivingStep>> = {
  'kops-live-srcdst': ({ object }) => ({
    title: `delete ${object}`,
    why: 'Felix does its work; the instances that it changed stay as they are',
    commands: ['kubectl -n kube-system delete deployment k8s-ec2-srcdst'],
  }),
  'kops-live-second-cni': ({ object, why }) => {
    const [namespace = '', name = ''] = object.replace('DaemonSet ', '').split('/');
    return {
      title: `look at ${object}`,
      why: `${why}; delete it when no pod has an address of it, and no file of it is first in /etc/cni/net.d`,
      commands: [
        `kubectl -n ${shellWord(namespace)} get daemonset ${shellWord(name)} -o wide`,
        'kubectl get pods --all-namespaces -o wide',
      ],
    };
  },
  'kops-live-stale-node': ({ object }) => ({
    title: `release ${object}`,
    why: 'calico-kube-controllers does it for nodes that Kubernetes does not have; the second line shows what is left',
    commands: [
      'kubectl -n kube-system rollout status deployment/calico-kube-controllers',
      'calicoctl ipam check --show-problem-ips',
    ],
  }),
};

function leftOverSteps(differences: readonly LivingDifference[]): readonly LivingStep[] {
  return Object.entries(leftOvers).flatMap(([code, stepOf]) =>
    differences.filter((one) => one.code === code).map(stepOf),
  );
}
