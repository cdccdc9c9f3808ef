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
  const meshIsOn = (): boolean =>
    JSON.stringify(fleet.datastore.contents()['BGPConfiguration/default']).includes(
      '"nodeToNodeMeshEnabled":true',
    );

  for (const late of ['the agent that writes for all', 'another agent']) {
    const choose = (): string => {
      const writer = fleet.lease.record()?.by;
      const isWriterLate = late !== 'another agent';
      const found = fleet.members.find(({ name }) => (name === writer) === isWriterLate);
      return found?.name ?? expect.fail('no node');
    };

    it(`take nothing away from all nodes before ${late} has written its own, and name it`, async () => {
      const node = choose();
      refused = node;
      await applyEverywhere(withoutMesh);
      const from = fleet.datastore.log.length;
      await fleet.pass(12);
      expect(meshIsOn()).to.equal(true);
      const why = `${node} (it has changes of its own to make`;
      for (const { name, status } of fleet.members) {
        if (name !== node) expect(status().message, name).to.include(why);
      }
      refused = undefined;
      await fleet.until(isConfirmed(2), 180);
      expect(meshIsOn()).to.equal(false);
      const written = fleet.datastore.log.slice(from);
      const own = written.lastIndexOf(`patch-node Node/${node}`);
      const forAll = written.lastIndexOf('update BGPConfiguration/default');
      expect(own).to.be.at.least(0).and.lessThan(forAll);
    });

    it(`go back, all of them, where ${late} cannot write its own`, async () => {
      const node = choose();
      refused = node;
      await applyEverywhere(withoutMesh);
      await fleet.until(({ revisions }) => revisions.rejected.length > 0, 90);
      for (const { name, status } of fleet.members) {
        expect(status().revisions.rejected[0]?.reason, name).to.include('connection refused');
      }
      await fleet.until(isConfirmed(1), 120);
      expect(meshIsOn()).to.equal(true);
      expect(fleet.datastore.log).not.to.include(`patch-node Node/${node}`);
    });
  }
});
