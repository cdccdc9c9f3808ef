import { expect } from 'chai';
import {
  applyEverywhere,
  changeText,
  confirmedEverywhere,
  measured,
  meshConfig,
  reflectorConfig,
  reflectorsAt,
} from '../changes.ts';
import type { Journey } from '../journey.ts';
import { oneSubnet } from '../network/topology.ts';

/** The reflectors' peers have a wrong AS number. */
export const wrongAsNumber: Journey = {
  name: 'wrong-as-number',
  title: 'goes back by itself from a wrong AS number, in both families',
  topology: oneSubnet(6, [4, 6]),
  run: async (fabric) => {
    const agents = await fabric.startAgents();
    await confirmedEverywhere(agents, meshConfig);
    const config = reflectorConfig(reflectorsAt(fabric, 0, 1)).replaceAll(
      /(?<=    as-number: )64512/g,
      '64999',
    );
    const change = await measured(fabric, async () => {
      for (const end of await applyEverywhere(agents, config))
        expect(end).to.match(/^node-\d failed: /);
    });
    for (const agent of agents) {
      const { revisions } = await agent.status();
      expect(revisions.rejected.map(({ number }) => number)).to.deep.equal([2]);
    }
    const text = changeText('a wrong AS number', change);
    expect(change.report.lost, text).to.equal(0);
    return [text];
  },
};
