/** Combines the watches of Calico's kinds, of our own Node and of the writer lease. */
import { textAt, valueAt } from '../../../core/input/plain-data.ts';
import { ownerOf } from '../../../core/render/ownership.ts';
import { observeObject } from '../../../core/observe/observe-object.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import {
  watchCollection,
  type WatchedCollection,
} from '../../../runtime/kubernetes/watch-collection.ts';
import { createPulse, pulseMs } from '../../../runtime/kubernetes/pulse.ts';
import type {
  DatastoreEvent,
  DatastoreWatch,
  WatchListener,
} from '../../ports/datastore/calico-datastore.ts';
import type { CalicoApi } from './calico-api.ts';
import { leaseName, leasePath, storedLease } from './lease-object.ts';
import { nodeSettingsOf } from './objects/node-settings.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { nextDelay } from '../../../core/protocol/backoff.ts';
import { resourceKinds, type ResourceKind } from '../../../core/calico/resource.ts';

export interface WatchOptions {
  readonly client: KubernetesClient;
  readonly api: () => Promise<CalicoApi>;
  readonly namespace: string;
  readonly node: string;
  readonly listener: WatchListener;
  readonly random: () => number;
  /** How long a watch may be silent before the agent asks the server. */
  readonly pulseMs?: number;
}

const limits = { baseMs: 1000, capMs: 30_000 };

export function watchKubernetes(options: WatchOptions): DatastoreWatch {
  const stopping = new AbortController();
  const running = run(options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function run(options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { client, listener, random } = options;
  const health = createHealth(listener);
  const api = await untilKnown(options, health, signal);
  if (api === undefined) return;
  const collections = [
    ...resourceKinds.map((kind) => ofKind(kind, api)),
    ofNode(options.node),
    ofLease(options.namespace),
  ];
  const { pulseMs: everyMs = pulseMs } = options;
  const pulse = createPulse({ client, everyMs, random, signal });
  let starting = collections.length;
  const watches = collections.map(({ seen, ...collection }) => {
    const watched: WatchedCollection = {
      ...collection,
      changed: ({ type, object }) => {
        const event = seen(object, type === 'DELETED');
        if (event !== undefined && !signal.aborted) listener.changed(event);
      },
      working: (anew) => {
        health.working(collection.what);
        if (anew && starting > 0) starting -= 1;
        // At the start one event for all of them.
        if (anew && starting === 0 && !signal.aborted) listener.changed({ type: 'anything' });
      },
      failing: (reason) => health.failing(collection.what, reason),
    };
    return watchCollection(client, watched, random, signal, pulse);
  });
  await Promise.all(watches);
}

/**
 * Waits for the API, without which there is nothing to watch: there may be no server yet, or no
 * Calico.
 */
async function untilKnown(
  { api, random }: WatchOptions,
  health: Health,
  signal: AbortSignal,
): Promise<CalicoApi | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const found = await api();
      health.working('the server');
      return signal.aborted ? undefined : found;
    } catch (error) {
      if (signal.aborted) return undefined;
      health.failing('the server', reasonOf(error));
      const ms = nextDelay({ attempt, limits, random: random() });
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    }
  }
}

interface Health {
  working(what: string): void;
  failing(what: string, reason: string): void;
}

/** Reports a failure once, until everything works again. */
function createHealth(listener: WatchListener): Health {
  const broken = new Set<string>();
  return {
    working: (what) => void broken.delete(what),
    failing: (what, reason) => {
      if (broken.size === 0) listener.failing(reason);
      broken.add(what);
    },
  };
}

interface Watched extends Pick<WatchedCollection, 'what' | 'path' | 'query' | 'found'> {
  /** The event for the agent; undefined: the change does not matter. */
  seen(object: unknown, isGone: boolean): DatastoreEvent | undefined;
}

function ofKind(kind: ResourceKind, api: CalicoApi): Watched {
  return {
    what: `watch ${kind}s`,
    path: api.path(kind),
    seen: (object) => {
      const name = textAt(object, 'metadata', 'name') ?? '';
      const observed = observeObject(kind, name, object);
      const scope = observed.kind === 'resource' ? ownerOf(observed.resource)?.scope : undefined;
      const event = { type: 'object', kind, name } as const;
      return scope?.kind === 'node' ? { ...event, ofNode: scope.node } : event;
    },
  };
}

/**
 * Compares only the parts that matter to the agent, because a kubelet writes its Node all the time.
 */
function ofNode(name: string): Watched {
  const event = { type: 'object', kind: 'Node', name, ofNode: name } as const;
  return onlyOther(
    {
      what: `watch Node "${name}"`,
      path: '/api/v1/nodes',
      query: { fieldSelector: `metadata.name=${name}` },
    },
    (node) => [
      nodeSettingsOf(node),
      valueAt(node, 'metadata', 'labels'),
      valueAt(node, 'metadata', 'annotations', 'projectcalico.org/IPv4Address'),
      valueAt(node, 'metadata', 'annotations', 'projectcalico.org/IPv6Address'),
      valueAt(node, 'metadata', 'annotations', 'projectcalico.org/labels'),
    ],
    event,
  );
}

/** Compares the holder and the record; renewals do not matter. */
function ofLease(namespace: string): Watched {
  return onlyOther(
    {
      what: 'watch the writer lease',
      path: leasePath(namespace),
      query: { fieldSelector: `metadata.name=${leaseName}` },
    },
    (lease) => {
      const { holder, recordText } = storedLease(lease);
      return [holder, recordText];
    },
    { type: 'object', kind: 'Lease', name: leaseName },
  );
}

function onlyOther(
  collection: Pick<Watched, 'what' | 'path' | 'query'>,
  essence: (object: unknown) => unknown,
  event: DatastoreEvent,
): Watched {
  let last = '';
  return {
    ...collection,
    found: ([object]) => {
      last = object === undefined ? '' : JSON.stringify(essence(object));
    },
    seen: (object, isGone) => {
      const now = isGone ? '' : JSON.stringify(essence(object));
      if (now === last) return undefined;
      last = now;
      return event;
    },
  };
}
