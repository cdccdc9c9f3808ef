/** A BGPPeer's field peerIP, which names its neighbour. */
import { parseAddress } from '../config/net/address.ts';
import { peerKey, type AddressAndPort, type Neighbour } from '../config/peer/neighbour.ts';

/** `v4`, `v4:port`, `v6` or `[v6]:port`: libcalico-go/lib/validator/v3/validator.go. */
export function peerIp({ address, family, port }: Neighbour): string {
  if (port === undefined) return address;
  return family === 4 ? `${address}:${port}` : `[${address}]:${port}`;
}

/** A peerIP in its canonical spelling; one that cannot be read stays as it is. */
export function parsePeerIp(text: string): AddressAndPort {
  const [address, port] = splitPeerIp(text);
  const parsed = parseAddress(address);
  return {
    address: parsed.ok ? parsed.value.address : address,
    ...(port !== undefined && { port: Number(port) }),
  };
}

function splitPeerIp(text: string): readonly [address: string, port: string | undefined] {
  const match = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? /^([^:]+):(\d+)$/.exec(text);
  return match === null ? [text, undefined] : [match[1] ?? text, match[2]];
}

/** The peerKey of a BGPPeer's neighbour. */
export function neighbourOf({ spec }: { readonly spec: { readonly peerIP: string } }): string {
  return peerKey(parsePeerIp(spec.peerIP));
}
