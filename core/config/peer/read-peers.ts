/** Reads peers in the form of both dialects: a list of addresses with AS numbers. */
import { kindOf, parseAddress } from '../net/address.ts';
import { parseAsNumber } from '../net/as-number.ts';
import type { Findings } from '../../findings.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import type { Located } from '../yaml/located.ts';
import type { Family, Peer, Sourced } from '../model.ts';
import { fieldsOf, integerOf, itemsOf, scalarOf, textOf } from '../yaml/read-values.ts';

/** The key's spelling in each dialect. */
export type AsNumberKey = 'asNumber' | 'as-number';

/** Reads the peers; reports those with a fault, and leaves them out. */
export function readPeers(list: Located | undefined, key: AsNumberKey, findings: Findings): Peer[] {
  return itemsOf(list).flatMap((item) => {
    const fields = fieldsOf(item);
    const address = readPeerAddress(textOf(fields.get('address')), findings);
    const asNumber = readAsNumber(fields.get(key), findings);
    if (address === undefined || asNumber === undefined) return [];
    const port = integerOf(fields.get('port'))?.value;
    return [withoutUndefined({ ...address, port, asNumber: asNumber.value, place: item.place })];
  });
}

export function readAsNumber(
  node: Located | undefined,
  findings: Findings,
): Sourced<number> | undefined {
  const scalar = scalarOf(node);
  if (scalar === undefined) return undefined;
  const parsed = parseAsNumber(scalar);
  findings.add(parsed.issues);
  return parsed.ok ? { value: parsed.value, place: scalar.place } : undefined;
}

interface PeerAddress {
  readonly address: string;
  readonly family: Family;
}

function readPeerAddress(
  text: Sourced<string> | undefined,
  findings: Findings,
): PeerAddress | undefined {
  if (text === undefined) return undefined;
  const parsed = parseAddress(text.value);
  if (!parsed.ok) {
    const hint = parsed.hint ?? addressHint(text.value);
    findings.error(text.place, 'peer-address-invalid', parsed.message, hint);
    return undefined;
  }
  const kind = kindOf(parsed.value);
  if (kind !== 'host') {
    const message = `"${text.value}" cannot be a peer: it is ${kind === 'unspecified' ? 'an' : 'a'} ${kind} address`;
    const hint = 'give the address of a router, or of another node';
    findings.error(text.place, 'peer-address-unusable', message, hint);
    return undefined;
  }
  return parsed.value;
}

/** A hint for additions to an address that people often make. */
function addressHint(text: string): string | undefined {
  const [bare = '', length] = text.split('/');
  if (length !== undefined && parseAddress(bare).ok) return `write ${bare}, without /${length}`;
  const [, host = '', port] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text) ?? [];
  return port !== undefined && parseAddress(host).ok
    ? `write the address alone; the native dialect has "port: ${port}" beside it`
    : undefined;
}
