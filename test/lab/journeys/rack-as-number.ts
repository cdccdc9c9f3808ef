import { changeText, confirmedEverywhere, measured, rackConfig } from '../changes.ts';
import type { Journey } from '../journey.ts';
import { twoRacks } from '../topology.ts';

/** Its top-of-rack router gets it at the same moment. */
export const rackAsNumber: Journey = {
  name: 'rack-as-number',
  title: 'gives a rack another AS number',
  topology: twoRacks(),
  run: async (fabric) => {
    const agents = await fabric.startAgents();
    const before = await rackConfig();
    await confirmedEverywhere(agents, before);
    const after = before.replaceAll('64513', '64514');
    const change = await measured(fabric, () => confirmedEverywhere(agents, after));
    return [changeText('another AS number', change)];
  },
};
