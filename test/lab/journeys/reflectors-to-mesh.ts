import { expect } from 'chai';
import {
  changeText,
  confirmedEverywhere,
  measured,
  meshConfig,
  reflectorConfig,
  reflectorsAt,
} from '../changes.ts';
import type { Journey } from '../journey.ts';
import { oneSubnet } from '../network/topology.ts';

export const reflectorsToMesh: Journey = {
  name: 'reflectors-to-mesh',
  title: 'cuts no pair of pods off from route reflectors back to the mesh',
  topology: oneSubnet(6, [4]),
  run: async (fabric) => {
    const agents = await fabric.startAgents();
    await confirmedEverywhere(agents, reflectorConfig(reflectorsAt(fabric, 0, 1)));
    const change = await measured(fabric, () => confirmedEverywhere(agents, meshConfig));
    const text = changeText('to the mesh', change);
    expect(change.report.lost, text).to.equal(0);
    return [text];
  },
};
