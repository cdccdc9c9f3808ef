import { expect } from 'chai';
import {
  changeText,
  confirmedEverywhere,
  measured,
  reflectorConfig,
  reflectorsAt,
} from '../changes.ts';
import type { Journey } from '../journey.ts';
import { oneSubnet } from '../network/topology.ts';

export const anotherReflector: Journey = {
  name: 'another-reflector',
  title: 'cuts no pair of pods off where one route reflector replaces another one',
  topology: oneSubnet(6, [4]),
  run: async (fabric) => {
    const agents = await fabric.startAgents();
    await confirmedEverywhere(agents, reflectorConfig(reflectorsAt(fabric, 0, 1)));
    const next = reflectorConfig(reflectorsAt(fabric, 0, 2));
    const change = await measured(fabric, () => confirmedEverywhere(agents, next));
    const text = changeText('another reflector', change);
    expect(change.report.lost, text).to.equal(0);
    return [text];
  },
};
