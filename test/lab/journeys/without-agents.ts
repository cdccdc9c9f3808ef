import { expect } from 'chai';
import { changeText, measured, reflectorsAt } from '../changes.ts';
import { nodeDocument } from '../fabric.ts';
import type { Journey } from '../journey.ts';
import { oneSubnet } from '../network/topology.ts';

/** The purpose of the agents: the same change loses nothing when they make it. */
export const withoutAgents: Journey = {
  name: 'without-agents',
  title: 'loses pings when all resources from the mesh to reflectors are written at once',
  topology: oneSubnet(6, [4]),
  run: async (fabric) => {
    const reflectors = reflectorsAt(fabric, 0, 1);
    const peers = reflectors.map(({ name, addresses: [address = ''] }) => ({
      kind: 'BGPPeer',
      metadata: { name },
      spec: { peerIP: address.replace(/\/.*/, ''), asNumber: 64512 },
    }));
    const change = await measured(fabric, () =>
      fabric.writeDirectly(
        ...reflectors.map(({ name, addresses }) =>
          nodeDocument(name, addresses, { routeReflectorClusterID: '224.0.0.1' }),
        ),
        ...peers,
        {
          kind: 'BGPConfiguration',
          metadata: { name: 'default' },
          spec: { nodeToNodeMeshEnabled: false },
        },
      ),
    );
    // Every pair loses more than half a second.
    for (const { lost, pair } of change.report.pairs) expect(lost, pair).to.be.greaterThan(10);
    return [changeText('without agents', change)];
  },
};
