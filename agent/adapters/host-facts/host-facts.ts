/** The node's facts as far as its host shows them, without any configuration. */
import os from 'node:os';
import type { DetectedFacts, FactsSource } from '../../ports/facts-source.ts';
import { readHostAddresses } from './host-addresses.ts';
import { readUnits } from './juju-units.ts';

export interface Host {
  /** The folder that has /proc, /sys and /var. */
  readonly root: string;
  hostname(): string;
  /** The interfaces that are up and running, as libuv gives them. */
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
      const [addresses, units] = await Promise.all([
        readHostAddresses(host.root, host.networkInterfaces()),
        readUnits(host.root),
      ]);
      return { name: nodeName(host.hostname()), host: addresses, units };
    },
  };
}

/** The kubelet's default node name is the host's, in lower case. Source: kubernetes pkg/util/node. */
export function nodeName(hostname: string): string {
  const name = hostname.trim().toLowerCase();
  return /^[a-z0-9]([-a-z0-9_.]*[a-z0-9])?$/.test(name) ? name : 'localhost';
}
