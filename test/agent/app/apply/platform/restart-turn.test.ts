import { expect } from 'chai';
import { createTurnReader } from '../../../../../agent/app/apply/platform/restart-turn.ts';
import type { GateQuestion } from '../../../../../agent/app/apply/gates.ts';
import type { FleetVerdict } from '../../../../../core/fleet/judge-fleet.ts';
import type { GateOf } from '../../../../../core/plan/gate.ts';
import type { ClusterNode } from '../../../../../core/platform/cluster/observed-cluster.ts';

const revision = { lineage: 'controller:c', number: 2, digest: `sha256:${'2'.repeat(64)}` };
const asking: GateQuestion = {
  revision,
  isOwnOnly: false,
  isRollingBack: false,
  isFollowing: false,
  waitedMs: 0,
};
const gate: GateOf<'restart-turn'> = {
  kind: 'restart-turn',
  parallel: 1,
  stableSeconds: 60,
  withinSeconds: 3600,
};

function node(name: string, why?: string): ClusterNode {
  const base = {
    unschedulable: false,
    isControlPlane: false,
    roles: [],
    addresses: [],
    podCidrs: [],
  };
  return why === undefined ? { name, ready: true, ...base } : { name, ready: false, why, ...base };
}

interface World {
  nodes: readonly ClusterNode[];
  verdict: FleetVerdict;
  now: string;
  readings: number;
  restarting: readonly string[];
}

function reading(): { world: World; read: ReturnType<typeof createTurnReader> } {
  const world: World = {
    nodes: [node('node-1'), node('node-2')],
    verdict: { isOpen: true },
    now: '2026-11-27T02:30:00',
    readings: 0,
    restarting: [],
  };
  const read = createTurnReader({
    now: () => world.now,
    clusterNodes: () => {
      world.readings += 1;
      return Promise.resolve(world.nodes);
    },
    fleet: {
      alone: () => undefined,
      isOnlyNode: () => false,
      judgeTurn: () => world.verdict,
      restarting: () => world.restarting,
    },
  });
  return { world, read };
}

describe('the gate before a restart of services', () => {
  it('is open when it is the turn of this node and all nodes are Ready', async () => {
    expect(await reading().read(gate, asking)).to.deep.equal({ isOpen: true });
  });

  it('is closed while the previous node is not Ready again, and names the reason', async () => {
    const { world, read } = reading();
    world.verdict = { isOpen: false, why: 'node-1 restarts its services' };
    expect(await read(gate, asking)).to.deep.equal(world.verdict);
    world.verdict = { isOpen: true };
    world.nodes = [node('node-1', 'KubeletNotReady: cni plugin not initialized'), node('node-2')];
    expect(await read(gate, asking)).to.deep.equal({
      isOpen: false,
      why: 'node-1 is not Ready: KubeletNotReady: cni plugin not initialized',
    });
    world.nodes = [node('node-1'), node('node-2')];
    expect(await read(gate, asking)).to.deep.equal({ isOpen: true });
  });

  it('says that waiting does not help when a node has not come back for ten minutes', async () => {
    const { world, read } = reading();
    await read(gate, asking);
    world.nodes = [node('node-1', 'NodeStatusUnknown'), node('node-2')];
    expect(await read(gate, { ...asking, waitedMs: 60_000 })).not.to.have.property('broken');
    expect(await read(gate, { ...asking, waitedMs: 660_000 })).to.have.property(
      'broken',
      'node-1 is not Ready: NodeStatusUnknown',
    );
  });

  it('does not wait for a node that was not Ready before the change', async () => {
    const { world, read } = reading();
    world.nodes = [node('node-1', 'NodeStatusUnknown'), node('node-2')];
    expect(await read(gate, asking)).to.deep.equal({
      isOpen: true,
      passedOver: 'not Ready before the change either: node-1',
    });
  });

  it('waits for a node that restarts already when this agent begins to wait', async () => {
    const { world, read } = reading();
    world.nodes = [node('node-1', 'it restarts'), node('node-2', 'broken since yesterday')];
    world.restarting = ['node-1'];
    world.verdict = { isOpen: false, why: 'node-1 restarts its services' };
    await read(gate, asking);
    world.restarting = [];
    world.verdict = { isOpen: true };
    expect(await read(gate, asking)).to.deep.equal({
      isOpen: false,
      why: 'node-1 is not Ready: it restarts',
    });
    world.nodes = [node('node-1'), node('node-2', 'broken since yesterday')];
    expect((await read(gate, asking)).isOpen).to.equal(true);
  });

  it('is closed outside of the window, and not for a change that goes back', async () => {
    const { world, read } = reading();
    const window = { from: 120, to: 240, days: [0, 1, 2, 3, 4, 5, 6] };
    expect((await read({ ...gate, window }, asking)).isOpen).to.equal(true);
    world.now = '2026-11-27T09:30:00';
    expect(await read({ ...gate, window }, asking)).to.deep.equal({
      isOpen: false,
      why: 'the window for restarts is closed',
    });
    const back = { ...asking, isRollingBack: true };
    expect((await read({ ...gate, window }, back)).isOpen).to.equal(true);
  });

  it('waits for other nodes also where a node only corrects something', async () => {
    const { world, read } = reading();
    world.verdict = { isOpen: false, why: 'node-1 restarts its services' };
    expect(await read(gate, { ...asking, isOwnOnly: true })).to.deep.equal(world.verdict);
  });

  it('begins anew in a later correction: a node that went down since is not waited for', async () => {
    const { world, read } = reading();
    await read(gate, { ...asking, waitedMs: 62_000 });
    world.nodes = [node('node-1'), node('node-2', 'NodeStatusUnknown')];
    expect((await read(gate, { ...asking, waitedMs: 60_000 })).isOpen).to.equal(false);
    expect((await read(gate, asking)).isOpen).to.equal(true);
  });

  it('reads the nodes once while others come first', async () => {
    const { world, read } = reading();
    world.verdict = { isOpen: false, why: 'first comes node-1' };
    for (let times = 0; times < 5; times += 1) await read(gate, asking);
    expect(world.readings).to.equal(1);
  });

  const unreadable = {
    isOpen: true,
    passedOver: 'this agent cannot read whether the nodes are Ready',
  };

  it('needs no stable time when the agent can read neither the nodes nor reports', async () => {
    const now = (): string => '2026-11-27T02:30:00';
    const alone = (): string => 'its datastore has no reports';
    const final = { ...unreadable, isFinal: true };
    expect(await createTurnReader({ now })(gate, asking)).to.deep.equal(final);
    const fleet = { alone, isOnlyNode: () => false, judgeTurn, restarting: () => [] };
    expect(await createTurnReader({ now, fleet })(gate, asking)).to.deep.equal(final);
  });

  it('needs the stable time when only the reports of other nodes are known', async () => {
    const fleet = {
      alone: () => undefined,
      isOnlyNode: () => false,
      judgeTurn,
      restarting: () => [],
    };
    const read = createTurnReader({ now: () => '2026-11-27T02:30:00', fleet });
    expect(await read(gate, asking)).to.deep.equal(unreadable);
  });

  it('needs no stable time on the only node of a cluster', async () => {
    const { world, read } = reading();
    world.nodes = [node('node-1')];
    expect(await read(gate, asking)).to.deep.equal({ isOpen: true, isFinal: true });
    const fleet = {
      alone: () => undefined,
      isOnlyNode: () => true,
      judgeTurn,
      restarting: () => [],
    };
    const unread = createTurnReader({ now: () => '2026-11-27T02:30:00', fleet });
    expect(await unread(gate, asking)).to.deep.equal({ ...unreadable, isFinal: true });
  });

  it('waits for the only node, too, while it is not Ready after an earlier restart', async () => {
    const { world, read } = reading();
    world.nodes = [node('node-1')];
    await read(gate, asking);
    world.nodes = [node('node-1', 'KubeletNotReady')];
    expect((await read(gate, asking)).isOpen).to.equal(false);
  });
});

function judgeTurn(): FleetVerdict {
  return { isOpen: true };
}
