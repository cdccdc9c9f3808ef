/** The records of the store as keys of etcd: `<prefix><kind>/<key>`. */
import type { RecordName } from '../../ports/store.ts';

/** For the keys of a kind: a name that the store itself could have written. */
const kinds = /^[a-z][-a-z]{0,63}$/u;
const keys = /^[\u0021-\u007E]{1,600}$/u;

export function etcdKey(prefix: string, { kind, key }: RecordName): string {
  return `${kindPrefix(prefix, kind)}${key}`;
}

export function kindPrefix(prefix: string, kind: string): string {
  return `${prefix}${kind}/`;
}

/** The record that has this key; undefined: it is the key of a stranger. */
export function recordName(prefix: string, stored: string): RecordName | undefined {
  if (!stored.startsWith(prefix)) return undefined;
  const rest = stored.slice(prefix.length);
  const end = rest.indexOf('/');
  const [kind, key] = [rest.slice(0, end), rest.slice(end + 1)];
  return end > 0 && kinds.test(kind) && keys.test(key) ? { kind, key } : undefined;
}
