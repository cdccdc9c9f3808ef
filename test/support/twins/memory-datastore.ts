import type { Change, ObservedResource } from '../../../core/plan/plan.ts';
import { ownerOf, stamped } from '../../../core/render/ownership.ts';
import type { CalicoResource, NodeSettings } from '../../../core/render/desired.ts';
import type { CalicoDatastore } from '../../../agent/ports/calico-datastore.ts';

export interface MemoryDatastore extends CalicoDatastore {
  /** Everything in it, by kind and name. */
  contents(): Readonly<Record<string, unknown>>;
  /** What changed anything, in order: `create BGPPeer/x`. */
  readonly log: readonly string[];
  /** As a person writes, beside the agent. */
  put(resource: CalicoResource): void;
  remove(key: string): void;
  /** Called around every single write, and before every observation. */
  meddle: Meddling;
}

export interface Meddling {
  /** Throws, or never ends, to have the write fail or the process die there. */
  write?: (write: () => void) => Promise<void> | void;
  observe?: () => Promise<void> | void;
}

export function createMemoryDatastore(): MemoryDatastore {
  const resources = new Map<string, CalicoResource>();
  const nodes = new Map<string, NodeSettings>();
  const log: string[] = [];
  const meddle: Meddling = {};

  const writeOf = (change: Change, revision: Parameters<typeof stamped>[2]): (() => void) => {
    if (change.action === 'patch-node') {
      return () => {
        if (same(nodes.get(change.node), change.after)) return;
        nodes.set(change.node, change.after);
        log.push(`patch-node Node/${change.node}`);
      };
    }
    if (change.action === 'delete') {
      const key = `${change.kind}/${change.name}`;
      return () => {
        if (resources.delete(key)) log.push(`delete ${key}`);
      };
    }
    const wanted = stamped(change.resource, change.share, revision);
    const key = keyOf(wanted);
    return () => {
      if (same(resources.get(key), wanted)) return;
      resources.set(key, wanted);
      log.push(`${change.action} ${key}`);
    };
  };

  return {
    driver: 'memory',
    reachesCluster: true,
    message: 'kept in memory',
    log,
    meddle,
    contents: () =>
      Object.fromEntries([...resources, ...[...nodes].map(([name, one]) => [`Node/${name}`, one])]),
    put: (resource) => void resources.set(keyOf(resource), resource),
    remove: (key) => void resources.delete(key),
    observe: async (node) => {
      await meddle.observe?.();
      return {
        resources: [...resources.values()].map(observed),
        nodes: [{ name: node, settings: nodes.get(node) ?? { groupLabels: [] } }],
      };
    },
    apply: async (step, revision) => {
      for (const change of step.changes) {
        const write = writeOf(change, revision);
        if (meddle.write === undefined) write();
        else await meddle.write(write);
      }
    },
  };
}

function observed(resource: CalicoResource): ObservedResource {
  const owner = ownerOf(resource);
  return owner === undefined ? { resource } : { resource, owner };
}

function keyOf({ kind, metadata }: CalicoResource): string {
  return `${kind}/${metadata.name}`;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
