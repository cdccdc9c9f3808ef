/** The client with the paths of objects, and refused rights named exactly with what to do. */
import { documentHint } from '../../../core/document-hint.ts';
import { pathPart } from '../../../core/input/path-part.ts';
import {
  objectKinds,
  refText,
  type ObjectKind,
  type ObjectRef,
} from '../../../core/platform/cluster/object-ref.ts';
import { RightRefused } from '../../../runtime/kubernetes/right-refused.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import type { Selectors } from '../../../runtime/kubernetes/list-objects.ts';
import type { ApiRequest } from '../../../runtime/kubernetes/requests.ts';

/** As our other objects: core/render/ownership.ts. */
export const fieldManager = 'calico-agent';

export interface Reader {
  /** @throws AppError datastore-failed naming the right, where the server refuses it */
  send(request: ApiRequest): Promise<unknown>;
  /** Undefined: there is none. */
  object(ref: ObjectRef): Promise<unknown>;
  find(what: string, path: string): Promise<unknown>;
  /** All items that `keep` keeps. */
  list<T>(
    what: string,
    path: string,
    keep: (item: unknown) => T | undefined,
    selectors?: Selectors,
  ): Promise<readonly T[]>;
  /** As list; undefined: the server has no such kind of object. */
  listOptional<T>(
    what: string,
    path: string,
    keep: (item: unknown) => T | undefined,
    selectors?: Selectors,
  ): Promise<readonly T[] | undefined>;
}

export function createReader(
  client: Pick<KubernetesClient, 'send' | 'find' | 'listWithStubs'>,
): Reader {
  const named = async <T>(path: string, work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw withRight(path, error);
    });
  const find: Reader['find'] = (what, path) => named(path, client.find(what, path));
  const list: Reader['list'] = async (what, path, keep, selectors = {}) => {
    const items = client.listWithStubs(what, path, { keep, selectors });
    return (await named(path, items)).items;
  };
  return {
    send: async (request) => (await named(request.path, client.send(request))).data,
    find,
    object: (ref) => find(`read ${refText(ref)}`, objectPath(ref)),
    list,
    listOptional: async (what, path, keep, selectors) => {
      try {
        return await list(what, path, keep, selectors);
      } catch (error) {
        if (error instanceof ApiRefusal && error.status === 404) return undefined;
        throw error;
      }
    },
  };
}

export function objectPath({ kind, namespace, name }: ObjectRef): string {
  return `${collectionPath(kind, namespace)}/${pathPart(name)}`;
}

export function collectionPath(kind: ObjectKind, namespace: string | undefined): string {
  const { apiVersion, plural } = objectKinds[kind];
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined
    ? `${base}/${plural}`
    : `${base}/namespaces/${pathPart(namespace)}/${plural}`;
}

/** The server's own text says which user lacks which verb on which resource and namespace. */
function withRight(path: string, error: unknown): unknown {
  if (!(error instanceof ApiRefusal) || error.status !== 403 || error.isByWebhook) return error;
  const [role, document] = path.startsWith('/apis/metallb.io/')
    ? (['calico-agent-metallb', 'metallb.md'] as const)
    : (['calico-agent-platform', 'kubernetes.md'] as const);
  const hint = `apply the ClusterRole ${role} of ${documentHint(document)} and bind it to this user`;
  return new RightRefused(`${error.message}; ${hint}`, error);
}
