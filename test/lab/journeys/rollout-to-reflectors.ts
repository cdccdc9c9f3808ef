import { expect } from 'chai';
import { changeText, measured, meshConfig, reflectorConfig, reflectorsAt } from '../changes.ts';
import type { Fabric } from '../fabric.ts';
import type { Journey } from '../journey.ts';
import type { LabController } from '../lab-controller.ts';
import { oneSubnet } from '../network/topology.ts';

const topology = oneSubnet(4, [4, 6]);
const nodes = topology.nodes.map(({ name }) => name);

/** A controller makes the change of mesh-to-reflectors.ts in waves, and is killed on the way. */
export const rolloutToReflectors: Journey = {
  name: 'rollout-to-reflectors',
  title:
    'mesh to reflectors by a rollout loses no ping of either family, also when the controller is killed',
  topology,
  run: async (fabric) => {
    const controller = await fabric.startController();
    await fabric.startAgents(controller.agentSettings);
    await controller.connected(nodes);
    await controller.push(meshConfig);
    const change = await measured(fabric, async () => {
      const waves = [{ name: 'canary', nodes: ['node-3'] }];
      await controller.rollOut(reflectorConfig(reflectorsAt(fabric, 0, 1)), { waves });
      const { barrier } = await controller.until(({ step }) => step === 'the cluster share');
      expect(barrier).to.equal('the mesh ends');
      await controller.kill();
      controller.start();
      await ended(controller);
    });
    expect(isMeshOn(fabric)).to.equal(false);
    const text = changeText('to reflectors by a rollout', change);
    expect(change.report.lost, text).to.equal(0);
    return [text];
  },
};

/** Fails at once where the rollout goes back. */
async function ended(controller: LabController): Promise<void> {
  const { phase, reason } = await controller.until((view) => view.phase !== 'forward');
  expect(phase, reason).to.equal('done');
}

function isMeshOn({ etcd }: Fabric): boolean {
  const [, value = ''] =
    [...etcd.values].find(([key]) => key.endsWith('/bgpconfigurations/default')) ?? [];
  return value.includes('"nodeToNodeMeshEnabled":true');
}
