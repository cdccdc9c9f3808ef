/** What a node is, as its host shows it: the guess that needs no configuration. */
import os from 'node:os';
import type { DetectedFacts, FactsSource } from '../../ports/facts-source.ts';
import { readDefaultRoutes } from '../../../runtime/default-routes.ts';
import { readUnits } from './juju-units.ts';
import { selectAddresses, type HostAddress } from './select-addresses.ts';
import { readTunnels } from './virtual-interfaces.ts';

export interface Host {
  /** Where /proc, /sys and /var are looked for. */
  readonly root: string;
  hostname(): string;
  networkInterfaces(): ReturnType<typeof os.networkInterfaces>;
}

const thisHost: Host = {
  root: '/',
  hostname: () => os.hostname(),
  networkInterfaces: () => os.networkInterfaces(),
};

export function createHostFacts(host: Host = thisHost): FactsSource {
  return {
    detect: async (): Promise<DetectedFacts> => {
      const [defaultRoutes, tunnels, units] = await Promise.all([
        readDefaultRoutes(host.root),
        readTunnels(host.root),
        readUnits(host.root),
      ]);
      const addresses = selectAddresses(addressesOf(host), tunnels, defaultRoutes);
      return { name: nodeName(host.hostname()), addresses: [...addresses], units };
    },
  };
}

/** The kubelet's default node name is the host's, in lower case. Source: kubernetes pkg/util/node. */
export function nodeName(hostname: string): string {
  const name = hostname.trim().toLowerCase();
  return /^[a-z0-9]([-a-z0-9_.]*[a-z0-9])?$/.test(name) ? name : 'localhost';
}

function addressesOf(host: Host): HostAddress[] {
  return Object.entries(host.networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ address, cidr, family, internal }) => ({
      interface: name,
      family: family === 'IPv4' ? 4 : 6,
      address,
      cidr: cidr ?? address,
      internal,
    })),
  );
}
