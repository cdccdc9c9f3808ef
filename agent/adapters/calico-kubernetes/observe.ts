/** Observes the resources with parallel lists, and our own Node. */
import { pathPart } from '../../../core/input/path-part.ts';
import { observeObject } from '../../../core/observe/observe-object.ts';
import { isMap, textAt, valueAt } from '../../../core/input/plain-data.ts';
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
import type { ListOptions } from '../../../runtime/kubernetes/list-objects.ts';
import {
  freeNameBytes,
  weighInParts,
  weighSharing,
  type Weight,
} from '../../../core/input/weight.ts';
import { ReadingBudget } from '../../../runtime/pacing/reading-budget.ts';
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

async function observeResources(
  client: KubernetesClient,
  api: CalicoApi,
  seen: Seen,
): Promise<Pick<Observed, 'resources' | 'taken'>> {
  const budget = new ReadingBudget();
  let withItems = 0;
  const lists = await Promise.all(
    resourceKinds.map((kind) =>
      listKind(client, api, kind, {
        budget,
        keep: (item): Found => {
          const found = observeItem(kind, item, api.group);
          if (!('resource' in found) || withItems === mostWithItem) return found;
          withItems += 1;
          seen.set(found.resource.resource, () => keptObject(item));
          return { ...found, item };
        },
      }),
    ),
  );
  return foundIn(lists.flat());
}

/**
 * The objects that are held as a whole, for a later write. A plan for more objects is made in another
 * process, which gives new resources back, so that the writes read the objects again.
 */
const mostWithItem = 200;

/** `item`: it is held, and has the resource's texts. */
export type Found =
  { readonly resource: ObservedResource; readonly item?: unknown } | { readonly taken: TakenName };

/** The resources, and the names that are taken, in the order in which they were read. */
export function foundIn(found: readonly Found[]): Pick<Observed, 'resources' | 'taken'> {
  const resources: ObservedResource[] = [];
  const taken: TakenName[] = [];
  for (const one of found) {
    if ('resource' in one) resources.push(one.resource);
    else taken.push(one.taken);
  }
  return { resources, ...(taken.length > 0 && { taken }) };
}

/** Checking a resource takes two microseconds for each member, and cannot be parted. */
const maxMembers = 5000;

/** @param options `keep` gives what is held of an object: `item`, whose texts are also in the rest */
export async function listKind<T extends object>(
  client: KubernetesClient,
  api: CalicoApi,
  kind: Parameters<CalicoApi['path']>[0],
  options: Pick<ListOptions<T>, 'keep' | 'budget'>,
): Promise<readonly T[]> {
  const weigh = (part: T): Generator<undefined, Weight> => {
    const item = valueAt(part, 'item');
    const made = Object.entries(part).filter(([name]) => name !== 'item');
    return item === undefined
      ? weighInParts(made, mostWeighed, freeNameBytes)
      : weighSharing(item, made, mostWeighed);
  };
  const list = { ...options, weigh, maxMembers };
  return (await client.listWithStubs(`list ${kind}s`, api.path(kind), list)).items;
}

/** More than a resource of the most members has with its writers. */
const mostWeighed = 4 * maxMembers;

export function observeItem(
  kind: ResourceKind,
  item: unknown,
  apiVersion: string,
): { readonly resource: ObservedResource } | { readonly taken: TakenName } {
  const document = isMap(item) ? { ...item, apiVersion, kind } : item;
  const name = textAt(item, 'metadata', 'name') ?? '';
  const why = whyUnreadable(item);
  if (why !== undefined) return { taken: { kind, name, why, isUnreadable: true } };
  const observed = observeObject(kind, name, document);
  if (observed.kind === 'taken') return { taken: observed.taken };
  const version = textAt(item, 'metadata', 'resourceVersion') ?? '';
  const writers = fieldWriters(item);
  return { resource: observedResource(observed.resource, { version, writers }) };
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
