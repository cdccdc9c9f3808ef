/**
 * Checks whether calico-node runs BIRD. Each installer of Calico keeps this setting in another
 * place.
 */
import { listAt, textAt, valueAt } from '../../../../core/input/plain-data.ts';
import { printable } from '../../../../core/printable.ts';
import type { KubernetesClient } from '../../../../runtime/kubernetes/client.ts';
import type { Finding } from '../../../ports/diagnosis.ts';

const check = 'BGP of calico-node';

interface Said {
  /** The setting, as `calico_backend is vxlan`. */
  readonly text: string;
  readonly isBgp: boolean;
  readonly hint: string;
}

type Place = (client: KubernetesClient) => Promise<Said | undefined>;

/** Sources: calico's manifests (calico-config), node/filesystem/etc/rc.local, operator.tigera.io/v1. */
const places: readonly Place[] = [
  async (client) => {
    const found = await look(client, '/api/v1/namespaces/kube-system/configmaps/calico-config');
    const backend = textAt(found, 'data', 'calico_backend');
    return backend === undefined ? undefined : ofBackend('calico_backend', backend);
  },
  (client) => ofDaemonSet(client, 'kube-system'),
  (client) => ofDaemonSet(client, 'calico-system'),
  async (client) => {
    const found = await look(client, '/apis/operator.tigera.io/v1/installations/default');
    const bgp = textAt(found, 'spec', 'calicoNetwork', 'bgp');
    if (bgp === undefined) return undefined;
    const hint =
      'kubectl patch installation default --type merge -p \'{"spec":{"calicoNetwork":{"bgp":"Enabled"}}}\'';
    return { text: `bgp is ${printable(bgp)} in the Installation`, isBgp: bgp === 'Enabled', hint };
  },
];

export async function diagnoseBackend(client: KubernetesClient): Promise<readonly Finding[]> {
  for (const place of places) {
    const said = await place(client);
    if (said === undefined) continue;
    const { text, isBgp, hint } = said;
    if (isBgp) return [{ check, result: 'ok', message: text }];
    const message = `${text}: BGP settings will be stored and have no effect`;
    return [{ check, result: 'warning', message, hint }];
  }
  return [
    { check, result: 'ok', message: 'no setting found that names the backend of calico-node' },
  ];
}

async function ofDaemonSet(client: KubernetesClient, namespace: string): Promise<Said | undefined> {
  const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/calico-node`;
  const found = await look(client, path);
  const containers = listAt(valueAt(found, 'spec', 'template', 'spec'), 'containers');
  const name = 'CALICO_NETWORKING_BACKEND';
  const backend = containers
    .flatMap((container) => listAt(container, 'env'))
    .find((one) => textAt(one, 'name') === name);
  const value = textAt(backend, 'value');
  return value === undefined ? undefined : ofBackend(name, value);
}

function ofBackend(name: string, backend: string): Said {
  const hint =
    'set calico_backend to bird in the ConfigMap kube-system/calico-config, take away the readiness checks that fit VXLAN only, and restart calico-node';
  return { text: `${name} is ${printable(backend)}`, isBgp: backend === 'bird', hint };
}

/** undefined: the agent has no right to read this place, or the place is empty. */
async function look(client: KubernetesClient, path: string): Promise<unknown> {
  return client.find("look for calico-node's backend", path).catch(() => undefined);
}
