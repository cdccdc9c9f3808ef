import { expect } from 'chai';
import { changeText, confirmedEverywhere, measured, rackConfig } from '../changes.ts';
import type { Journey } from '../journey.ts';
import { pingText } from '../network/pings.ts';
import { twoRacks } from '../network/topology.ts';

/**
 * Its top-of-rack router gets it at the same moment. All its sessions are made anew, and a router
 * has no guard routes: pods of the rack lose their traffic through it meanwhile, as the plan says
 * beforehand.
 */
export const rackAsNumber: Journey = {
  name: 'rack-as-number',
  title: 'loses no more than the plan says where a rack gets another AS number',
  topology: twoRacks(),
  run: async (fabric) => {
    const agents = await fabric.startAgents();
    const before = await rackConfig();
    await confirmedEverywhere(agents, before);
    const after = before.replaceAll('64513', '64514');
    const told = (await Promise.all(agents.map((agent) => agent.losses(after)))).flat();
    const change = await measured(fabric, () => confirmedEverywhere(agents, after));
    const text = changeText('another AS number', change);
    const isInSubnet = (name: string): boolean =>
      fabric.topology.nodes.some(
        (node) => node.name === name && node.addresses[0]?.startsWith('10.0.2.') === true,
      );
    const isTold = (node: string): boolean =>
      told.some((loss) => loss.startsWith(`node "${node}" `));
    for (const { nodes, lost, pair } of change.report.pairs)
      if (!nodes.some(isTold)) expect(lost, `${pair}: ${text}`).to.equal(0);
    // Between nodes of one subnet no router carries traffic, and guard routes do: docs/safety.md.
    const inOneSubnet = change.report.pairs.filter(({ nodes }) => nodes.every(isInSubnet));
    expect(
      inOneSubnet.map(({ nodes, lost }) => [...nodes, lost]),
      text,
    ).to.deep.equal([['node-2', 'node-5', 0]]);
    expect(change.report.lost, pingText(change.report)).to.be.greaterThan(0);
    expect(told.join()).to.contain('a router among its BGP neighbours is lost for 1 to 6 s');
    return [text];
  },
};
