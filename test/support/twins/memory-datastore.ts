import type { NodeSettings } from '../../../core/calico/node.ts';
import type {
  CalicoDatastore,
  DatastoreEvent,
  WatchListener,
} from '../../../agent/ports/datastore/calico-datastore.ts';
import type { Issue } from '../../../core/issue.ts';
import type { Change } from '../../../core/plan/plan.ts';
import type { FieldWriter, ObservedResource, PoolUsage } from '../../../core/observe/observed.ts';
import { observedResource } from '../../../core/observe/observed-resource.ts';
import { markedBy, ownerOf, released } from '../../../core/render/ownership.ts';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';

export interface MemoryDatastore extends CalicoDatastore {
  /** Everything in it, by kind and name. */
  contents(): Readonly<Record<string, unknown>>;
  /** All changes, in order: `create BGPPeer/x`. */
  readonly log: readonly string[];
  /** Writes like a person, beside the agent. */
  put(resource: CalicoResource, writers?: readonly FieldWriter[]): void;
  remove(key: string): void;
  /** Called around every single write, and before every observation. */
  meddle: Meddling;
}

export interface Meddling {
  /** Throws, or never ends, so that the write fails or the process dies there. */
  write?: (write: () => void) => Promise<void> | void;
  observe?: () => Promise<void> | void;
  /** The changes that it would refuse. */
  preflight?: () => readonly Issue[];
  /** Addresses in use; undefined as its answer: unknown. Without it: none. */
  usage?: () => readonly PoolUsage[] | undefined;
  /** Like another agent that took the lease meanwhile. */
  isFenced?: (change: Change, term: string | undefined) => boolean;
}

interface Stored {
  readonly resource: CalicoResource;
  readonly version: string;
  readonly writers?: readonly FieldWriter[];
}

export function createMemoryDatastore(): MemoryDatastore {
  const resources = new Map<string, Stored>();
  const nodes = new Map<string, NodeSettings>();
  const listeners = new Set<WatchListener>();
  const log: string[] = [];
  const meddle: Meddling = {};
  let version = 0;

  const tell = (event: DatastoreEvent): void => {
    for (const listener of listeners) listener.changed(event);
  };
  const store = (resource: CalicoResource, writers?: readonly FieldWriter[]): void => {
    version += 1;
    const stored = { resource, version: String(version) };
    resources.set(keyOf(resource), writers === undefined ? stored : { ...stored, writers });
    const scope = ownerOf(resource)?.scope;
    const { kind, metadata } = resource;
    const event = { type: 'object', kind, name: metadata.name } as const;
    tell(scope?.kind === 'node' ? { ...event, ofNode: scope.node } : event);
  };
  const remove = (key: string): boolean => {
    const slash = key.indexOf('/');
    const [kind, name] = [key.slice(0, slash), key.slice(slash + 1)];
    const isGone = resources.delete(key);
    if (isGone) tell({ type: 'object', kind, name });
    return isGone;
  };
  const writeOf = (change: Change, revision: RevisionRef): (() => void) => {
    if (change.action === 'patch-node') {
      return () => {
        if (same(nodes.get(change.node), change.after)) return;
        nodes.set(change.node, change.after);
        log.push(`patch-node Node/${change.node}`);
        tell({ type: 'object', kind: 'Node', name: change.node, ofNode: change.node });
      };
    }
    const key = keyOf(change.action === 'create' ? change.resource : change.before);
    const put = (wanted: CalicoResource): void => {
      if (same(resources.get(key)?.resource, wanted)) return;
      store(wanted);
      log.push(`${change.action} ${key}`);
    };
    return () => {
      if (change.action !== 'create') refuseChanged(change.version, resources.get(key), key);
      if (change.action === 'delete') {
        if (remove(key)) log.push(`delete ${key}`);
      } else if (change.action === 'release') {
        const current = resources.get(key);
        if (current !== undefined) put(released(current.resource));
      } else put(markedBy(change, revision));
    };
  };

  return {
    driver: 'memory',
    reachesCluster: true,
    message: 'kept in memory',
    log,
    meddle,
    contents: () =>
      Object.fromEntries([
        ...[...resources].map(([key, { resource }]) => [key, resource]),
        ...[...nodes].map(([name, one]) => [`Node/${name}`, one]),
      ]),
    put: store,
    remove: (key) => void remove(key),
    observe: async (node) => {
      await meddle.observe?.();
      return {
        resources: [...resources.values()].map(observed),
        nodes: [{ name: node, settings: nodes.get(node) ?? { groupLabels: [] } }],
      };
    },
    poolUsage: (cidrs) =>
      Promise.resolve(
        meddle.usage === undefined ? cidrs.map((cidr) => ({ cidr, addresses: 0 })) : meddle.usage(),
      ),
    preflight: () => Promise.resolve(meddle.preflight?.() ?? []),
    apply: async (step, revision, fence) => {
      for (const change of step.changes) {
        if (meddle.isFenced?.(change, fence?.term) === true) {
          throw new AppError('writer-lease-lost', 'another agent holds the writer lease', {
            retryable: true,
          });
        }
        const write = writeOf(change, revision);
        if (meddle.write === undefined) write();
        else await meddle.write(write);
      }
    },
    watch: (_node, listener) => {
      listeners.add(listener);
      return { stop: () => Promise.resolve(void listeners.delete(listener)) };
    },
    close: () => Promise.resolve(),
  };
}

function refuseChanged(expected: string | undefined, found: Stored | undefined, key: string): void {
  if (expected === undefined || found === undefined || found.version === expected) return;
  throw new AppError('datastore-conflict', `${key} was changed meanwhile`, { retryable: true });
}

function observed({ resource, version, writers }: Stored): ObservedResource {
  return observedResource(resource, { version, ...(writers !== undefined && { writers }) });
}

function keyOf({ kind, metadata }: CalicoResource): string {
  return `${kind}/${metadata.name}`;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
