/**
 * What a controller that stands by writes before the bytes of a connection that it passes on to the
 * leader: the client's address, as the PROXY protocol version 2 has it (section 2.2 of its
 * specification), and a proof that the leader's key is known. Without the proof anybody could claim any
 * address, and with it the limits of that address.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { addressOf, bytesOf, withoutZone } from '../../../core/config/net/address.ts';

export interface Endpoint {
  /** An IP address; IPv4 also in its IPv6 form `::ffff:192.0.2.1`. */
  readonly address: string;
  readonly port: number;
}

export interface PassedConnection {
  readonly client: Endpoint;
  /** Where the client connected. */
  readonly local: Endpoint;
}

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** No TLS record and no request begins with it. */
export const firstByte = 0x0d;
/** Version 2, the command PROXY. */
const versionAndCommand = 0x21;
const families = { ipv4: 0x11, ipv6: 0x21 };
const fixedBytes = 16;
/** The first of the types that the specification leaves to programs. */
const proofType = 0xe0;
const proofBytes = 32;
const proofFieldBytes = 3 + proofBytes;
/** Two IPv6 addresses and two ports. */
const mostAddressBytes = 36;
export const mostHeaderBytes = fixedBytes + mostAddressBytes + proofFieldBytes;

/** @param key of the leader @returns undefined: an end has no address, because it is gone */
export function clientHeader({ client, local }: PassedConnection, key: Buffer): Buffer | undefined {
  const [from, to] = [withoutMapping(client.address), withoutMapping(local.address)];
  const isSixth = isIPv6(from) && isIPv6(to);
  if (!isSixth && !(isIPv4(from) && isIPv4(to))) return undefined;
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(client.port, 0);
  ports.writeUInt16BE(local.port, 2);
  const addresses = Buffer.concat([
    Buffer.from(bytesOf(withoutZone(from))),
    Buffer.from(bytesOf(withoutZone(to))),
    ports,
  ]);
  const head = Buffer.concat([
    signature,
    Buffer.from([versionAndCommand, isSixth ? families.ipv6 : families.ipv4]),
    lengthOf(addresses.length + proofFieldBytes),
    addresses,
    Buffer.from([proofType]),
    lengthOf(proofBytes),
  ]);
  return Buffer.concat([head, proofOf(head, key)]);
}

export type ReadHeader =
  | { readonly kind: 'whole'; readonly client: Endpoint; readonly bytes: number }
  /** More bytes have to come. */
  | { readonly kind: 'part' }
  /** It is none, or it has no valid proof. */
  | { readonly kind: 'refused' };

/** Reads the header at the beginning of a connection. @param key of this controller */
export function readClientHeader(data: Buffer, key: Buffer): ReadHeader {
  const begun = Math.min(data.length, signature.length);
  if (!data.subarray(0, begun).equals(signature.subarray(0, begun))) return { kind: 'refused' };
  if (data.length < fixedBytes) return { kind: 'part' };
  const addressBytes = addressBytesOf(data);
  const rest = data.readUInt16BE(14);
  if (addressBytes === undefined || rest !== 4 + 2 * addressBytes + proofFieldBytes) {
    return { kind: 'refused' };
  }
  const bytes = fixedBytes + rest;
  if (data.length < bytes) return { kind: 'part' };
  const head = data.subarray(0, bytes - proofBytes);
  const proof = data.subarray(bytes - proofBytes, bytes);
  // The type and the length of the field are part of what is proved.
  if (!timingSafeEqual(proof, proofOf(head, key))) return { kind: 'refused' };
  const bits = BigInt(`0x${data.toString('hex', fixedBytes, fixedBytes + addressBytes)}`);
  const address = addressOf(bits, addressBytes === 4 ? 4 : 6);
  const port = data.readUInt16BE(fixedBytes + 2 * addressBytes);
  return { kind: 'whole', client: { address, port }, bytes };
}

/** @returns undefined: an unknown version, command or family */
function addressBytesOf(data: Buffer): 4 | 16 | undefined {
  if (data[12] !== versionAndCommand) return undefined;
  if (data[13] === families.ipv4) return 4;
  return data[13] === families.ipv6 ? 16 : undefined;
}

function proofOf(head: Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key).update(head).digest();
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes);
  return length;
}

function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=[\d.]+$)/i, '');
}
