import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';
import {
  changeText,
  confirmedEverywhere,
  measured,
  meshConfig,
  reflectorConfig,
  reflectorsAt,
} from '../changes.ts';
import type { Fabric } from '../fabric.ts';
import type { Journey } from '../journey.ts';
import { oneSubnet } from '../network/topology.ts';

/** The node is dead when the last step of all nodes waits for the sessions of all live nodes. */
export const killedNode: Journey = {
  name: 'killed-node',
  title: 'finishes a change without a node that is killed in the middle, which catches up',
  topology: oneSubnet(6, [4]),
  run: async (fabric) => {
    const agents = await fabric.startAgents();
    await confirmedEverywhere(agents, meshConfig);
    const reflectors = reflectorConfig(reflectorsAt(fabric, 0, 1));
    const [victim] = agents.slice(-1);
    if (victim === undefined) throw new Error('there is no agent');
    const others = agents.filter((agent) => agent !== victim);
    const change = await measured(fabric, async () => {
      // Its client loses the connection when the node is killed.
      const lost = victim.apply(reflectors, 300).catch(() => undefined);
      const confirmed = confirmedEverywhere(others, reflectors);
      confirmed.catch(() => undefined);
      await peersAreMade(fabric);
      await fabric.killNode(victim.node);
      await lost;
      await confirmed;
      await fabric.reviveNode(victim.node);
      await eventually(() => victim.status(), 120_000);
      await confirmedEverywhere([victim], reflectors);
    });
    const text = changeText('with a node killed in the middle', change);
    for (const { nodes, pair, lost } of change.report.pairs)
      if (!nodes.includes(victim.node)) expect(lost, `${pair}: ${text}`).to.equal(0);
    return [text];
  },
};

/** The mesh is still on then: it is turned off only 10 s after all sessions are Established. */
async function peersAreMade({ etcd }: Fabric): Promise<void> {
  await eventually(() => {
    const peers = [...etcd.values.keys()].filter((key) => key.includes('/bgppeers/'));
    expect(peers).not.to.deep.equal([]);
  }, 120_000);
}
