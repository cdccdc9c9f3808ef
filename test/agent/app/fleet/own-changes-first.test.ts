/** A change for all nodes that waits until every node has made its own changes. */
import { expect } from 'chai';
import { AppError } from '../../../../runtime/errors.ts';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import { startFleet, type AgentsOfFleet } from '../../../support/agents/agents-of-fleet.ts';

const reflector = '10.0.0.1';
const mesh = `
global-as-number: 65001
node-to-node-mesh: true
global-bgp-peers: [{address: ${reflector}, as-number: 65000}]
`;
/** Each node writes its own AS number first. */
const withoutMesh = `${mesh.replace('mesh: true', 'mesh: false')}subnet-as-numbers: {10.0.0.0/24: 65003}\n`;

const isConfirmed =
  (number: number) =>
  ({ state, revisions }: AgentStatus): boolean =>
    state === 'in-force' && revisions.confirmed?.number === number;

describe('agents of a fleet with changes of their own', function () {
  this.timeout(120_000);
  let fleet: AgentsOfFleet;
  /** The node whose own changes the datastore does not take. */
  let refused: string | undefined;

  beforeEach(async () => {
    refused = undefined;
    fleet = await startFleet(3, (name) =>
      Promise.resolve({
        refuse: ({ changes }) => {
          if (name !== refused || !changes.some(({ action }) => action === 'patch-node')) return;
          throw new AppError('datastore-failed', 'connection refused', { retryable: true });
        },
      }),
    );
    for (const { bird } of fleet.members) {
      bird.sessions = { [reflector]: {} };
      bird.routes = ['192.168.1.0/26'];
    }
    await applyEverywhere(mesh);
    await fleet.until(isConfirmed(1), 120);
  });
  afterEach(() => fleet.stop());

  const applyEverywhere = async (text: string): Promise<void> => {
    for (const { apply } of fleet.members) await apply(text);
  };

  for (const late of ['the agent that writes for all', 'another agent']) {
    it(`take nothing away from all nodes before ${late} has written its own, and name it`, async () => {
      const writer = fleet.lease.record()?.by;
      const isWriterLate = late !== 'another agent';
      const node = fleet.members.find(({ name }) => (name === writer) === isWriterLate)?.name;
      if (node === undefined) throw new Error('no node');
      const from = fleet.datastore.log.length;
      refused = node;
      await applyEverywhere(withoutMesh);
      const waits = `${node} (it has changes of its own to make`;
      const others = fleet.members.filter(({ name }) => name !== node);
      const areWaiting = (): boolean =>
        others.every(({ status }) => status().message.includes(waits));
      await fleet.until(areWaiting, 60);
      refused = undefined;
      await fleet.until(isConfirmed(2), 180);
      const written = fleet.datastore.log.slice(from);
      const own = written.lastIndexOf(`patch-node Node/${node}`);
      const forAll = written.indexOf('update BGPConfiguration/default');
      expect(own).to.be.at.least(0).and.lessThan(forAll);
    });
  }
});
