/** The load balancer that answers for Services of the type LoadBalancer: K3s' ServiceLB, or MetalLB. */
import { listAt, textAt, textMapAt, textsAt } from '../../../../core/input/plain-data.ts';
import { parseWorkload } from '../../../../core/platform/cluster/parse-workload.ts';
import type {
  LoadBalancerKind,
  LoadBalancerService,
  ObservedLoadBalancers,
  Workload,
} from '../../../../core/platform/cluster/observed-cluster.ts';
import { ApiRefusal } from '../../../../runtime/kubernetes/api-refusal.ts';
import type { Selectors } from '../../../../runtime/kubernetes/list-objects.ts';
import { collectionPath, type Reader } from '../reader.ts';

/** Source: k3s pkg/cloudprovider/servicelb.go: labels of its DaemonSets. */
const svcName = 'svccontroller.k3s.cattle.io/svcname';
const svcNamespace = 'svccontroller.k3s.cattle.io/svcnamespace';
/** Source: MetalLB internal/k8s/k8s.go; metallb.io since 0.15. */
const allocated = [
  'metallb.io/ip-allocated-from-pool',
  'metallb.universe.tf/ip-allocated-from-pool',
] as const;
/** The labels of MetalLB's pods, from its manifests and from its chart. */
const metalLbSelectors = ['app=metallb', 'app.kubernetes.io/name=metallb'] as const;
const metalLbApi = '/apis/metallb.io/v1beta1';

export async function readLoadBalancers(reader: Reader): Promise<ObservedLoadBalancers> {
  const [services, serviceLb, metalLb] = await Promise.all([
    readServices(reader),
    reader.list(
      "list ServiceLB's DaemonSets",
      collectionPath('DaemonSet', undefined),
      servedByServiceLb,
      { labelSelector: svcName },
    ),
    readMetalLb(reader),
  ]);
  const served = new Set(serviceLb);
  return {
    services: services.map(({ service, isAllocated }) => ({
      ...service,
      answeredBy: answering(
        served.has(`${service.namespace}/${service.name}`),
        isAllocated && metalLb !== undefined,
      ),
    })),
    serviceLb: { daemonSets: serviceLb.length },
    ...(metalLb !== undefined && { metalLb }),
  };
}

/** Kubernetes has the selector for `spec.type` since 1.22; without it all Services come. */
async function readServices(reader: Reader): Promise<readonly Read[]> {
  const list = (selectors?: Selectors): Promise<readonly Read[]> =>
    reader.list(
      'list the Services',
      collectionPath('Service', undefined),
      loadBalancerService,
      selectors,
    );
  try {
    return await list({ fieldSelector: 'spec.type=LoadBalancer' });
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 400) return list();
    throw error;
  }
}

function answering(byServiceLb: boolean, byMetalLb: boolean): readonly LoadBalancerKind[] {
  return [
    ...(byServiceLb ? (['servicelb'] as const) : []),
    ...(byMetalLb ? (['metallb'] as const) : []),
  ];
}

interface Read {
  readonly service: Omit<LoadBalancerService, 'answeredBy'>;
  /** MetalLB gave it its address. */
  readonly isAllocated: boolean;
}

function loadBalancerService(item: unknown): Read | undefined {
  if (textAt(item, 'spec', 'type') !== 'LoadBalancer') return undefined;
  const loadBalancerClass = textAt(item, 'spec', 'loadBalancerClass');
  const annotations = textMapAt(item, 'metadata', 'annotations');
  return {
    service: {
      namespace: textAt(item, 'metadata', 'namespace') ?? '',
      name: textAt(item, 'metadata', 'name') ?? '',
      ...(loadBalancerClass !== undefined && { loadBalancerClass }),
      addresses: listAt(item, 'status', 'loadBalancer', 'ingress').flatMap(
        (one) => textAt(one, 'ip') ?? textAt(one, 'hostname') ?? [],
      ),
    },
    isAllocated: allocated.some((key) => annotations[key] !== undefined),
  };
}

function servedByServiceLb(item: unknown): string | undefined {
  const labels = textMapAt(item, 'metadata', 'labels');
  const name = labels[svcName];
  const namespace = labels[svcNamespace] ?? textAt(item, 'metadata', 'namespace');
  return name === undefined || namespace === undefined ? undefined : `${namespace}/${name}`;
}

async function readMetalLb(reader: Reader): Promise<ObservedLoadBalancers['metalLb']> {
  const [controllers, speakers, pools, layer2, bgp] = await Promise.all([
    metalLbWorkloads(reader, 'Deployment'),
    metalLbWorkloads(reader, 'DaemonSet'),
    reader.listOptional("list MetalLB's pools", `${metalLbApi}/ipaddresspools`, (item) => ({
      name: textAt(item, 'metadata', 'name') ?? '',
      addresses: textsAt(item, 'spec', 'addresses'),
      namespace: textAt(item, 'metadata', 'namespace') ?? '',
    })),
    reader.listOptional('list L2Advertisements', `${metalLbApi}/l2advertisements`, () => true),
    reader.listOptional('list BGPAdvertisements', `${metalLbApi}/bgpadvertisements`, () => true),
  ]);
  const [controller] = controllers;
  const speaker = speakers.find(({ object }) => object.name.includes('speaker'));
  const workload = controller ?? speaker;
  if (workload === undefined) return undefined;
  return {
    namespace: workload.object.namespace ?? '',
    ...(controller !== undefined && { controller }),
    ...(speaker !== undefined && { speaker }),
    pools: (pools ?? []).map(({ name, addresses }) => ({ name, addresses })),
    advertisements: (layer2?.length ?? 0) + (bgp?.length ?? 0),
  };
}

async function metalLbWorkloads(
  reader: Reader,
  kind: 'DaemonSet' | 'Deployment',
): Promise<readonly Workload[]> {
  const found = await Promise.all(
    metalLbSelectors.map((labelSelector) =>
      reader.list(
        `list MetalLB's ${kind}s`,
        collectionPath(kind, undefined),
        (item) => parseWorkload(kind, item),
        { labelSelector },
      ),
    ),
  );
  return found.flat();
}
