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

/** The change of without-agents.ts, made by agents: with guard routes and gates. */
export const meshToReflectors: Journey = {
  name: 'mesh-to-reflectors',
  title: 'cuts no pair of pods off from the mesh to route reflectors, in both families',
  topology: oneSubnet(6, [4, 6]),
  run: async (fabric) => {
    const agents = await fabric.startAgents();
    await confirmedEverywhere(agents, meshConfig);
    const reflectors = reflectorConfig(reflectorsAt(fabric, 0, 1));
    const change = await measured(fabric, () => confirmedEverywhere(agents, reflectors));
    const text = changeText('to reflectors', change);
    expect(change.report.lost, text).to.equal(0);
    return [text];
  },
};
