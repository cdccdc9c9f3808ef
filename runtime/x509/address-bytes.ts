import ipaddr from 'ipaddr.js';

/** The bytes of an IPv4 or IPv6 address. @throws where it is none */
export function addressBytes(address: string): Buffer {
  return Buffer.from(ipaddr.parse(address).toByteArray());
}
