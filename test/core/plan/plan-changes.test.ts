import { expect } from 'chai';
import type {
  BGPConfiguration,
  BGPPeer,
  CalicoResource,
  IPPool,
} from '../../../core/calico/resource.ts';
import { applyChanges } from '../../../core/plan/apply-changes.ts';
import { describePlan } from '../../../core/plan/describe.ts';
import { planChanges } from '../../../core/plan/plan-changes.ts';
import type { AnyPlan, Change, Plan } from '../../../core/plan/plan.ts';
import type { Observed, ObservedResource } from '../../../core/observe/observed.ts';
import type { Desired } from '../../../core/render/desired.ts';
import { render } from '../../../core/render/render.ts';
import { native, nodesOf, resolveAll } from '../../support/samples/models.ts';

const apiVersion = 'projectcalico.org/v3';
const cluster = { kind: 'cluster' } as const;
const ours = { owner: { scope: cluster, lineage: 'local:test', number: 1 } };
const nodes = nodesOf([
  { name: 'node-0', addresses: ['10.0.0.2/24'], labels: { rr: 'yes' } },
  { name: 'node-1', addresses: ['10.0.0.3/24'] },
]);

function wanted(sections: object, options: { readonly node?: string } = {}): Desired {
  const model = native(sections);
  const all = resolveAll(model, nodes);
  const { node: name } = options;
  return name === undefined
    ? render(model, all, { cluster: true })
    : render(
        model,
        all.filter(({ node }) => node === name),
        { cluster: false },
      );
}

function observed(...resources: readonly ObservedResource[]): Observed {
  return { resources, nodes: [] };
}

function configuration(spec: BGPConfiguration['spec']): BGPConfiguration {
  return { apiVersion, kind: 'BGPConfiguration', metadata: { name: 'default' }, spec };
}

function pool(name: string, spec: Partial<IPPool['spec']> = {}): IPPool {
  const modes = { ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: true } as const;
  return {
    apiVersion,
    kind: 'IPPool',
    metadata: { name },
    spec: { cidr: '192.168.0.0/16', ...modes, ...spec },
  };
}

function peer(name: string, spec: Partial<BGPPeer['spec']> = {}): BGPPeer {
  const rest = { peerIP: '10.0.0.1', asNumber: 64512, ...spec };
  return { apiVersion, kind: 'BGPPeer', metadata: { name }, spec: rest };
}

function brief(change: Change): string {
  if (change.action === 'patch-node') return `patch ${change.node}`;
  if (change.action === 'delete') return `delete ${change.kind} ${change.name}`;
  if (change.action === 'release') return `release ${change.before.kind}`;
  const fields = change.action === 'update' ? change.fields.map(({ path }) => ` ${path}`) : [];
  return `${change.action} ${change.resource.kind} ${change.resource.metadata.name}${fields.join('')}`;
}

function steps({ steps: list }: Plan): readonly (readonly string[])[] {
  return list.map(({ changes }) => changes.map(brief));
}

/** For each step, the cluster ID after each patch. */
function clusterIds({ steps: list }: Plan): readonly (readonly unknown[])[] {
  return list.map(({ changes }) =>
    changes.flatMap((change) =>
      change.action === 'patch-node' ? [change.after.routeReflectorClusterID] : [],
    ),
  );
}

function only(plan: Plan): Change {
  const [change] = plan.steps.flatMap(({ changes }) => changes);
  if (change === undefined) throw new Error('the plan is empty');
  return change;
}

describe('the order of a plan', () => {
  const reflectors = {
    bgp: { nodeToNodeMesh: false, asNumber: 64512 },
    pools: [{ name: 'pods', cidr: '192.168.0.0/16' }],
    groups: [
      { name: 'rr', match: { selector: 'has(rr)' }, routeReflectorClusterId: '1.0.0.1' },
      {
        name: 'all',
        match: { subnets: ['10.0.0.0/24'] },
        peers: [{ address: '10.0.0.2', asNumber: 64512 }],
      },
    ],
  };

  it('is pools, labels and AS numbers, peers, cluster IDs, and the mesh off at the end', () => {
    const plan = planChanges(wanted(reflectors), observed());
    expect(steps(plan)).to.deep.equal([
      ['create IPPool pods'],
      ['patch node-0', 'patch node-1'],
      ['create BGPPeer calico-agent-10.0.0.2-f468531e2486'],
      ['patch node-0'],
      ['create BGPConfiguration default'],
    ]);
    expect(clusterIds(plan)).to.deep.equal([[], [undefined, undefined], [], ['1.0.0.1'], []]);
    expect(plan.steps.at(-1)?.title).to.match(/mesh off/);
  });

  it('has the mesh on before cluster IDs are removed, and those before peers, labels and pools', () => {
    const before = wanted(reflectors);
    const changes = planChanges(before, observed()).steps.flatMap((step) => step.changes);
    const state = applyChanges(observed(), changes, { lineage: 'local:test', number: 1 });
    const bgp = { nodeToNodeMesh: true, asNumber: 64512 };
    const back = { bgp, pools: [], groups: [], unknownPools: 'delete' };
    const plan = planChanges(wanted(back), state);
    expect(steps(plan)).to.deep.equal([
      ['update BGPConfiguration default spec.nodeToNodeMeshEnabled'],
      ['patch node-0'],
      ['delete BGPPeer calico-agent-10.0.0.2-f468531e2486', 'patch node-0', 'patch node-1'],
      ['delete IPPool pods'],
    ]);
    expect(clusterIds(plan)).to.deep.equal([[], [null], [null, undefined], []]);
    expect(plan.issues.map(({ code, severity }) => `${severity} ${code}`)).to.deep.equal([
      'warning pool-deleted',
    ]);
  });

  it('patches one node several times when it both gains and loses settings', () => {
    const groups = [{ name: 'a', match: { nodes: ['node-0'] }, asNumber: 64601 }];
    const state: Observed = {
      resources: [],
      nodes: [
        {
          name: 'node-0',
          settings: { routeReflectorClusterID: '1.0.0.1', groupLabels: ['calico-agent/group.old'] },
        },
      ],
    };
    const plan = planChanges(wanted({ groups }, { node: 'node-0' }), state);
    const [adding, clusterIdOff, removing] = plan.steps.flatMap(({ changes }) => changes);
    const between = {
      asNumber: 64601,
      routeReflectorClusterID: '1.0.0.1',
      groupLabels: ['calico-agent/group.old'],
    };
    expect(adding).to.deep.include({ action: 'patch-node', after: between });
    const plain = { ...between, routeReflectorClusterID: null };
    expect(clusterIdOff).to.deep.include({ before: between, after: plain });
    expect(removing).to.deep.include({
      action: 'patch-node',
      before: plain,
      after: { asNumber: 64601, routeReflectorClusterID: null, groupLabels: [] },
    });
  });
});

describe('the difference', () => {
  const bgp = {
    asNumber: 64512,
    nodeToNodeMesh: true,
    serviceClusterIPs: ['10.2.0.0/16', '10.1.0.0/16'],
  };
  const same: readonly [string, object, CalicoResource][] = [
    [
      'defaults that the server filled in',
      { pools: [{ name: 'pods', cidr: '192.168.0.0/16', natOutgoing: true }] },
      {
        ...pool('pods', { blockSize: 26, nodeSelector: 'all()', assignmentMode: 'Automatic' }),
        metadata: { name: 'pods', annotations: { 'calico-agent/revision': 'local:test#7' } },
      },
    ],
    [
      'Calico defaults that are left out',
      { bgp: { ...bgp, listenPort: 179, serviceExternalIPs: [] } },
      configuration({ serviceClusterIPs: [{ cidr: '10.1.0.0/16' }, { cidr: '10.2.0.0/16' }] }),
    ],
    [
      'another spelling of a network',
      { pools: [{ name: 'pods', cidr: 'fd00::/48', natOutgoing: true }] },
      pool('pods', { cidr: 'FD00:0::/48', blockSize: 122 }),
    ],
    [
      'a field that is not managed',
      { bgp: { asNumber: 64512 } },
      configuration({ listenPort: 1179 }),
    ],
  ];
  for (const [what, sections, resource] of same) {
    it(`does not include ${what}`, () => {
      expect(planChanges(wanted(sections), observed({ resource, ...ours })).steps).to.deep.equal(
        [],
      );
    });
  }

  it('includes a field of ours that somebody changed, with before, after and reason', () => {
    const state = observed({ resource: configuration({ asNumber: 65000 }), ...ours });
    const change = only(planChanges(wanted({ bgp: { asNumber: 64601 } }), state));
    expect(change.action === 'update' ? change.fields : []).to.deep.equal([
      {
        path: 'spec.asNumber',
        before: 65000,
        after: 64601,
        reasons: [{ rule: 'global', place: placeOf('/bgp/asNumber', change) }],
      },
    ]);
  });

  it('removes a field that turns a peer of ours into another one', () => {
    const bad = peer('calico-agent-10.0.0.1', { node: 'node-7' });
    const sections = { bgp: { peers: [{ address: '10.0.0.1', asNumber: 64512 }] } };
    const change = only(planChanges(wanted(sections), observed({ resource: bad, ...ours })));
    expect(change).to.deep.include({ action: 'update' });
    expect(change.action === 'update' && 'node' in change.resource.spec).to.equal(false);
  });

  it('includes a missing mark: the object is adopted, and the plan says so', () => {
    const plan = planChanges(
      wanted({ bgp: { asNumber: 64512 } }),
      observed({ resource: configuration({ asNumber: 64512, listenPort: 1179 }) }),
    );
    expect(steps(plan)).to.deep.equal([
      ['update BGPConfiguration default metadata.labels.app.kubernetes.io/managed-by'],
    ]);
    expect(describePlan(plan)).to.contain('because adopted');
    const change = only(plan);
    expect(change.action === 'update' && change.resource.spec).to.deep.equal({
      asNumber: 64512,
      listenPort: 1179,
    });
  });
});

function placeOf(pointer: string, change: Change): unknown {
  const [field] = change.action === 'update' ? change.fields : [];
  const place = field?.reasons[0]?.place;
  expect(place?.pointer).to.equal(pointer);
  return place;
}

describe('deletions', () => {
  const onNode = (node: string): ObservedResource => ({
    resource: peer(`${node}-10.0.0.1`, { node }),
    owner: { scope: { kind: 'node', node }, lineage: 'local:test', number: 1 },
  });
  const shared = { resource: peer('calico-agent-10.0.0.1'), ...ours };
  const foreign = { resource: peer('hand-made') };

  it('are of the node’s own objects only when the scope is the node', () => {
    const state = observed(onNode('node-0'), onNode('node-1'), shared, foreign);
    const plan = planChanges(wanted({}, { node: 'node-0' }), state);
    expect(steps(plan)).to.deep.equal([['delete BGPPeer node-0-10.0.0.1']]);
  });

  it('never affect objects that are not ours', () => {
    expect(planChanges(wanted({}), observed(foreign)).steps).to.deep.equal([]);
  });

  const pools: readonly [string, object, readonly string[], readonly string[]][] = [
    ['not managed', {}, [], []],
    ['kept', { pools: [] }, [], ['note pool-kept']],
    [
      'to go',
      { pools: [], unknownPools: 'delete' },
      ['delete IPPool found', 'delete IPPool ours'],
      ['warning pool-deleted', 'warning pool-deleted'],
    ],
  ];
  for (const [what, sections, expected, issues] of pools) {
    it(`of pools follow the configuration: ${what}`, () => {
      const found = { resource: pool('found', { cidr: '192.169.0.0/16' }) };
      const plan = planChanges(
        wanted(sections),
        observed(found, { resource: pool('ours'), ...ours }),
      );
      expect(steps(plan).flat()).to.deep.equal(expected);
      expect(plan.issues.map(({ severity, code }) => `${severity} ${code}`)).to.deep.equal(issues);
    });
  }

  it('leave out a pool that a document shares with others: the plan says how to delete it', () => {
    const [found, left] = [
      { resource: pool('pods'), ...ours },
      pool('left', { cidr: 'fd00::/48' }),
    ];
    const sections = { pools: [{ name: 'pods', cidr: '192.168.0.0/16', natOutgoing: true }] };
    const plan = planChanges(wanted(sections), observed(found, { resource: left, ...ours }));
    expect(plan.steps).to.deep.equal([]);
    expect(describePlan(plan)).to.match(/note: pool "left" stays .*\n.*unknownPools: delete.*\n/);
  });

  it('never affect BGPConfiguration: a section that is not mentioned is not managed', () => {
    const state = observed({ resource: configuration({ asNumber: 64601 }), ...ours });
    expect(planChanges(wanted({}), state).steps).to.deep.equal([]);
  });
});

describe('pools that cannot become the desired ones', () => {
  const faults: readonly [string, object, string][] = [
    ['another cidr', { name: 'pods', cidr: '192.169.0.0/16' }, 'pool-immutable /pools/0/cidr'],
    [
      'another block size',
      { name: 'pods', cidr: '192.168.0.0/16', blockSize: 24 },
      'pool-immutable /pools/0/blockSize',
    ],
    ['an overlap', { name: 'new', cidr: '192.168.7.0/24' }, 'pool-overlap /pools/0/cidr'],
  ];
  for (const [what, section, expected] of faults) {
    it(`are an error and stay as they are: ${what}`, () => {
      const plan = planChanges(
        wanted({ pools: [section], unknownPools: 'delete' }),
        observed({ resource: pool('pods'), ...ours }),
      );
      expect(plan.steps).to.deep.equal([]);
      expect(plan.issues.map((one) => `${one.code} ${one.pointer}`)).to.deep.equal([expected]);
      expect(plan.issues[0]?.hint).to.be.a('string');
    });
  }
});

describe('a plan with an error', () => {
  it('has no steps at all, and says that it changes nothing', () => {
    const sections = {
      bgp: { asNumber: 64601, nodeToNodeMesh: false },
      pools: [
        { name: 'pods', cidr: '192.169.0.0/16' },
        { name: 'more', cidr: '10.64.0.0/16' },
      ],
      groups: [{ name: 'a', match: { nodes: ['node-0'] }, asNumber: 64602 }],
    };
    const state = observed(
      { resource: pool('pods'), ...ours },
      { resource: peer('gone'), ...ours },
    );
    const plan = planChanges(wanted(sections), state);
    expect(plan.steps).to.deep.equal([]);
    expect(describePlan(plan)).to.match(
      /^error: cannot change pool "pods": .* \[pool-immutable\]\n {2}hint: .*\ncannot be applied, and changes nothing: 1 error\n$/,
    );
  });
});

describe('a plan in words', () => {
  it('shows each change with its reason, and a total', () => {
    const sections = {
      bgp: { asNumber: 64601, nodeToNodeMesh: false, serviceClusterIPs: [] },
      groups: [{ name: 'a\n', match: { nodes: ['node-0'] }, asNumber: 64602 }],
    };
    const plan = planChanges(
      wanted(sections, {}),
      observed(
        { resource: configuration({ asNumber: 64600 }), ...ours },
        { resource: peer('gone'), ...ours },
      ),
    );
    expect(describePlan(plan)).to.equal(
      [
        '1. Set the nodes: peers choose nodes by these labels, and sessions use these AS numbers',
        '  ~ Node node-0',
        '      asNumber: none → 64602   because group a\\u000a (line 1)',
        '  ~ Node node-1',
        '      asNumber: none → 64601   because global (line 1)',
        '',
        '2. Set the BGPConfiguration of all nodes: the nodes have their own settings and peers by now',
        '  ~ BGPConfiguration default',
        '      spec.asNumber: 64600 → 64601   because global (line 1)',
        '',
        '3. Turn the node-to-node mesh off: until here it carries the traffic; the peers take over',
        '  ~ BGPConfiguration default',
        '      spec.nodeToNodeMeshEnabled: none → false   because global (line 1)',
        '',
        '4. Remove what is no longer desired: everything that replaces it is there',
        '  - BGPPeer gone   because it is ours, and no rule asks for it any more',
        '',
        '5 changes in 4 steps',
        '',
      ].join('\n'),
    );
  });

  it('says that there is nothing to do', () => {
    expect(describePlan(planChanges(wanted({}), observed()))).to.equal('nothing to do\n');
  });
});

describe('a plan for people', () => {
  it('has one line per field, whatever name the devices of a profile have', () => {
    const path = 'devices.x\u001b[2J\nforged: line';
    const content = { description: '', config: {}, devices: {} };
    const plan: AnyPlan = {
      formatVersion: 1,
      issues: [],
      steps: [
        {
          title: 'profiles',
          why: 'they are shared',
          gates: [],
          changes: [
            {
              action: 'set-lxd-profile',
              project: 'default',
              profile: 'default',
              isNew: false,
              before: content,
              after: content,
              fields: [{ path, before: 'a', after: 'b', reasons: [] }],
            },
          ],
        },
      ],
    };
    const text = describePlan(plan);
    expect(text)
      .to.contain('devices.x\\u001b[2J\\u000aforged: line: a → b')
      .and.not.match(/^forged/m);
  });
});
