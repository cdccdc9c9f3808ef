/** Listens for agents at an address. */
import type { AddressInfo, Server } from 'node:net';
import { fromSystemError } from '../../../runtime/errors.ts';
import type { ListenAddress } from '../listen-address.ts';

/** @returns the address with the port that the system gave @throws AppError already-running, … */
export function listenAt(server: Server, { host, port }: ListenAddress): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(fromSystemError(`cannot listen on ${host}:${String(port)}`, error));
    };
    server.once('error', fail);
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off('error', fail);
      const bound = server.address();
      resolve({ host, port: isAddressInfo(bound) ? bound.port : port });
    });
  });
}

function isAddressInfo(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
