/** A rollout at the agents: node after node without the cluster-wide resources, which come at the end. */
import { expect } from 'chai';
import type { Offer } from '../../../../agent/app/offer/offer.ts';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import { isPlanAnswer } from '../../../../schemas/generated/agent-api/plan-answer.validator.js';
import { localOffer } from '../../../support/agents/agent-on.ts';
import {
  startFleet,
  type AgentsOfFleet,
  type FleetMember,
} from '../../../support/agents/agents-of-fleet.ts';

const [router, newRouter] = ['10.0.0.1', '10.0.0.9'];
const base = `
global-as-number: 65001
node-to-node-mesh: true
global-bgp-peers: [{address: ${router}, as-number: 65000}]
`;
/** A router more for all nodes, another AS number for each node, and no mesh. */
const next = `
global-as-number: 65001
node-to-node-mesh: false
global-bgp-peers: [{address: ${router}, as-number: 65000}, {address: ${newRouter}, as-number: 65000}]
subnet-as-numbers: {10.0.0.0/24: 65003}
`;

const isConfirmed =
  (number: number) =>
  ({ state, revisions }: AgentStatus): boolean =>
    state === 'in-force' && revisions.confirmed?.number === number;

describe('the agents of a fleet in a rollout', function () {
  this.timeout(120_000);
  let fleet: AgentsOfFleet;
  let canary: FleetMember;
  let others: readonly FleetMember[];

  beforeEach(async () => {
    fleet = await startFleet(3);
    const [first, ...rest] = fleet.members;
    if (first === undefined) throw new Error('no node');
    [canary, others] = [first, rest];
    for (const { bird } of fleet.members) {
      bird.sessions = { [router]: {}, [newRouter]: {} };
      bird.routes = ['192.168.1.0/26'];
    }
    for (const member of fleet.members) await push(member, base, 1);
    await fleet.until(isConfirmed(1), 120);
  });
  afterEach(() => fleet.stop());

  const push = async (
    { agent }: FleetMember,
    text: string,
    number: number,
    terms: Partial<Offer> = {},
  ): Promise<void> => {
    const from = { source: 'controller', lineage: 'controller:default' } as const;
    const offer = localOffer(text, { ...from, number, acceptLoss: true, ...terms });
    const outcome = await agent.offers.offer(offer);
    if (outcome.result !== 'accepted') throw new Error(JSON.stringify(outcome));
  };
  const later = { clusterShare: 'later' } as const;
  const pushLater = (member: FleetMember): Promise<void> => push(member, next, 2, later);
  const are =
    (members: readonly FleetMember[], number: number): (() => boolean) =>
    () =>
      members.every(({ status }) => isConfirmed(number)(status()));
  const until = (isSo: () => boolean, seconds: number): Promise<void> =>
    fleet.until(() => isSo(), seconds);
  const configuration = (): unknown => fleet.datastore.contents()['BGPConfiguration/default'];
  const peers = (): readonly string[] =>
    Object.keys(fleet.datastore.contents())
      .filter((key) => key.startsWith('BGPPeer/'))
      .sort();

  const shared = ['BGPPeer/calico-agent-10.0.0.1', 'BGPPeer/calico-agent-10.0.0.9'];

  it('give the first node its own share, and leave all other nodes and what all of them use alone', async () => {
    const [from, record] = [fleet.datastore.log.length, fleet.lease.record()];
    await pushLater(canary);
    await until(are([canary], 2), 120);
    const written = ['patch-node Node/node-0', 'create BGPPeer/node-0-10.0.0.9'];
    expect(fleet.datastore.log.slice(from)).to.deep.equal(written);
    // Neither a correction by the others nor the record of this revision comes later.
    await fleet.pass(400);
    expect(fleet.datastore.log.slice(from)).to.deep.equal(written);
    expect(fleet.lease.record()).to.deep.equal(record);
    expect(are([canary], 2)() && are(others, 1)()).to.equal(true);
    const status = canary.status();
    expect(status).to.include({ clusterShare: 'later' });
    expect(status.message).to.contain('the cluster-wide resources stay as they are');
    expect(others[0]?.status()).not.to.have.property('clusterShare');
    const planned = await canary.agent.offers.plan();
    if (!planned.ok) throw new Error('no plan');
    const answer: unknown = JSON.parse(JSON.stringify({ plan: planned.plan, issues: [] }));
    expect(isPlanAnswer(answer)).to.equal(true);
    expect(planned.plan.steps).to.deep.equal([]);
    const withheld = planned.plan.withheld?.flatMap(({ changes }) => changes);
    expect(withheld?.map(({ action }) => action)).to.deep.equal(['create', 'update']);
  });

  it('go on so after the agent of the node was killed', async () => {
    await pushLater(canary);
    await until(are([canary], 2), 120);
    const from = fleet.datastore.log.length;
    canary.kill();
    await canary.restart();
    await fleet.pass(200);
    expect(are([canary], 2)()).to.equal(true);
    expect(canary.status()).to.include({ clusterShare: 'later' });
    expect(fleet.datastore.log.slice(from)).to.deep.equal([]);
  });

  it('let nobody correct the cluster-wide resources but agents with the base revision', async () => {
    await pushLater(canary);
    await until(are([canary], 2), 120);
    fleet.datastore.remove(shared[0] ?? '');
    await until(() => peers().includes(shared[0] ?? ''), 60);
    expect(fleet.lease.record()).to.include({ corrections: 1 });
    expect(others.map(({ name }) => name)).to.include(fleet.lease.record()?.by);
    for (const member of others) await pushLater(member);
    await until(are(fleet.members, 2), 120);
    fleet.datastore.remove(shared[0] ?? '');
    await fleet.pass(200);
    expect(peers()).not.to.include(shared[0]);
    expect(fleet.members.map(({ status }) => status().state)).to.deep.equal(
      Array(3).fill('in-force'),
    );
  });

  it('bring the cluster-wide resources into force with the revision after the last wave', async () => {
    await pushLater(canary);
    await until(are([canary], 2), 120);
    for (const member of others) await pushLater(member);
    await until(are(fleet.members, 2), 120);
    expect(JSON.stringify(configuration())).to.contain('"nodeToNodeMeshEnabled":true');
    for (const member of fleet.members) await push(member, next, 3);
    await until(are(fleet.members, 3), 300);
    expect(JSON.stringify(configuration())).to.contain('"nodeToNodeMeshEnabled":false');
    expect(peers()).to.deep.equal(shared);
    expect(fleet.lease.record()?.revision).to.include({ number: 3 });
    for (const { status } of fleet.members) expect(status()).not.to.have.property('clusterShare');
  });

  it('do not take a node that has ended its wave for one that has begun the last revision', async () => {
    for (const member of fleet.members) await pushLater(member);
    await until(are(fleet.members, 2), 120);
    for (const member of others) await push(member, next, 3);
    await fleet.pass(20);
    expect(JSON.stringify(configuration())).to.contain('"nodeToNodeMeshEnabled":true');
    await push(canary, next, 3);
    await until(are(fleet.members, 3), 300);
  });

  it('do not write over the cluster-wide resources where these come before their own wave', async () => {
    await pushLater(canary);
    await until(are([canary], 2), 120);
    await push(canary, next, 3);
    await until(are([canary], 3), 300);
    const from = fleet.datastore.log.length;
    await fleet.pass(300);
    expect(fleet.datastore.log.slice(from)).to.deep.equal([]);
    expect(others.map(({ status }) => status().state)).to.deep.equal(
      Array(2).fill('awaiting-writer'),
    );
    for (const member of others) await push(member, next, 3);
    await until(are(fleet.members, 3), 300);
    expect(peers()).to.deep.equal(shared);
  });

  it('go back when the controller sends the earlier content again, without and with the cluster-wide resources', async () => {
    await pushLater(canary);
    await until(are([canary], 2), 120);
    await push(canary, base, 3, later);
    await until(are([canary], 3), 120);
    expect(peers()).to.deep.equal(shared.slice(0, 1));
    for (const member of fleet.members) await push(member, base, 4);
    await until(are(fleet.members, 4), 120);
    expect(fleet.datastore.log).not.to.include('update BGPConfiguration/default');
  });

  it('go back with all nodes to before the rollout when that revision fails', async () => {
    for (const member of fleet.members) await pushLater(member);
    await until(are(fleet.members, 2), 120);
    const [first] = others;
    if (first === undefined) throw new Error('no node');
    for (const member of fleet.members) await push(member, next, 3);
    await fleet.pass(1);
    first.bird.sessions = { [router]: {}, [newRouter]: { state: 'Active' } };
    await fleet.until(
      ({ revisions }) => revisions.rejected.some(({ number }) => number === 3),
      400,
    );
    first.bird.sessions = { [router]: {}, [newRouter]: {} };
    await until(are(fleet.members, 1), 300);
    expect(JSON.stringify(configuration())).to.contain('"nodeToNodeMeshEnabled":true');
    expect(peers()).to.deep.equal(shared.slice(0, 1));
    for (const { status } of fleet.members) expect(status()).not.to.have.property('clusterShare');
  });

  it('confirm with peers in the mesh, whose sessions begin when it ends', async () => {
    const reflector = '10.0.0.3';
    const toReflector = `
global-as-number: 65001
node-to-node-mesh: false
global-bgp-peers: [{address: ${router}, as-number: 65000}, {address: ${reflector}, as-number: 65001}]
`;
    const mesh = { name: 'Mesh_10_0_0_3', neighbor: reflector, remoteAs: 65001 };
    const waiting = { ...mesh, name: 'Node_10_0_0_3', state: 'Idle' } as const;
    canary.bird.sessions = { [router]: {}, mesh, waiting };
    await push(canary, toReflector, 2, later);
    await until(are([canary], 2), 120);
    expect(peers()).to.include('BGPPeer/node-0-10.0.0.3');
    expect(canary.status().sessions).to.include({ expected: 3, established: 2 });
    expect(canary.status().sessions?.worst).to.equal(
      '10.0.0.3: BIRD holds it back while Mesh_10_0_0_3 to the same address is there, until the cluster-wide resources change',
    );
  });

  it('take the share of a node back when the node is not healthy with it', async () => {
    const from = fleet.datastore.log.length;
    const { bird } = canary;
    bird.sessions = { [router]: {} };
    await pushLater(canary);
    await fleet.pass(5);
    bird.sessions = { [router]: { state: 'Active' } };
    await until(() => canary.status().revisions.rejected.length > 0, 120);
    bird.sessions = { [router]: {} };
    await until(are(fleet.members, 1), 120);
    expect(peers()).to.deep.equal(shared.slice(0, 1));
    expect(fleet.datastore.log.slice(from)).not.to.contain('update BGPConfiguration/default');
    expect(canary.status()).not.to.have.property('clusterShare');
  });

  it('release only the node, and let another source take over the whole', async () => {
    await pushLater(canary);
    await until(are([canary], 2), 120);
    const { objects } = await canary.agent.operations.release();
    expect(objects.map(({ name }) => name)).to.deep.equal(['node-0-10.0.0.9']);
    const own = { source: 'local', lineage: 'local:node-0', takeOver: true } as const;
    const outcome = await canary.agent.offers.offer(localOffer(base, own));
    expect(outcome).to.include({ result: 'accepted' });
    await until(are([canary], 1), 120);
    expect(canary.status()).not.to.have.property('clusterShare');
  });
});
