/** Changes of a fleet of real agents that know each other by the datastore alone. */
import { expect } from 'chai';
import { startFleet, type AgentsOfFleet } from '../../../support/agents-of-fleet.ts';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';

const reflector = '10.0.0.1';
const mesh = `
global-as-number: 65001
node-to-node-mesh: true
global-bgp-peers: [{address: 10.0.0.1, as-number: 65000}]
`;
const withoutMesh = mesh.replace('mesh: true', 'mesh: false');

const isConfirmed =
  (number: number) =>
  ({ state, revisions }: AgentStatus): boolean =>
    state === 'in-force' && revisions.confirmed?.number === number;

describe('the agents of a fleet', function () {
  this.timeout(120_000);
  let fleet: AgentsOfFleet;
  beforeEach(async () => {
    fleet = await startFleet(3);
    for (const { bird } of fleet.members) {
      bird.sessions = { [reflector]: {} };
      bird.routes = ['192.168.1.0/26'];
    }
  });
  afterEach(() => fleet.stop());

  const applyEverywhere = async (text: string): Promise<void> => {
    for (const { apply } of fleet.members) await apply(text);
  };
  const meshIsOn = (): boolean =>
    JSON.stringify(fleet.datastore.contents()['BGPConfiguration/default']).includes(
      '"nodeToNodeMeshEnabled":true',
    );

  it('confirm what all of them wrote', async () => {
    await applyEverywhere(mesh);
    await fleet.until(isConfirmed(1), 120);
    await applyEverywhere(withoutMesh);
    await fleet.until(isConfirmed(2), 180);
    expect(meshIsOn()).to.equal(false);
  });

  it('go on without a session that was down before the change, and name it', async () => {
    const twoPeers = (text: string): string =>
      text.replace('}]', '}, {address: 10.0.0.9, as-number: 65000}]');
    for (const { bird } of fleet.members) {
      bird.sessions = { [reflector]: {}, '10.0.0.9': { state: 'Active' } };
    }
    await applyEverywhere(twoPeers(mesh));
    await fleet.until(isConfirmed(1), 120);
    await applyEverywhere(twoPeers(withoutMesh));
    await fleet.pass(8);
    expect(fleet.members[0]?.status().fleet?.message).to.contain(
      'not waited for: sessions that were down before the change, of node-0, node-1, node-2',
    );
    await fleet.until(isConfirmed(2), 60);
    expect(meshIsOn()).to.equal(false);
  });

  it('take nothing away while one of them lacks a route that it had', async () => {
    await applyEverywhere(mesh);
    await fleet.until(isConfirmed(1), 120);
    await applyEverywhere(withoutMesh);
    // The gate wants the sessions to stand for 10 s.
    await fleet.pass(2);
    const [, second] = fleet.members;
    if (second !== undefined) second.bird.routes = [];
    await fleet.pass(60);
    expect(meshIsOn()).to.equal(true);
    const why = 'node-1 (it lacks a route to a pod block that it had before)';
    expect(fleet.members[0]?.status().message).to.contain(why);
    if (second !== undefined) second.bird.routes = ['192.168.0.0/16'];
    await fleet.until(isConfirmed(2), 120);
    expect(meshIsOn()).to.equal(false);
  });
});
