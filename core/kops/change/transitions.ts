/** From one provider to another in a running cluster: what kops' documents say, with the limits. */

export interface Transition {
  /** Whether it is a change that kops describes, and that keeps the network of running pods. */
  readonly isPlanned: boolean;
  readonly effect: string;
  readonly steps: readonly string[];
  readonly limits: readonly string[];
}

const kubenetLimits = [
  'a routing table of AWS has 50 entries, so the cluster has at most 50 nodes; AWS may raise it to 100, with slower routing',
  'all nodes share one routing table, so private topology and its NAT gateway in each zone do not work',
  'Kubernetes changes the routing table, so nothing else should use it, and no second cluster can',
] as const;

/** Providers that leave the CNI to somebody else: kops installs nothing. */
const empty = new Set(['cni', 'external']);

/** @param from and to: keys of providers in v1alpha2 */
export function transitionBetween(from: string, to: string): Transition {
  if (from === 'classic' && to === 'kubenet') {
    return {
      isPlanned: true,
      effect: 'each node changes when it is replaced',
      steps: [
        'all nodes are replaced one after the other',
        'on a new node the kubelet runs with --network-plugin=kubenet',
      ],
      limits: kubenetLimits,
    };
  }
  if (from === 'kubenet' && !empty.has(to) && to !== 'classic') {
    return {
      isPlanned: true,
      effect: 'kops calls it safe, and all nodes are replaced',
      steps: [
        'the add-on of the new provider is installed by the update, and runs beside kubenet until each node is replaced',
        'pods of old and new nodes may not reach each other until all nodes are replaced, so do it in one go',
        'control planes are replaced first, then the other instance groups',
      ],
      limits: [
        'the routes of kubenet stay in the routing table: delete those to nodes that are gone',
        'pods get new addresses, and NetworkPolicies that had no effect begin to act',
      ],
    };
  }
  if (empty.has(to)) {
    return {
      isPlanned: false,
      effect:
        'kops stops managing the CNI, and takes certificates and permissions away that the running one needs',
      steps: [
        'install the new CNI yourself before nodes are replaced; new nodes stay NotReady without one',
      ],
      limits: [leftovers],
    };
  }
  return {
    isPlanned: false,
    effect:
      'kops calls it disruptive: pods of old and new nodes do not reach each other, and the old objects stay',
    steps: [
      'create a second cluster and move the workloads; or accept an outage from the first new node to the last one',
      'replace all nodes at once: kops rolling-update cluster --cloudonly --yes',
    ],
    limits: [leftovers],
  };
}

const leftovers =
  'kops does not delete the DaemonSet, the CRDs and the CNI files in /etc/cni/net.d of the old provider';
