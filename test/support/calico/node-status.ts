/** A CalicoNodeStatus as calico-node fills it (calico: node/pkg/status/populators). */

interface Parts {
  readonly agent?: object;
  readonly bgp?: object;
}

interface ReportedNode {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
  readonly spec: object;
  readonly status: object;
}

/** One that is ready. */
export const reportedBird = { state: 'Ready', version: 'v0.3.3+birdv1.6.8', routerID: '10.0.0.1' };
const status = {
  lastUpdated: '2026-11-27T12:00:00Z',
  agent: { birdV4: reportedBird, birdV6: reportedBird },
  bgp: {
    numberEstablishedV4: 2,
    numberNotEstablishedV4: 1,
    numberEstablishedV6: 0,
    numberNotEstablishedV6: 1,
    peersV4: [
      { peerIP: '10.0.0.2', state: 'Established', type: 'NodeMesh', since: '11:59:00' },
      { peerIP: '10.0.1.1', state: 'Established', type: 'NodePeer', since: '2026-11-26' },
      { peerIP: '10.0.0.9', state: 'Active', type: 'GlobalPeer' },
    ],
    peersV6: [{ peerIP: 'fd00::2', type: 'NodeMesh' }],
  },
  routes: {
    routesV4: [
      route('192.168.2.0/26', 'FIB', { sourceType: 'NodeMesh', peerIP: '10.0.0.2' }),
      route('192.168.3.0/26', 'RIB', { sourceType: 'NodeMesh', peerIP: '10.0.0.2' }),
      route('192.168.4.0/26', 'FIB', { sourceType: 'BGPPeer', peerIP: '10.0.1.1.port.1179' }),
      route('10.0.0.0/24', 'FIB', { sourceType: 'Direct' }),
    ],
  },
};

function route(destination: string, type: string, learnedFrom: object): object {
  return { destination, type, gateway: '10.0.0.2', interface: 'eth0', learnedFrom };
}

/** @param parts instead of those of a healthy node */
export function nodeStatus(parts: Parts = {}): ReportedNode {
  return {
    apiVersion: 'crd.projectcalico.org/v1',
    kind: 'CalicoNodeStatus',
    metadata: { name: 'calico-agent.node-a' },
    spec: { node: 'node-a', classes: ['Agent', 'BGP', 'Routes'], updatePeriodSeconds: 5 },
    status: { ...status, ...parts },
  };
}
