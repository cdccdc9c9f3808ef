/**
 * The commands of a person around a change of K3s' file, in their order. When K3s stops ServiceLB it deletes its
 * DaemonSets and leaves the addresses in the services' statuses, where kube-proxy answers for them. So
 * the old addresses work until MetalLB writes its own, service by service, and two controllers never
 * write at the same time. Sources: k3s pkg/cloudprovider/cloudprovider.go, deleteAllDaemonsets; docs.k3s.io
 * networking/basic-network-options.
 */
import type { ManualStep } from '../../manual-step.ts';
import { backendName } from '../flannel-backends.ts';
import { itemsInForce, type GivenFlags } from '../merge.ts';
import type { DesiredFlag } from './desired-flags.ts';
import { runningBackend, type FirstStart, type LivingFlannel } from './first-start.ts';

export interface Transition {
  readonly flags: readonly DesiredFlag[];
  /** The flags that K3s gets now, and those that it gets with our desired file. */
  readonly before: GivenFlags;
  readonly after: GivenFlags;
  readonly start: FirstStart;
  /** Undefined: flannel does not run on this server. */
  readonly flannel: LivingFlannel | undefined;
}

/** On a server that lives; on a new one the file alone is enough. */
export function manualSteps({
  flags,
  before,
  after,
  start,
  flannel,
}: Transition): readonly ManualStep[] {
  if (!start.was) return [];
  return flags.flatMap((flag): readonly ManualStep[] => {
    if (flag.name === 'disable') {
      const [was, is] = [before, after].map((given) =>
        itemsInForce(given, 'disable').includes('servicelb'),
      );
      if (was === is) return [];
      return is === true ? toMetalLb : toServiceLb;
    }
    if (flag.name !== 'flannel-backend' || flag.form !== 'value') return [];
    if (runningBackend(before, flannel) === backendName(flag.value)) return [];
    return flag.value === 'none' ? afterFlannel : [rebootServer];
  });
}

/** A K3s agent learns the backend from its server when it starts. */
export function stepsOfAgent(
  flags: readonly DesiredFlag[],
  flannel: LivingFlannel | undefined,
): readonly ManualStep[] {
  const flag = flags.find(({ name }) => name === 'flannel-backend');
  if (flag?.form !== 'value' || flannel?.backend === undefined) return [];
  if (backendName(flannel.backend) === flag.value) return [];
  return [
    {
      title: 'Reboot this node when all servers are rebooted',
      why: `a K3s agent learns the backend of flannel from its server, and this one runs with ${flannel.backend}`,
      commands: ['systemctl reboot'],
    },
    ...(flag.value === 'none' ? [cleanUp] : []),
  ];
}

const rebootServer: ManualStep = {
  title:
    'Reboot this server when all servers are restarted, one after the other, before the K3s agents',
  why: 'the interfaces of the backend before stay until then, and nodes with different backends do not reach each other',
  commands: ['systemctl reboot'],
};

const toMetalLb: readonly ManualStep[] = [
  {
    isBefore: true,
    title: 'Before: see that MetalLB has no address pools yet',
    why: 'with pools it takes the addresses of ServiceLB out of the statuses, and ServiceLB those of MetalLB: both answer',
    commands: ['k3s kubectl get ipaddresspools.metallb.io --all-namespaces'],
  },
  {
    isOnce: true,
    title: 'When all servers are restarted: see that nothing of ServiceLB is left',
    why: 'the addresses stay in the statuses, and kube-proxy answers for them',
    commands: [
      'k3s kubectl get daemonsets --all-namespaces --selector svccontroller.k3s.cattle.io/svcname',
    ],
  },
  {
    isOnce: true,
    title: 'Then: wait for MetalLB, and give it pools and an advertisement',
    why: 'a section metallb: gives them, or a manifest of yours; it replaces the addresses of each service in one write',
    commands: [
      // Its manifests and its chart have other labels.
      'k3s kubectl wait --namespace metallb-system --for=condition=Ready pod --all --timeout=5m',
      'k3s kubectl get ipaddresspools.metallb.io,l2advertisements.metallb.io,bgpadvertisements.metallb.io --all-namespaces',
      'k3s kubectl get services --all-namespaces',
    ],
  },
];

const toServiceLb: readonly ManualStep[] = [
  {
    isBefore: true,
    title: 'Before: take the address pools of MetalLB away',
    why: 'with both of them each overwrites the addresses of the other',
    commands: [
      'k3s kubectl get ipaddresspools.metallb.io,l2advertisements.metallb.io,bgpadvertisements.metallb.io --all-namespaces -o yaml > metallb-before.yaml',
      'k3s kubectl delete -f metallb-before.yaml',
    ],
  },
  {
    isOnce: true,
    title: 'When all servers are restarted: see that every service has addresses of nodes',
    why: 'ServiceLB writes the addresses of nodes whose pod is ready',
    commands: ['k3s kubectl get services --all-namespaces'],
  },
];

const cleanUp: ManualStep = {
  title: 'After the reboot: see what flannel left, and take it away',
  why: 'K3s removes neither its file for the CNI nor the rules of its policy controller',
  commands: [
    // Until then this folder counts, and the CNI in it is the one in force.
    'rm -f /var/lib/rancher/k3s/agent/etc/cni/net.d/10-flannel.conflist',
    'calico-agent platform clean flannel --yes',
    'calico-agent platform clean kube-router --yes',
  ],
};

const afterFlannel: readonly ManualStep[] = [
  {
    isOnce: true,
    title: 'Install Calico when all servers are restarted',
    why: 'no new pod starts until then',
    commands: [
      'k3s kubectl get daemonsets --all-namespaces --field-selector metadata.name=calico-node',
      'k3s kubectl get nodes --output wide',
    ],
  },
  {
    title:
      'Reboot this server when Calico is installed, one after the other, before the K3s agents',
    why: 'pods keep addresses and interfaces of flannel until their node is rebooted',
    commands: ['systemctl reboot'],
  },
  cleanUp,
];
