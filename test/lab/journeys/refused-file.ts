import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';
import {
  changeText,
  confirmedEverywhere,
  measured,
  meshConfig,
  oneReflectorConfig,
  rolledBackEverywhere,
} from '../changes.ts';
import type { Journey } from '../journey.ts';
import { oneSubnet } from '../network/topology.ts';

const topology = oneSubnet(6, [4]);
const [reflector] = topology.nodes;
const refusing = 'node-3';

/**
 * A peer of one node, made by somebody else without an AS number. calico-node writes `as 0` for it,
 * BIRD says "Remote AS number must be set", and calico-node keeps the current file of this BIRD.
 */
const peerWithoutAs = {
  kind: 'BGPPeer',
  metadata: { name: 'of-somebody-else' },
  spec: { node: refusing, peerIP: '10.0.0.200' },
};

const whyMissing =
  /^10\.0\.0\.2: applied, but not in BIRD for \d+ s: BIRD keeps its old configuration; see calico-node's log$/;

export const refusedFile: Journey = {
  name: 'refused-file',
  title: 'goes back by itself on all nodes where the BIRD of one node refuses its file',
  topology,
  run: async (fabric) => {
    // More than the 30 s that calico-node may need, so that the agent recognises a refusal, and not
    // only a delay.
    const changes = { confirmSeconds: { apply: 60 } };
    const agents = await fabric.startAgents({ changes });
    const victim = agents.find(({ node }) => node === refusing);
    if (reflector === undefined || victim === undefined) throw new Error('there is no such node');
    await confirmedEverywhere(agents, meshConfig);
    await fabric.writeDirectly(peerWithoutAs);
    const change = await measured(fabric, async () => {
      const config = oneReflectorConfig(reflector);
      const ends = Promise.all(agents.map((agent) => agent.apply(config, 300)));
      const recognised = eventually(async () => {
        const { sessions } = await victim.status();
        expect(sessions?.worst).to.match(whyMissing);
      }, 200_000);
      await recognised;
      const end = (await ends)[agents.indexOf(victim)];
      expect(end).to.match(/^failed: .*BIRD keeps its old configuration/);
      // A node that is healthy itself may have confirmed before.
      await rolledBackEverywhere(agents);
      expect(fabric.confd(refusing).refusal(4)).to.contain('Remote AS number must be set');
      // calico-node makes no newer file, but this BIRD already has the previous one.
      await fabric.removeDirectly(peerWithoutAs);
    });
    const text = changeText('a file that BIRD refuses', change);
    expect(change.report.lost, text).to.equal(0);
    return [text];
  },
};
