import { resourceKinds } from '../../../core/calico/resource.ts';
import { parseResource } from '../../../core/observe/parse-resource.ts';
import { ownerOf } from '../../../core/render/ownership.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import type { KeyEvent } from '../../../runtime/etcd/keys.ts';
import type {
  DatastoreEvent,
  DatastoreWatch,
  WatchListener,
} from '../../ports/datastore/calico-datastore.ts';
import { keyOf, kindPrefix, objectOf, writerRecordKey } from './keys.ts';
import { longValue, parseValue } from './objects/stored-object.ts';

/** Watches pools, BGPConfigurations, BGPPeers, this node, and the writer record. */
export function watchDatastore(
  client: EtcdClient,
  node: string,
  listener: WatchListener,
): DatastoreWatch {
  const ranges = [
    ...resourceKinds.map((kind) => ({ prefix: kindPrefix(kind) })),
    { key: keyOf('Node', node) },
    { key: writerRecordKey },
  ];
  const watch = client.watch(ranges, {
    changed: (events) => {
      for (const event of events) listener.changed(eventOf(event));
    },
    began: () => listener.changed({ type: 'anything' }),
    failing: (reason) => listener.failing(reason),
  });
  return { stop: () => Promise.resolve(watch.stop()) };
}

function eventOf(event: KeyEvent): DatastoreEvent {
  const object = objectOf(event.key);
  if (object === undefined) return { type: 'object', kind: 'WriterRecord', name: 'scope' };
  const { kind, name } = object;
  const ofNode =
    kind === 'Node' ? name : nodeOf(event.type === 'put' ? event.value : event.previous);
  return { type: 'object', kind, name, ...(ofNode !== undefined && { ofNode }) };
}

/** undefined: no node has the object alone, or its value is too long to be parsed in an event. */
function nodeOf(value: string | undefined): string | undefined {
  if (value !== undefined && value.length > longValue) return undefined;
  const parsed = parseResource(parseValue(value ?? ''));
  const scope = parsed.kind === 'resource' ? ownerOf(parsed.resource)?.scope : undefined;
  return scope?.kind === 'node' ? scope.node : undefined;
}
