/** Checks whether calico-node acts on BGP settings on this machine. */
import type { Finding } from '../../ports/diagnosis.ts';
import type { HostFiles } from './read-host.ts';
import { environmentOf, findProcesses, type HostProcess } from './processes.ts';

export interface CalicoNode {
  readonly isRunning: boolean;
  readonly birds: readonly HostProcess[];
  /** CALICO_NETWORKING_BACKEND; absent: it is not set, or cannot be read. */
  readonly backend?: string;
  /** The variable AS, which overwrites the Node's AS number at every start. */
  readonly asNumber?: string;
}

const felixNames = new Set(['calico-node', 'calico-felix']);
const birdNames = new Set(['bird', 'bird6']);
const check = 'calico-node';

export async function observeCalicoNode(host: HostFiles): Promise<CalicoNode> {
  const processes = await findProcesses(host, new Set([...felixNames, ...birdNames]));
  const felixes = processes.filter(({ name }) => felixNames.has(name));
  const read = async (variable: string): Promise<string | undefined> => {
    const values = felixes.map((process) => environmentOf(host, process, variable));
    return (await Promise.all(values)).find((value) => value !== undefined && value !== '');
  };
  const [backend, asNumber] = await Promise.all([read('CALICO_NETWORKING_BACKEND'), read('AS')]);
  return {
    isRunning: felixes.length > 0,
    birds: processes.filter(({ name }) => birdNames.has(name)),
    ...(backend === undefined ? {} : { backend }),
    ...(asNumber === undefined ? {} : { asNumber }),
  };
}

/** Sources: calico-node's rootfs/etc/rc.local (backends), node/pkg/lifecycle/startup (AS). */
export function diagnoseCalicoNode(node: CalicoNode): readonly Finding[] {
  const findings = [backendOf(node)];
  if (node.asNumber === undefined) return findings;
  const message = `calico-node is started with AS=${node.asNumber.slice(0, 20)}: at each start it overwrites this node's AS number`;
  const hint = 'take the variable AS out of what starts calico-node';
  return [...findings, { check: 'AS number', result: 'warning', message, hint }];
}

function backendOf({ isRunning, birds, backend }: CalicoNode): Finding {
  if (backend === 'vxlan' || backend === 'none') {
    const message = `calico_backend is "${backend}": BGP settings are stored and have no effect`;
    return { check, result: 'warning', message, hint: changeBackend };
  }
  if (birds.length > 0) return { check, result: 'ok', message: 'it runs, with BIRD' };
  if (!isRunning) {
    const message = 'no calico-node runs on this machine: BGP settings have no effect here';
    const hint =
      'kubectl get pods -A -o wide -l k8s-app=calico-node shows where it runs; the host of LXD machines needs none';
    return { check, result: 'warning', message, hint };
  }
  if (backend === 'bird') {
    const message = 'it runs with the backend bird, but BIRD does not';
    return { check, result: 'failed', message, hint: "calico-node's log says why" };
  }
  const message = 'it runs without BIRD: BGP settings are stored and have no effect';
  return { check, result: 'warning', message, hint: changeBackend };
}

const changeBackend =
  'for BGP set calico_backend: bird in ConfigMap kube-system/calico-config (MicroK8s: in args/cni-network/cni.yaml; operator: bgp: Enabled in its Installation) and restart calico-node';
