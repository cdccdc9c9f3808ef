/** Changes of a fleet of real agents that know each other only by the datastore. */
import { expect } from 'chai';
import {
  startFleet,
  type AgentsOfFleet,
  type FleetMember,
} from '../../../support/agents/agents-of-fleet.ts';
import type { BgpSession } from '../../../../core/sessions/session.ts';
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

  it('confirm a change that all of them wrote', async () => {
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

  it('wait only shortly for a node that did not report in the last change either', async () => {
    fleet.fleet.nodes.add('node-9');
    for (const [index, text] of [mesh, withoutMesh, mesh].entries()) {
      await applyEverywhere(text);
      await fleet.until(isConfirmed(index + 1), 180);
    }
    await applyEverywhere(withoutMesh);
    await fleet.pass(25);
    expect(meshIsOn()).to.equal(false);
  });

  describe('with a neighbour that refuses the AS number of one node', () => {
    const worse = withoutMesh.replace('}]', '}, {address: 10.0.0.9, as-number: 65000}]');
    const refused = (seconds: number): Partial<BgpSession> => ({
      state: 'Idle',
      lastError: 'BGP Error: Bad peer AS',
      since: { seconds, isDay: false },
    });
    const rejections = (): readonly (string | undefined)[] =>
      fleet.members.map(({ status }) => status().revisions.rejected[0]?.reason);
    const begin = async (seconds: number): Promise<void> => {
      await applyEverywhere(mesh);
      await fleet.until(isConfirmed(1), 120);
      await applyEverywhere(worse);
      await fleet.pass(1);
      for (const [index, { bird }] of fleet.members.entries()) {
        bird.sessions = { [reflector]: {}, '10.0.0.9': index === 1 ? refused(seconds) : {} };
      }
    };

    it('roll back soon after all nodes have made their changes, and say why', async () => {
      await begin(1);
      await fleet.pass(20);
      expect(rejections()).to.deep.equal([undefined, undefined, undefined]);
      await fleet.until(({ revisions }) => revisions.rejected.length > 0, 40);
      const why =
        /waiting does not help: .*node-1.*10\.0\.0\.9: the other side says another AS number than 65000/u;
      for (const reason of rejections()) expect(reason).to.match(why);
      expect(meshIsOn()).to.equal(true);
      await fleet.until(isConfirmed(1), 120);
    });

    it('wait the whole time when the refusal is older than the change', async () => {
      await begin(3600);
      await fleet.pass(100);
      expect(rejections()).to.deep.equal([undefined, undefined, undefined]);
      expect(meshIsOn()).to.equal(true);
    });
  });

  it('remove nothing while one of them lacks a route that it had', async () => {
    await applyEverywhere(mesh);
    await fleet.until(isConfirmed(1), 120);
    await applyEverywhere(withoutMesh);
    // The gate requires the sessions to be up for 10 s.
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

  describe('whose writer has no BIRD', () => {
    let writer: string;
    beforeEach(async () => {
      await applyEverywhere(mesh);
      await fleet.until(isConfirmed(1), 120);
      writer = fleet.lease.record()?.by ?? '';
      for (const { name, bird } of fleet.members) bird.isThere = name !== writer;
    });

    it('confirm after all others have confirmed', async () => {
      await applyEverywhere(withoutMesh);
      await fleet.until(isConfirmed(2), 180);
      const revisions = fleet.members.map(
        ({ name, status }) => [name, status().revisions] as const,
      );
      for (const [name, { confirmedBy, healthyNodes }] of revisions) {
        expect([confirmedBy, healthyNodes]).to.deep.equal(
          name === writer ? ['other-nodes', 2] : ['health', undefined],
        );
      }
    });

    it('roll back a change that hurts another node', async () => {
      const hurt = fleet.members.find(({ name }) => name !== writer);
      await applyEverywhere(withoutMesh);
      for (let seconds = 0; meshIsOn() && seconds < 60; seconds += 1) await fleet.pass(1);
      if (hurt !== undefined) hurt.bird.sessions = { [reflector]: { state: 'Active' } };
      await fleet.until(({ revisions }) => revisions.rejected.length > 0, 90);
      const reasons = fleet.members.map(({ status }) => status().revisions.rejected[0]?.reason);
      for (const reason of reasons) expect(reason).to.contain('the session to 10.0.0.1');
      if (hurt !== undefined) hurt.bird.sessions = { [reflector]: {} };
      await fleet.until(isConfirmed(1), 120);
      expect(meshIsOn()).to.equal(true);
    });
  });

  describe('with a change that hurts a node other than the writer', () => {
    const worse = withoutMesh.replace('}]', '}, {address: 10.0.0.9, as-number: 65000}]');
    const sessions = { [reflector]: {}, '10.0.0.9': {} };
    let said: Set<string>;
    let hurt: string;
    let writer: string;
    /** The state of the hurt node's session to the reflector while the mesh is off. */
    let harm: Partial<BgpSession>;
    const memberOf = (name: string): FleetMember => {
      const found = fleet.members.find((one) => one.name === name);
      if (found === undefined) throw new Error(`there is no ${name}`);
      return found;
    };
    /** Returns the seconds until the condition held. */
    const passUntil = async (isSo: () => boolean, mostSeconds: number): Promise<number> => {
      for (let seconds = 0; seconds < mostSeconds; seconds += 1) {
        if (isSo()) return seconds;
        memberOf(hurt).bird.sessions = { ...sessions, [reflector]: meshIsOn() ? {} : harm };
        await fleet.pass(1);
        for (const { name, status } of fleet.members) said.add(`${name}: ${status().message}`);
      }
      throw new Error(`it is not so within ${String(mostSeconds)} s: ${[...said].join('\n')}`);
    };
    const areBack = (): boolean =>
      fleet.members.every(({ status }) => isConfirmed(1)(status())) && meshIsOn();
    const reasonOf = (name: string): string =>
      memberOf(name).status().revisions.rejected[0]?.reason ?? '';

    beforeEach(async () => {
      said = new Set();
      harm = { state: 'Active' };
      await applyEverywhere(mesh);
      await fleet.until(isConfirmed(1), 120);
      writer = fleet.lease.record()?.by ?? '';
      hurt = writer === 'node-2' ? 'node-1' : 'node-2';
      for (const { bird } of fleet.members) bird.sessions = sessions;
      await applyEverywhere(worse);
      await passUntil(() => !meshIsOn(), 60);
    });

    it("roll back at the writer's deadline, because of that node", async () => {
      await passUntil(areBack, 150);
      const why = 'the session to 10.0.0.1 is not as expected: it is starting (Active)';
      const late = 'it did not become healthy within 30 s';
      expect(reasonOf(hurt)).to.match(/^rolled back: .*the session to 10\.0\.0\.1/u);
      expect(reasonOf(writer)).to.equal(`rolled back: ${late}: ${hurt} is not healthy: ${why}`);
      for (const { status } of fleet.members) {
        expect(status().revisions.rejected.map(({ number }) => number)).to.deep.equal([2]);
      }
    });

    it('roll back at once after that node did, and wait for no gate in vain', async () => {
      harm = { state: 'Idle', lastError: 'Received: Bad peer AS' };
      await passUntil(() => reasonOf(hurt) !== '', 60);
      const seconds = await passUntil(areBack, 150);
      expect(reasonOf(writer)).to.match(
        new RegExp(`^rolled back: ${hurt} rolled back: the session `),
      );
      // The removal of the new peer waits for 10 s with all sessions up.
      expect(seconds).to.be.below(30);
    });

    it('need no take-over: they leave the cluster-wide resources to the writer', async () => {
      harm = { state: 'Idle', lastError: 'Received: Bad peer AS' };
      await passUntil(areBack, 150);
      expect([...said].filter((message) => message.includes('--take-over'))).to.deep.equal([]);
    });

    it('do not roll back because of the routes to a node that was killed after it wrote everything', async () => {
      harm = {};
      fleet.blocks.set('192.168.1.0/26', hurt);
      const others = fleet.members.filter(({ name }) => name !== hurt);
      await passUntil(() => memberOf(hurt).status().state === 'confirming', 30);
      await memberOf(hurt).agent.stop();
      for (const { bird } of others) bird.routes = [];
      // Its report expires when it was not renewed for 30 s.
      await fleet.pass(32);
      fleet.fleet.reports.delete(hurt);
      await passUntil(() => others.every(({ status }) => isConfirmed(2)(status())), 90);
      expect(meshIsOn()).to.equal(false);
    });

    it('do not wait for a node that was killed', async () => {
      harm = {};
      await memberOf(hurt).agent.stop();
      fleet.fleet.reports.delete(hurt);
      const others = fleet.members.filter(({ name }) => name !== hurt);
      await passUntil(() => others.every(({ status }) => isConfirmed(2)(status())), 120);
      expect(meshIsOn()).to.equal(false);
    });
  });
});
