import {
  changeText,
  confirmedEverywhere,
  measured,
  meshConfig,
  reflectorConfig,
  reflectorsAt,
} from '../changes.ts';
import type { Journey } from '../journey.ts';
import { oneSubnet } from '../topology.ts';

export const meshToReflectors: Journey = {
  name: 'mesh-to-reflectors',
  title: 'goes from the mesh to route reflectors, and back',
  topology: oneSubnet(6, [4]),
  run: async (fabric) => {
    const agents = await fabric.startAgents();
    await confirmedEverywhere(agents, meshConfig);
    const reflectors = reflectorConfig(reflectorsAt(fabric, 0, 1));
    const there = await measured(fabric, () => confirmedEverywhere(agents, reflectors));
    const back = await measured(fabric, () => confirmedEverywhere(agents, meshConfig));
    return [changeText('to reflectors', there), changeText('back', back)];
  },
};
