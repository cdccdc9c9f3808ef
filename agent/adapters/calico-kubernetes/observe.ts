/** Observes the resources with parallel lists, and our own Node. */
import { pathPart } from '../../../core/input/path-part.ts';
import { observeObject } from '../../../core/observe/observe-object.ts';
import { isMap, textAt } from '../../../core/input/plain-data.ts';
import type {
  Observed,
  ObservedNode,
  ObservedResource,
  TakenName,
} from '../../../core/observe/observed.ts';
import { whyUnreadable } from '../../../core/input/deep-items.ts';
import { printable } from '../../../core/printable.ts';
import { observedResource } from '../../../core/observe/observed-resource.ts';
import {
  resourceKinds,
  type CalicoResource,
  type ResourceKind,
} from '../../../core/calico/resource.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { wholeItem } from '../../../runtime/kubernetes/list-objects.ts';
import { ReadingBudget } from '../../../runtime/pacing/reading-budget.ts';
import { inTurns } from '../../../runtime/pacing/in-turns.ts';
import type { CalicoApi } from './calico-api.ts';
import { keptObject, type KeptObject } from './objects/kept-object.ts';
import { fieldWriters } from './objects/managed-fields.ts';
import { nodeSettingsOf } from './objects/node-settings.ts';

/** The parts of an object that a later write needs, kept with the observed resource; derived on demand. */
export type Seen = WeakMap<CalicoResource, () => KeptObject>;

export async function observeKubernetes(
  client: KubernetesClient,
  api: CalicoApi,
  seen: Seen,
  node: string,
): Promise<Observed> {
  const [found, ours] = await Promise.all([
    observeResources(client, api, seen),
    observeNode(client, node),
  ]);
  return { ...found, nodes: [ours] };
}

export async function observeResources(
  client: KubernetesClient,
  api: CalicoApi,
  seen: Seen,
): Promise<Pick<Observed, 'resources' | 'taken'>> {
  const budget = new ReadingBudget();
  const lists = await Promise.all(
    resourceKinds.map(async (kind) => ({ kind, items: await listKind(client, api, kind, budget) })),
  );
  const resources: ObservedResource[] = [];
  const taken: TakenName[] = [];
  for (const { kind, items } of lists) {
    await inTurns(items, (item) => {
      const observed = observeItem(kind, item, api.group, seen);
      if ('resource' in observed) resources.push(observed);
      else taken.push(observed);
    });
  }
  return { resources, ...(taken.length > 0 && { taken }) };
}

/** Checking a resource takes two microseconds for each member, and cannot be parted. */
const maxMembers = 5000;

export async function listKind(
  client: KubernetesClient,
  api: CalicoApi,
  kind: Parameters<CalicoApi['path']>[0],
  budget = new ReadingBudget(),
): Promise<readonly unknown[]> {
  return (
    await client.listWithStubs(`list ${kind}s`, api.path(kind), {
      keep: wholeItem,
      budget,
      maxMembers,
    })
  ).items;
}

function observeItem(
  kind: ResourceKind,
  item: unknown,
  apiVersion: string,
  seen: Seen,
): ObservedResource | TakenName {
  const document = isMap(item) ? { ...item, apiVersion, kind } : item;
  const name = textAt(item, 'metadata', 'name') ?? '';
  const why = whyUnreadable(item);
  if (why !== undefined) return { kind, name, why, isUnreadable: true };
  const observed = observeObject(kind, name, document);
  if (observed.kind === 'taken') return observed.taken;
  const { resource } = observed;
  seen.set(resource, () => keptObject(item));
  const version = textAt(item, 'metadata', 'resourceVersion') ?? '';
  return observedResource(resource, { version, writers: fieldWriters(item) });
}

async function observeNode(client: KubernetesClient, name: string): Promise<ObservedNode> {
  const node = await readNode(client, name);
  if (node === undefined) return { name, settings: { groupLabels: [] }, exists: false };
  return { name, settings: nodeSettingsOf(node) };
}

/** Reads the core Node; undefined: there is none. */
export function readNode(client: KubernetesClient, name: string): Promise<unknown> {
  return client.find(`read Node "${printable(name)}"`, nodePath(name));
}

export function nodePath(name: string): string {
  return `/api/v1/nodes/${pathPart(name)}`;
}
