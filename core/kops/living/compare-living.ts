/** A document of kops beside the cluster that it is of: every difference, and what is not known. */
import { issueAt } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import { printable } from '../../printable.ts';
import { providerOf, type JudgedCluster } from '../document/facts.ts';
import { calicoNodeOf } from './calico-node.ts';
import { compareCalicoNode } from './compare-calico-node.ts';
import { compareNodes } from './compare-nodes.ts';
import { comparePools, compareServiceRange } from './compare-pools.ts';
import { compareCnis, compareImages, compareSrcDst, compareTypha } from './compare-workloads.ts';
import {
  unsetField,
  type Comparing,
  type LivingDifference,
  type NotCompared,
} from './difference.ts';
import type { LivingCluster } from './living-cluster.ts';
import { reachFlags, type Reach } from '../../platform/cluster/reach.ts';

export interface ComparedCluster {
  readonly differences: readonly LivingDifference[];
  readonly notCompared: readonly NotCompared[];
}

export function compareLiving(cluster: JudgedCluster, living: LivingCluster): ComparedCluster {
  const comparing: Comparing = { cluster, differences: [], notCompared: [] };
  const { daemonSets, deployments } = living;
  compareServiceRange(comparing, living.apiService);
  if (!daemonSets.isRead) {
    comparing.notCompared.push({ what: 'the provider', why: daemonSets.why });
  } else {
    compareCnis(comparing, daemonSets.value);
  }
  if (providerOf(cluster)?.provider.key === 'calico') compareCalico(comparing, living);
  if (!deployments.isRead) {
    comparing.notCompared.push({ what: 'Typha and k8s-ec2-srcdst', why: deployments.why });
  }
  return comparing;
}

function compareCalico(comparing: Comparing, living: LivingCluster): void {
  const { daemonSets, deployments } = living;
  const calicoNode = daemonSets.isRead ? calicoNodeOf(daemonSets.value) : undefined;
  // Calico is not there yet, or another program's: nothing of it is kops'.
  if (daemonSets.isRead && calicoNode === undefined) return;
  comparePools(comparing, living.pools);
  if (calicoNode !== undefined) compareCalicoNode(comparing, living, calicoNode);
  if (deployments.isRead) {
    compareSrcDst(comparing, deployments.value);
    compareTypha(comparing, deployments.value);
  }
  if (daemonSets.isRead) {
    compareImages(comparing, daemonSets.value, deployments.isRead ? deployments.value : []);
  }
  compareNodes(comparing, living);
}

/** Differences as issues of the document. @param file as a word of a shell */
export function livingIssues(
  { differences, notCompared }: ComparedCluster,
  cluster: JudgedCluster,
  file: string,
  reach: Reach = {},
): readonly Issue[] {
  return [
    ...differences.map((one) =>
      issueAt(
        one.place,
        one.breaks === true ? 'error' : 'warning',
        one.code,
        differenceText(one),
        one.breaks === true
          ? 'is it the document of this cluster? if the cluster may lose its network: --accept-loss'
          : `calico-agent kops explain ${file} --live${reachFlags(reach)} prints the steps`,
      ),
    ),
    ...notCompared.map(({ what, why }) =>
      issueAt(
        cluster.root.place,
        'warning',
        'kops-live-unknown',
        `cannot compare ${what} with the cluster: ${printable(why)}`,
      ),
    ),
  ];
}

/** `spec.networking.calico.mtu is 8981, and data.veth_mtu of ConfigMap … is 0: …`. */
function differenceText(one: LivingDifference): string {
  const { setting, wanted, from, object, field, found, wins, why } = one;
  const by = from === 'default' ? ' by default' : '';
  const outcome = wins === 'document' ? 'the document wins' : 'the cluster keeps its value';
  const seen =
    field === unsetField
      ? `${printable(object)} does not set it, so that Calico's own ${printable(found)} counts`
      : `${field} of ${printable(object)} is ${printable(found)}`;
  return `${setting} is ${printable(wanted)}${by}, and ${seen}; at the next update ${outcome}: ${why}`;
}
