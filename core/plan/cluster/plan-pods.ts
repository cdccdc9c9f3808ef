/** Pods that keep addresses outside of their network: recreated controller by controller, or named. */
import type { Issue } from '../../issue.ts';
import { nameSome } from '../../name-some.ts';
import type { ClusterChange } from '../../platform/cluster/cluster-change.ts';
import type { ClusterEdit } from '../../platform/cluster/cluster-edit.ts';
import type { ObservedCluster, PodsOfController } from '../../platform/cluster/observed-cluster.ts';
import { controllerText } from '../../platform/cluster/parse-pod.ts';
import type { Step } from '../plan.ts';

type Recreation = Extract<ClusterEdit, { readonly form: 'recreate-pods' }>;

export interface PodsPlan {
  readonly steps: readonly Step<ClusterChange>[];
  readonly issues: readonly Issue[];
}

/** A pod may take three minutes, and a step has to end before systemd takes the agent for one that hangs. */
const podsInStep = 4;

export function planPods({ how, cidrs, reasons }: Recreation, observed: ObservedCluster): PodsPlan {
  const { strayPods } = observed;
  const lonely = strayPods.filter(({ controller }) => controller === undefined);
  const owned = strayPods.filter(({ controller }) => controller !== undefined);
  const place = reasons[0]?.place ?? { pointer: '' };
  const warn = (code: string, message: string, hint: string): Issue => {
    return { severity: 'warning', code, ...place, message, hint };
  };
  const names = lonely.flatMap((group) =>
    group.pods.map(({ name }) => `${group.namespace}/${name}`),
  );
  const ofLonely =
    names.length === 0
      ? []
      : [
          warn(
            'pods-without-controller',
            `these pods keep their old addresses, because no controller would make them again: ${nameSome(names)}`,
            'delete them by hand, and make them again from what they were made of',
          ),
        ];
  if (owned.length === 0) return { steps: [], issues: ofLonely };
  if (how === 'list') {
    const count = owned.reduce((sum, { pods }) => sum + pods.length, 0);
    const message = `${String(count)} pods keep addresses outside of ${cidrs.join(', ')}: ${nameSome(owned.map(countedText))}`;
    const hint =
      'microk8s.recreatePods: true lets the agent recreate them, controller by controller; so does calico-agent apply CONFIG --recreate-pods';
    return { steps: [], issues: [warn('pods-with-old-addresses', message, hint), ...ofLonely] };
  }
  return { steps: owned.flatMap(partsOf).map(stepOf), issues: ofLonely };
}

function countedText(group: PodsOfController): string {
  return `${controllerText(group)} (${String(group.pods.length)})`;
}

function partsOf(group: PodsOfController): readonly PodsOfController[] {
  const count = Math.ceil(group.pods.length / podsInStep);
  return Array.from({ length: count }, (_, part) => ({
    ...group,
    pods: group.pods.slice(part * podsInStep, (part + 1) * podsInStep),
  }));
}

function stepOf(group: PodsOfController): Step<ClusterChange> {
  const count = group.pods.length;
  const why = `${String(count)} ${count === 1 ? 'pod has an address' : 'pods have addresses'} outside of the network`;
  return {
    title: `Recreate pods of ${controllerText(group)}`,
    why: 'a pod keeps its address for its whole life',
    gates: [],
    changes: [{ action: 'delete-pods', scope: { kind: 'cluster' }, pods: [group], why }],
  };
}
