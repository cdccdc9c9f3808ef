/**
 * The values that all servers of a K3s cluster have to share, as each server wrote them into its Node at its
 * last start. Sources: k3s pkg/nodeconfig (the annotation), pkg/daemons/config CriticalControlArgs (the list).
 */
import { addressAt, parseNetwork } from '../../config/net/address.ts';
import { jsonBounds } from '../../input/bounds.ts';
import { parseJson } from '../../input/parse-json.ts';
import { nameSome } from '../../name-some.ts';
import { printable } from '../../printable.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue } from '../file-issues.ts';
import { canonicalItem } from './canonical-item.ts';
import { networkFlags } from './flags.ts';

/** By the name of the flag; a default counts as a value. */
export type ServerValues = Readonly<Record<string, string>>;

const shared = [
  'cluster-cidr',
  'service-cidr',
  'cluster-dns',
  'cluster-domain',
  'flannel-backend',
  'flannel-ipv6-masq',
  'flannel-external-ip',
  'egress-selector-mode',
  'disable-network-policy',
  'disable-cloud-controller',
];

/**
 * Reads the annotation k3s.io/node-args. Undefined: no server wrote it, or it cannot be read. Other arguments, which
 * may be secrets, are left out.
 */
export function serverValues(annotation: string): ServerValues | undefined {
  const parsed = parseJson(annotation, jsonBounds.annotation);
  if (!parsed.ok || !Array.isArray(parsed.data)) return undefined;
  const [command, ...words] = parsed.data.map(String);
  if (command !== 'server') return undefined;
  const given = shared.map((name) => [name, valueOf(name, words)] as const);
  const values = Object.fromEntries(given);
  const dns = values['cluster-dns'] ?? '';
  return {
    ...values,
    'cluster-dns': dns === '' ? usualDns(values['service-cidr'] ?? '') : dns,
    servicelb: itemsOf('disable', words).includes('servicelb') ? 'disabled' : 'enabled',
  };
}

function valueOf(name: string, words: readonly string[]): string {
  const flag = networkFlags.get(name);
  const items = itemsOf(name, words);
  if (items.length === 0) return flag?.default ?? '';
  if (flag?.kind === 'list') return items.map(canonicalItem).join(',');
  const last = items.at(-1) ?? '';
  return flag?.kind === 'switch' ? String(/^(?:1|t|true)$/i.test(last)) : last;
}

/** Each flag stands before its value, in a word of its own; a switch may have none. */
function itemsOf(name: string, words: readonly string[]): readonly string[] {
  return words.flatMap((word, index) => {
    if (word !== `--${name}`) return [];
    const next = words[index + 1];
    return next === undefined || next.startsWith('-') ? ['true'] : next.split(',');
  });
}

/** The tenth address of each service range. */
function usualDns(services: string): string {
  return services
    .split(',')
    .flatMap((item) => {
      const parsed = parseNetwork(item);
      return parsed.ok ? [addressAt(parsed.value.network, 10)] : [];
    })
    .join(',');
}

export interface K3sServer {
  readonly name: string;
  readonly values: ServerValues;
}

/** One issue for each value that is not the same on all servers. */
export function compareServers(servers: readonly K3sServer[]): readonly PlatformIssue[] {
  return [...shared, 'servicelb'].flatMap((name) => {
    const byValue = new Map<string, string[]>();
    for (const server of servers) {
      const value = server.values[name] ?? '';
      byValue.set(value, [...(byValue.get(value) ?? []), server.name]);
    }
    return byValue.size < 2 ? [] : [differs(name, byValue)];
  });
}

function differs(name: string, byValue: ReadonlyMap<string, readonly string[]>): PlatformIssue {
  const found = [...byValue].map(
    ([value, servers]) => `${printable(value === '' ? 'none' : value)} on ${nameSome(servers)}`,
  );
  const message = `${name} differs between the servers of K3s: ${found.join('; ')}`;
  const hint =
    'give all servers the same value and restart them, one after the other: K3s refuses a server that joins with another one';
  return fileIssue('error', undefined, { code: 'k3s-servers-differ', message, hint });
}
