/** Our plain data as etcd's messages, and back. */
import {
  CompareResult,
  CompareTarget,
  type ICompare,
  type IKeyValue,
  type IRangeRequest,
  type IRequestOp,
} from 'etcd3';
import type { Compare, KeyRange, StoredKey, Write } from './keys.ts';

/** @param after the last key of the page before */
export function rangeOf(range: KeyRange, after?: string): IRangeRequest {
  if ('key' in range) return { key: Buffer.from(range.key) };
  const first = Buffer.from(after === undefined ? range.prefix : `${after}\0`);
  return { key: first, range_end: endOf(Buffer.from(range.prefix)) };
}

/** The first key that does not begin so. Our prefixes are texts: no byte of UTF-8 is 0xff. */
function endOf(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  const last = end.length - 1;
  end[last] = (end[last] ?? 0) + 1;
  return end;
}

export function compareOf(compare: Compare): ICompare {
  const key = Buffer.from(compare.key);
  const result = CompareResult.Equal;
  return 'modified' in compare
    ? { key, result, target: CompareTarget.Mod, mod_revision: compare.modified }
    : { key, result, target: CompareTarget.Create, create_revision: compare.created };
}

export function writeOf(write: Write): IRequestOp {
  if ('remove' in write) return { request_delete_range: { key: Buffer.from(write.remove) } };
  const { put, value, lease = '0' } = write;
  return { request_put: { key: Buffer.from(put), value: Buffer.from(value), lease } };
}

export function storedKey({
  key,
  value,
  create_revision: created,
  mod_revision: modified,
  lease,
}: IKeyValue): StoredKey {
  return { key: key.toString(), value: value.toString(), created, modified, lease };
}
