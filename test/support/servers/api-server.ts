/**
 * Real API servers, one per kubeconfig that KUBECONFIG_FOR_TESTS names (separated by colons), each
 * with Calico's CRDs of one group or release: CONTRIBUTING says how to start them.
 */
import path from 'node:path';
import {
  createKubernetesClient,
  type KubernetesClient,
} from '../../../runtime/kubernetes/client.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import { listAt, textAt } from '../../../core/input/plain-data.ts';
import { lacks } from '../skips/needs.cjs';
import { wholeItem } from '../../../runtime/kubernetes/list-objects.ts';

export interface ApiServer {
  readonly kubeconfig: string;
  readonly group: string;
  /** Its CRDs are of a release without IPPool's assignmentMode, and without rules. */
  readonly isOld: boolean;
  readonly client: KubernetesClient;
  path(kind: string, name?: string): string;
  /**
   * Writes it whole like a person, with a field manager of its own; creates it when it is absent.
   */
  put(kind: string, name: string, document: object, manager?: string): Promise<unknown>;
  /** undefined: it does not exist. */
  get(kind: string, name: string): Promise<unknown>;
  patch(kind: string, name: string, body: object, manager?: string): Promise<unknown>;
  remove(kind: string, name: string): Promise<void>;
  /** Without any of Calico's objects and leases, and with these Nodes alone. */
  empty(nodes: readonly string[]): Promise<void>;
}

const plurals: Readonly<Record<string, string>> = {
  BGPPeer: 'bgppeers',
  BGPConfiguration: 'bgpconfigurations',
  BGPFilter: 'bgpfilters',
  IPPool: 'ippools',
  IPAMBlock: 'ipamblocks',
  BlockAffinity: 'blockaffinities',
  ClusterInformation: 'clusterinformations',
  FelixConfiguration: 'felixconfigurations',
  CalicoNodeStatus: 'caliconodestatuses',
};
const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';

/**
 * Defines the tests once per server; without a server, a single test that is skipped with the
 * reason.
 */
export function onEachApiServer(define: (open: () => Promise<ApiServer>) => void): void {
  const files = (process.env['KUBECONFIG_FOR_TESTS'] ?? '').split(path.delimiter).filter(Boolean);
  if (files.length === 0) {
    it('needs a real API server', function () {
      lacks('an API server: KUBECONFIG_FOR_TESTS names none', undefined, 'api-server');
      this.skip();
    });
  }
  for (const file of files) {
    describe(`of ${path.basename(path.dirname(file))}`, () => {
      let opened: Promise<ApiServer> | undefined;
      after(async () => (await opened)?.client.close());
      define(() => (opened ??= openApiServer(file)));
    });
  }
}

async function openApiServer(kubeconfig: string): Promise<ApiServer> {
  const client = createKubernetesClient(
    { kubeconfig, concurrency: 16, timeoutMs: 10_000 },
    { environment: {}, root: '/' },
  );
  const v1 = await client.find('look', '/apis/crd.projectcalico.org/v1');
  const group = v1 === undefined ? 'projectcalico.org/v3' : 'crd.projectcalico.org/v1';
  const pathOf = (kind: string, name?: string): string => {
    const collection = collectionOf(group, kind);
    return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`;
  };
  const crd = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/ippools.${group.split('/')[0] ?? ''}`;
  const isOld = !JSON.stringify(await client.find('look', crd)).includes('"assignmentMode"');
  const get: ApiServer['get'] = (kind, name) => client.find('get', pathOf(kind, name));
  const remove: ApiServer['remove'] = async (kind, name) => {
    try {
      await client.send({ what: 'delete', method: 'DELETE', path: pathOf(kind, name) });
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.status !== 404) throw error;
    }
  };
  return {
    kubeconfig,
    group,
    isOld,
    client,
    path: pathOf,
    get,
    remove,
    put: async (kind, name, document, manager = 'a-person') => {
      const there = await get(kind, name);
      const query = { fieldManager: manager };
      if (there === undefined) {
        const request = { what: 'create', method: 'POST', query, body: document } as const;
        return (await client.send({ ...request, path: pathOf(kind) })).data;
      }
      const version = textAt(there, 'metadata', 'resourceVersion');
      const metadata = { ...('metadata' in document && Object(document.metadata)) };
      const body = { ...document, metadata: { ...metadata, resourceVersion: version } };
      const request = { what: 'replace', method: 'PUT', query, body } as const;
      return (await client.send({ ...request, path: pathOf(kind, name) })).data;
    },
    patch: async (kind, name, body, manager = 'a-person') => {
      const contentType = 'application/merge-patch+json';
      const query = { fieldManager: manager };
      const request = { what: 'patch', method: 'PATCH', query, contentType, body } as const;
      return (await client.send({ ...request, path: pathOf(kind, name) })).data;
    },
    empty: async (nodes) => {
      const kinds = [...Object.keys(plurals), 'Node', 'Lease'];
      for (const kind of kinds) {
        const { items } = await client.list('list', pathOf(kind), wholeItem);
        const names = items.map((item) => textAt(item, 'metadata', 'name') ?? '');
        await Promise.all(names.map((name) => remove(kind, name)));
      }
      for (const name of nodes) {
        const body = { apiVersion: 'v1', kind: 'Node', metadata: { name } };
        await client.send({ what: 'make a node', method: 'POST', path: pathOf('Node'), body });
      }
    },
  };
}

function collectionOf(group: string, kind: string): string {
  if (kind === 'Node') return '/api/v1/nodes';
  if (kind === 'Lease') return leases;
  return `/apis/${group}/${plurals[kind] ?? ''}`;
}

export function namesOf(list: unknown): readonly string[] {
  return listAt(list, 'items').map((item) => textAt(item, 'metadata', 'name') ?? '');
}
