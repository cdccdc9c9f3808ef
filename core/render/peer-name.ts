/**
 * Names of BGPPeers: RFC 1123 subdomains of at most 253 characters, one for each neighbour and its
 * nodes. The AS number is not part of the name: another one changes the existing object, while a
 * second object for the same neighbour would leave Calico to pick one of the two.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { bgpPort, type Neighbour } from '../config/peer/neighbour.ts';

const maxLength = 253;
const hashLength = 8;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/**
 * `calico-agent-10.0.0.1` for a peer of every node; with the hash of the group's label for one of
 * some nodes, because two groups may know two routers by one address.
 */
export function sharedPeerName(neighbour: Neighbour, groupHash?: string): string {
  const end = groupHash === undefined ? '' : `-${groupHash}`;
  return `calico-agent-${neighbourName(neighbour)}${end}`;
}

/**
 * `node-0-10.0.0.1`. If the node's name had to be changed (capital letters, its length), a hash of
 * it keeps the names apart; no address and no number has the `x` before it.
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

/**
 * The neighbour's part of the name. A name must not end with "-", so fd00:: is written as fd00::0.
 * BGP's own port is in no name: writing it changes the existing object, because there can be only
 * one session with the router.
 */
function neighbourName({ address, port }: Neighbour): string {
  const end = port === undefined || port === bgpPort ? '' : `-port-${port}`;
  return `${address.replace(/::$/, '::0').replaceAll(':', '-')}${end}`;
}

function sanitised(node: string): string {
  const characters = trimmed(node.toLowerCase().replaceAll(/[^-.a-z0-9]/g, '-'));
  return subdomain.test(characters) ? characters : trimmed(characters.replaceAll('.', '-'));
}

function trimmed(name: string): string {
  return name.replace(/^[-.]+/, '').replace(/[-.]+$/, '') || 'node';
}
