/** Names of BGPPeers: RFC 1123 subdomains of at most 253 characters, one for each peer. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ResolvedPeer } from '../resolve/resolution.ts';

export type Neighbour = Omit<ResolvedPeer, 'reasons'>;

const maxLength = 253;
const hashLength = 8;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** `calico-agent-10.0.0.1-64512`: the same name whether all nodes have the peer or some. */
export function sharedPeerName(neighbour: Neighbour): string {
  return `calico-agent-${neighbourName(neighbour)}`;
}

/**
 * `node-0-10.0.0.1-64512`. Where the node's name had to be changed to fit (capital letters, its
 * length), a hash of it keeps the names apart; the `x` before it is in no address and no number.
 */
export function nodePeerName(node: string, neighbour: Neighbour): string {
  const family = neighbour.family === 6 ? 'v6-' : '';
  const end = `-${family}${neighbourName(neighbour)}`;
  const plain = sanitised(node);
  if (plain === node && plain.length + end.length <= maxLength) return plain + end;
  const hash = `-x${bytesToHex(sha256(utf8ToBytes(node))).slice(0, hashLength)}`;
  const room = maxLength - end.length - hash.length;
  return trimmed(plain.slice(0, room)) + end + hash;
}

function neighbourName({ address, asNumber, port }: Neighbour): string {
  const end = port === undefined ? '' : `-port-${port}`;
  return `${address.replaceAll(':', '-')}-${asNumber}${end}`;
}

function sanitised(node: string): string {
  const characters = trimmed(node.toLowerCase().replaceAll(/[^-.a-z0-9]/g, '-'));
  return subdomain.test(characters) ? characters : trimmed(characters.replaceAll('.', '-'));
}

function trimmed(name: string): string {
  return name.replace(/^[-.]+/, '').replace(/[-.]+$/, '') || 'node';
}
