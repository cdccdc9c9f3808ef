import { expect } from 'chai';
import { describePlan } from '../../../../core/plan/describe.ts';
import { gateText } from '../../../../core/plan/gate.ts';
import type { Issue } from '../../../../core/issue.ts';
import { uncoveredLosses, withoutLosses } from '../../../../core/plan/order/find-losses.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { Traffic } from '../../../../core/plan/traffic.ts';
import type { Plan } from '../../../../core/plan/plan.ts';
import type { Observed } from '../../../../core/observe/observed.ts';
import type { BGPConfiguration } from '../../../../core/calico/resource.ts';
import type { Desired, DesiredNode } from '../../../../core/render/desired.ts';
import { desiredOf, observedOf, ofNode, ours, peer, pool, wanted } from '../sample.ts';

const guarded = { guards: true };
const unguarded = { guards: false };

function mesh(isOn: boolean): BGPConfiguration {
  const apiVersion = 'projectcalico.org/v3';
  const spec = { nodeToNodeMeshEnabled: isOn };
  return { apiVersion, kind: 'BGPConfiguration', metadata: { name: 'default' }, spec };
}

function clusterAs(asNumber: number): BGPConfiguration {
  return { ...mesh(true), spec: { nodeToNodeMeshEnabled: true, asNumber } };
}

function gatesOf({ steps }: Plan): readonly (readonly string[])[] {
  return steps.map(({ gates }) => gates.map(({ kind }) => kind));
}

function titles({ steps }: Plan): readonly string[] {
  return steps.map(({ title }) => title);
}

function losses({ issues }: Plan): readonly string[] {
  return issues
    .filter(({ code }) => code.startsWith('loss-'))
    .map(({ severity, code }) => `${severity} ${code}`);
}

function node(settings: DesiredNode['settings']): DesiredNode {
  return { name: 'node-0', settings, reasons: {} };
}

function withNode(observed: Observed, settings: DesiredNode['settings']): Observed {
  return { ...observed, nodes: [{ name: 'node-0', settings }] };
}

describe('from the mesh to route reflectors', () => {
  const peers = ['10.0.0.2', '10.0.0.3'].map((peerIP) => wanted(peer(`to-${peerIP}`, { peerIP })));
  const desired = desiredOf([wanted(mesh(false)), ...peers], {
    nodes: [node({ routeReflectorClusterID: '224.0.0.1', groupLabels: [] })],
  });
  const observed = withNode(observedOf(ours(mesh(true))), { groupLabels: [] });

  it('guards first, makes the reflectors, and turns the mesh off when all sessions are up', () => {
    const plan = planChanges(desired, observed, guarded);
    expect(titles(plan)).to.deep.equal([
      'Make the peers',
      'Make the route reflectors',
      'Turn the node-to-node mesh off',
    ]);
    expect(gatesOf(plan)).to.deep.equal([
      ['fleet-guarding'],
      ['fleet-guarding'],
      ['fleet-guarding', 'fleet-written', 'fleet-sessions', 'fleet-routes'],
    ]);
  });

  it('announces this before anything runs', () => {
    const text = describePlan(planChanges(desired, observed, guarded));
    expect(text.match(/all nodes have guard routes/g)).to.have.length(1);
    expect(text).to.contain(
      '  waits until the sessions to 10.0.0.2 and 10.0.0.3 are Established on all nodes, for 10 s; at most 120 s\n',
    );
  });

  it('names the pods that lose traffic, and that guard routes prevent it', () => {
    const [loss] = planChanges(desired, observed, guarded).issues;
    expect(loss).to.include({ severity: 'note', code: 'loss-reflector' });
    expect(loss?.message).to.equal(
      'node "node-0" becomes a route reflector: its iBGP sessions are made anew, and its pods lose 1.2 to 4 s of traffic with other nodes; guard routes carry it between nodes meanwhile, but not through a router with such a session',
    );
    expect(loss?.hint).to.contain('measured');
  });

  it('must be accepted without guard routes', () => {
    const plan = planChanges(desired, observed, unguarded);
    expect(losses(plan)).to.deep.equal(['warning loss-reflector']);
    expect(uncoveredLosses(plan.issues, true)).to.have.length(1);
    expect(gatesOf(plan)).to.deep.equal([
      [],
      [],
      ['fleet-written', 'fleet-sessions', 'fleet-routes'],
    ]);
  });

  it('waits for nothing when it does not reach a cluster', () => {
    const plan = planChanges(desired, observed);
    expect(gatesOf(plan)).to.deep.equal([[], [], []]);
    expect(plan.issues).to.deep.equal([]);
  });
});

describe('the removal of a peer', () => {
  const gone = (scope?: Parameters<typeof ours>[1]): Observed =>
    observedOf(ours(peer('old', { peerIP: '10.0.0.9' }), scope));
  const desired = (scope?: Parameters<typeof wanted>[1]): Desired =>
    desiredOf([wanted(peer('new', { peerIP: '10.0.0.1' }), scope)]);

  it('waits for all nodes when all nodes may have it', () => {
    const plan = planChanges(desired(), gone(), unguarded);
    expect(gatesOf(plan)).to.deep.equal([[], ['fleet-written', 'fleet-sessions', 'fleet-routes']]);
    expect(plan.steps[1]?.gates.map(gateText)).to.deep.equal([
      'all nodes have made their own changes, for 10 s',
      'the session to 10.0.0.1 is Established on all nodes, for 10 s',
      'all nodes have their routes to pods again',
    ]);
  });

  it('does not wait for routes in the mesh, because the peer may keep them away', () => {
    const plan = planChanges(desiredOf([wanted(mesh(true))]), gone(), guarded);
    const kinds = ['fleet-guarding', 'fleet-written', 'fleet-sessions'];
    expect(gatesOf(plan).at(-1)).to.deep.equal(kinds);
  });

  it("waits for this node alone when it is the node's own", () => {
    expect(gatesOf(planChanges(desired(ofNode), gone(ofNode), unguarded))).to.deep.equal([
      [],
      ['node-sessions'],
    ]);
  });

  it('waits for all sessions when they are too many to name', () => {
    const many = Array.from({ length: 11 }, (_, index) => {
      const peerIP = `10.0.0.${String(100 + index)}`;
      return wanted(peer(peerIP, { peerIP }));
    });
    const plan = planChanges(desiredOf(many), gone(), unguarded);
    expect(plan.steps.at(-1)?.gates.map(gateText)).to.include(
      'all sessions are Established on all nodes, for 10 s',
    );
  });
});

describe('a route reflector that moves', () => {
  it('gives its cluster ID up when all nodes have their sessions to the new one', () => {
    const desired = desiredOf([wanted(peer('new', { peerIP: '10.0.0.4' }))], {
      nodes: [node({ routeReflectorClusterID: null, groupLabels: [] })],
    });
    const observed = withNode(
      observedOf(
        ours(peer('old', { peerIP: '10.0.0.2' })),
        ours(peer('new', { peerIP: '10.0.0.4' })),
      ),
      { routeReflectorClusterID: '224.0.0.1', groupLabels: [] },
    );
    const plan = planChanges(desired, observed, guarded);
    expect(titles(plan)).to.deep.equal([
      'Make plain nodes of route reflectors',
      'Remove what is no longer desired',
    ]);
    for (const gates of gatesOf(plan)) expect(gates).to.include('fleet-sessions');
    expect(losses(plan)).to.deep.equal(['note loss-reflector']);
  });
});

describe('a change of AS number', () => {
  it('of the node costs about 2 s of its sessions', () => {
    const desired = desiredOf([], { nodes: [node({ asNumber: 65001, groupLabels: [] })] });
    const observed = withNode(observedOf(), { asNumber: 64512, groupLabels: [] });
    const { issues } = planChanges(desired, observed, unguarded);
    expect(issues.map(({ message }) => message)).to.deep.equal([
      'node "node-0" gets AS 65001 instead of AS 64512: each of its sessions is made anew, and its pods lose about 2 s of traffic with other nodes',
    ]);
  });

  it('is none when the node only gets as its own the number that it has from the cluster', () => {
    const own = (asNumber: number | null): Desired =>
      desiredOf([], { nodes: [node({ asNumber, groupLabels: [] })] });
    const cases: readonly (readonly [Desired, Observed])[] = [
      [own(64512), withNode(observedOf(), { groupLabels: [] })],
      [own(65001), withNode(observedOf(ours(clusterAs(65001))), { groupLabels: [] })],
      [own(null), withNode(observedOf(), { asNumber: 64512, groupLabels: [] })],
    ];
    for (const [desired, observed] of cases) {
      const plan = planChanges(desired, observed, unguarded);
      expect(plan.steps).to.have.length(1);
      expect(losses(plan)).to.deep.equal([]);
    }
  });

  it('is none when the cluster takes over the number of the node', () => {
    const nodes = [node({ asNumber: null, groupLabels: [] })];
    const desired = desiredOf([wanted(clusterAs(65001))], { nodes });
    const observed = withNode(observedOf(ours(clusterAs(64512))), {
      asNumber: 65001,
      groupLabels: [],
    });
    const messages = planChanges(desired, observed, unguarded).issues.map((one) => one.message);
    expect(messages).to.have.length(1);
    expect(messages[0]).to.match(/^every node without an AS number of its own gets AS 65001 inst/);
  });

  it('is shown when the number of the cluster is unreadable', () => {
    const desired = desiredOf([], { nodes: [node({ asNumber: 64512, groupLabels: [] })] });
    const why = 'its asNumber is no number';
    const taken = [{ kind: 'BGPConfiguration', name: 'default', why, isUnreadable: true }] as const;
    const observed = { ...withNode(observedOf(), { groupLabels: [] }), taken };
    const loss = planChanges(desired, observed, unguarded).issues.find(
      ({ code }) => code === 'loss-as-number',
    );
    expect(loss?.message).to.contain("gets AS 64512 instead of the cluster's AS number");
  });

  it('of the cluster costs all nodes without a number of their own', () => {
    const desired = desiredOf([wanted(clusterAs(65001))]);
    const made = planChanges(desired, observedOf(), unguarded);
    const changed = planChanges(desired, observedOf(ours(clusterAs(65009))), unguarded);
    expect([losses(made), losses(changed)]).to.deep.equal([
      ['warning loss-as-number'],
      ['warning loss-as-number'],
    ]);
    expect(changed.issues[0]?.message).to.contain(
      'every node without an AS number of its own gets AS 65001 instead of AS 65009: ',
    );
    const usual = desiredOf([wanted(clusterAs(64512))]);
    expect(losses(planChanges(usual, observedOf(), unguarded))).to.deep.equal([]);
  });

  it('of a node with neighbours costs the traffic through routers, also with guard routes', () => {
    const settings = (asNumber: number) => ({
      asNumber,
      groupLabels: ['calico-agent/group.0123456789ab'],
    });
    const desired = (nodeSelector: string): Desired =>
      desiredOf([wanted(peer('tor', { peerIP: '10.0.0.1', nodeSelector }))], {
        nodes: [node(settings(64514))],
      });
    const lossesWith = (selector: string, traffic: Traffic): Plan['issues'] => {
      const observed = withNode(observedOf(), settings(64513));
      const { issues } = planChanges(desired(selector), observed, traffic);
      return issues.filter(({ code }) => code === 'loss-as-number');
    };
    const [loss] = lossesWith('has(calico-agent/group.0123456789ab)', guarded);
    expect(loss).to.include({ severity: 'warning' });
    expect(loss?.message).to.equal(
      'node "node-0" gets AS 64514 instead of AS 64513: each of its sessions is made anew, and its pods lose about 2 s of traffic with other nodes; guard routes carry it between nodes meanwhile, but what goes through a router among its BGP neighbours is lost for 1 to 6 s',
    );
    expect(loss?.hint).to.contain('1.2 to 5.9 s');
    expect(uncoveredLosses(lossesWith('all()', guarded), true)).to.have.length(1);
    const ofOthers = lossesWith('has(calico-agent/group.ba9876543210)', guarded);
    expect(uncoveredLosses(ofOthers, true)).to.deep.equal([]);
  });

  it('of the cluster costs the traffic through routers when there are peers', () => {
    const desired = desiredOf([wanted(clusterAs(65001))]);
    const to = ours(peer('tor', { peerIP: '10.0.0.1' }));
    const plan = planChanges(desired, observedOf(ours(clusterAs(65009)), to), guarded);
    expect(losses(plan)).to.deep.equal(['warning loss-as-number']);
    const meshOnly = planChanges(desired, observedOf(ours(clusterAs(65009))), guarded);
    expect(losses(meshOnly)).to.deep.equal(['note loss-as-number']);
  });

  it('of a neighbour costs the sessions to it, also with guard routes when it is a router', () => {
    const desired = desiredOf([wanted(peer('tor', { peerIP: '10.0.0.1', asNumber: 65002 }))]);
    const observed = observedOf(ours(peer('tor', { peerIP: '10.0.0.1', asNumber: 65001 })));
    const [loss] = uncoveredLosses(planChanges(desired, observed, guarded).issues, true);
    expect(loss?.message).to.contain('if 10.0.0.1 is a router, what goes through it is lost');
  });

  it('of a neighbour costs the sessions to it, under the same name or another', () => {
    const desired = (name: string): Desired =>
      desiredOf([wanted(peer(name, { peerIP: '10.0.0.1', asNumber: 65002 }))]);
    const observed = observedOf(ours(peer('old', { peerIP: '10.0.0.1', asNumber: 65001 })));
    for (const name of ['old', 'other']) {
      expect(losses(planChanges(desired(name), observed, unguarded))).to.deep.equal([
        'warning loss-peer-as-number',
      ]);
    }
  });
});

describe('a switch of the encapsulation', () => {
  const ipip = { ipipMode: 'Always', vxlanMode: 'Never' } as const;
  const vxlan = { ipipMode: 'Never', vxlanMode: 'Always' } as const;
  const none = { ipipMode: 'Never', vxlanMode: 'Never' } as const;

  it('to VXLAN comes before the end of the mesh, alone in its step', () => {
    const desired = desiredOf([wanted(mesh(false)), wanted(pool('pods', vxlan))]);
    const observed = observedOf(ours(mesh(true)), ours(pool('pods', ipip)));
    expect(titles(planChanges(desired, observed, guarded))).to.deep.equal([
      'Switch the encapsulation',
      'Turn the node-to-node mesh off',
    ]);
  });

  it('from VXLAN waits for the sessions that carry the routes from then on', () => {
    const desired = desiredOf([wanted(mesh(true)), wanted(pool('pods', none))]);
    const observed = observedOf(ours(mesh(false)), ours(pool('pods', vxlan)));
    const plan = planChanges(desired, observed, guarded);
    expect(titles(plan)).to.deep.equal([
      'Set the BGPConfiguration of all nodes',
      'Switch VXLAN off',
    ]);
    expect(gatesOf(plan)[1]).to.include('fleet-sessions');
  });

  it('is a loss that guard routes do not cover', () => {
    const desired = desiredOf([wanted(pool('pods', none))]);
    const plan = planChanges(desired, observedOf(ours(pool('pods', ipip))), guarded);
    expect(losses(plan)).to.deep.equal(['warning loss-encapsulation']);
    expect(plan.issues[0]?.message).to.contain('goes from IPIP to no encapsulation');
  });

  it('is none when another field of the pool changes', () => {
    const desired = desiredOf([wanted(pool('pods', { ...ipip, natOutgoing: true }))]);
    const plan = planChanges(desired, observedOf(ours(pool('pods', ipip))), guarded);
    expect(titles(plan)).to.deep.equal(['Make the pools ready']);
    expect(losses(plan)).to.deep.equal([]);
    expect(gatesOf(plan)).to.deep.equal([[]]);
  });
});

describe('the deletion of a pool', () => {
  const observed: Observed = {
    ...observedOf(ours(pool('old'))),
    poolUsage: [{ cidr: '192.168.0.0/16', addresses: 0 }],
  };

  it('waits until no address of it is in use', () => {
    const plan = planChanges(desiredOf([], { unknownPools: 'delete' }), observed, guarded);
    expect(gatesOf(plan)).to.deep.equal([['pool-free']]);
  });

  it('waits for nothing when the configuration deletes pools in use', () => {
    const desired = desiredOf([], { unknownPools: 'delete-in-use' });
    expect(gatesOf(planChanges(desired, observed, guarded))).to.deep.equal([[]]);
  });

  it('of the CNI is one without a BGP daemon too, and sessions are not', () => {
    const issue = (code: string): Issue => ({
      severity: 'warning',
      code,
      pointer: '',
      message: '',
    });
    const issues = [issue('loss-cni'), issue('loss-as-number')];
    const codes = (hasBgp: boolean): readonly string[] =>
      uncoveredLosses(issues, hasBgp).map(({ code }) => code);
    expect(codes(true)).to.deep.equal(['loss-cni', 'loss-as-number']);
    expect(codes(false)).to.deep.equal(['loss-cni']);
    expect(withoutLosses(issues).map(({ code }) => code)).to.deep.equal(['loss-cni']);
  });
});
