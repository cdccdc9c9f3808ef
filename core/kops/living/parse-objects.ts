/** Objects of the API, as the API server sends them → what is compared of them. */
import { entriesAt, listAt, textAt, textMapAt, valueAt } from '../../input/plain-data.ts';
import type {
  LivingContainer,
  LivingFelix,
  LivingNode,
  LivingPool,
  LivingVariable,
  LivingWorkload,
} from './living-cluster.ts';

/** The variables of calico-node that are compared; others may have secrets and are not kept. */
export const backendVariable = 'CALICO_NETWORKING_BACKEND';
export const checkVariable = 'FELIX_AWSSRCDSTCHECK';
export const wireGuardVariable = 'FELIX_WIREGUARDENABLED';
export const bpfVariable = 'FELIX_BPFENABLED';

const comparedVariables: ReadonlySet<string> = new Set([
  backendVariable,
  checkVariable,
  wireGuardVariable,
  bpfVariable,
]);

export function parseLivingPool(item: unknown): LivingPool | undefined {
  const name = textAt(item, 'metadata', 'name');
  const cidr = textAt(item, 'spec', 'cidr');
  if (name === undefined || cidr === undefined) return undefined;
  return {
    name,
    cidr,
    ipipMode: poolMode(item, 'ipipMode'),
    vxlanMode: poolMode(item, 'vxlanMode'),
    isDisabled: valueAt(item, 'spec', 'disabled') === true,
  };
}

/** The empty text is Never too: libcalico-go/lib/apis/v3/ippool.go. */
function poolMode(item: unknown, mode: string): string {
  const text = textAt(item, 'spec', mode) ?? '';
  return text === '' ? 'Never' : text;
}

export function parseLivingFelix(item: unknown): LivingFelix | undefined {
  const name = textAt(item, 'metadata', 'name');
  if (name === undefined) return undefined;
  const awsSrcDstCheck = textAt(item, 'spec', 'awsSrcDstCheck');
  const [wireguardEnabled, bpfEnabled] = ['wireguardEnabled', 'bpfEnabled'].map((field) => {
    const value = valueAt(item, 'spec', field);
    return typeof value === 'boolean' ? value : undefined;
  });
  return {
    name,
    ...(awsSrcDstCheck !== undefined && { awsSrcDstCheck }),
    ...(wireguardEnabled !== undefined && { wireguardEnabled }),
    ...(bpfEnabled !== undefined && { bpfEnabled }),
  };
}

export function parseLivingWorkload(item: unknown): LivingWorkload | undefined {
  const name = textAt(item, 'metadata', 'name');
  const namespace = textAt(item, 'metadata', 'namespace');
  if (name === undefined || namespace === undefined) return undefined;
  const replicas = valueAt(item, 'spec', 'replicas');
  const pod = valueAt(item, 'spec', 'template', 'spec');
  const containers = [...listAt(pod, 'containers'), ...listAt(pod, 'initContainers')];
  return {
    namespace,
    name,
    ...(typeof replicas === 'number' && { replicas }),
    containers: containers.map(parseContainer),
  };
}

function parseContainer(item: unknown): LivingContainer {
  const variables = listAt(item, 'env').flatMap((one): [string, LivingVariable][] => {
    const name = textAt(one, 'name') ?? '';
    return comparedVariables.has(name) ? [[name, parseVariable(one)]] : [];
  });
  return {
    name: textAt(item, 'name') ?? '',
    image: textAt(item, 'image') ?? '',
    variables: Object.fromEntries(variables),
  };
}

function parseVariable(item: unknown): LivingVariable {
  if (valueAt(item, 'valueFrom') === undefined) {
    return { from: 'value', value: (textAt(item, 'value') ?? '').trim() };
  }
  const configMap = textAt(item, 'valueFrom', 'configMapKeyRef', 'name');
  const key = textAt(item, 'valueFrom', 'configMapKeyRef', 'key');
  return configMap === undefined || key === undefined
    ? { from: 'elsewhere' }
    : { from: 'config-map', configMap, key };
}

/** calico-node notes its address in these: libcalico-go/lib/backend/k8s/conversion/constants.go. */
const addressNotes: ReadonlySet<string> = new Set([
  'projectcalico.org/IPv4Address',
  'projectcalico.org/IPv6Address',
]);

export function parseLivingNode(item: unknown): LivingNode | undefined {
  const name = textAt(item, 'metadata', 'name');
  if (name === undefined) return undefined;
  const annotations = entriesAt(item, 'metadata', 'annotations');
  return { name, hasCalico: annotations.some(([key]) => addressNotes.has(key)) };
}

/** The node of a BlockAffinity; undefined: it is deleted, or is not of a node. */
export function parseBlockNode(item: unknown): string | undefined {
  if (textAt(item, 'spec', 'deleted') === 'true') return undefined;
  const type = textAt(item, 'spec', 'type') ?? 'host';
  return type === 'host' ? textAt(item, 'spec', 'node') : undefined;
}

export function parseConfigData(item: unknown): Readonly<Record<string, string>> | undefined {
  return item === undefined ? undefined : textMapAt(item, 'data');
}
