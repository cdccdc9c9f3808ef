/**
 * What a request asks for, for the audit log: under names of their own, so that no client can write
 * something that looks like the outcome, as a revision; and bounded, so that none can fill the log.
 */
import type { HttpRequest, Route } from '../../../runtime/http/route.ts';
import type { Details } from '../../app/audit/audit-trail.ts';

/** Of --without-approval, which is always there as a whole. */
export const longestReasonBytes = 500;
const longestBytes = 150;
/** Of all names and values of a request. */
const mostBytes = 1024;
const mark = '… (cut)';

/**
 * The parameters that routes know, those that say most of a change first. Others are not logged,
 * and none of these has a secret.
 */
const known = [
  'without-approval',
  ...['accept-loss', 'no-guard', 'supersede', 'retry', 'confirm-within', 'despite'],
  ...['reason', 'why', 'role', 'days', 'uses', 'expires', 'wait', 'snapshot', 'message'],
  ...['rollout', 'step'],
] as const;
/** Lists, which have what is left. */
const lists = ['id', 'node', 'name'] as const;

export function askedOf({ path }: Pick<Route, 'path'>, request: HttpRequest): Details {
  const { parameters, query } = request;
  const details: Record<string, string> = {};
  let left = mostBytes;
  const add = (name: string, values: readonly string[], longest: number): void => {
    if (values.length === 0) return;
    const key = `asked.${name}`;
    const most = Math.max(0, Math.min(longest, left - key.length));
    const text = cut(values.join(','), most);
    left -= key.length + Buffer.byteLength(text);
    details[key] = text;
  };
  for (const name of namesIn(path)) add(name, [parameters[name] ?? ''], longestBytes);
  for (const name of known) {
    const longest = name === 'without-approval' ? longestReasonBytes : longestBytes;
    add(name, query.getAll(name), longest);
  }
  for (const name of lists) {
    if (!(`asked.${name}` in details)) add(name, query.getAll(name), mostBytes);
  }
  return details;
}

/** `/v1/proposals/{id}`: `id` */
function namesIn(path: string): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}

function cut(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  // Half a character at the end becomes U+FFFD.
  return `${String(bytes.subarray(0, most)).replace(/\uFFFD+$/, '')}${mark}`;
}
