import { expect } from 'chai';
import type { BGPPeer, CalicoResource } from '../../../../core/calico/resource.ts';
import { adoptionSteps, findAdoptable } from '../../../../core/plan/adopt/find-adoptable.ts';
import { applyChanges } from '../../../../core/plan/apply-changes.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { ObservedResource } from '../../../../core/observe/observed.ts';
import type { Desired } from '../../../../core/render/desired.ts';
import type { SurveyedCluster, SurveyedNode } from '../../../../core/survey/surveyed-cluster.ts';
import { revision } from '../random-plans.ts';
import { briefSteps, desiredOf, ofNode, ours, peer, pool, wanted } from '../sample.ts';

const label = 'calico-agent/group.ab';
const grouped = { nodeSelector: `has(${label})` };

function node(name: string, groupLabels: readonly string[], rack = 'a'): SurveyedNode {
  const labels = Object.fromEntries(groupLabels.map((one) => [one, 'true']));
  return { name, settings: { groupLabels }, addresses: [], labels: { ...labels, rack } };
}

const nodes = [node('node-0', [label]), node('Node-1', [label]), node('node-2', [], 'b')];

function surveyOf(
  resources: readonly ObservedResource[],
  more: Readonly<Record<string, object>> = {},
): SurveyedCluster {
  const documents = resources.map(({ resource }) => ({
    ...resource,
    spec: { ...resource.spec, ...more[resource.metadata.name] },
  }));
  return { resources, nodes, documents, blocks: [] };
}

function fates(desired: Desired, survey: SurveyedCluster): readonly string[] {
  return findAdoptable(desired, survey).map(
    ({ kind, name, fate, standsFor }) => `${kind}/${name} ${fate} ${standsFor}`,
  );
}

function adopted(desired: Desired, survey: SurveyedCluster): SurveyedCluster {
  const steps = adoptionSteps(findAdoptable(desired, survey), desired.covers);
  const changes = steps.flatMap((step) => step.changes);
  return { ...survey, resources: applyChanges(survey, changes, revision).resources };
}

describe('an object with the same meaning under another name', () => {
  const onNode = { node: 'node-0' };
  const same: readonly [string, CalicoResource, CalicoResource, Desired['covers'][number]?][] = [
    ['a peer of every node', peer('ours'), peer('Hand-made')],
    ['a peer of one node', peer('ours', onNode), peer('charm', onNode), ofNode],
    ['a peer of what a selector picks', peer('ours', grouped), peer('charm', grouped)],
    ['a pool of the same network', pool('ours'), pool('ipv4')],
    [
      'a pool of the same network, spelled another way',
      pool('ours', { cidr: 'fd00::/48', blockSize: 122 }),
      pool('ipv6', { cidr: 'FD00:0::/48' }),
    ],
  ];
  for (const [what, mine, found, scope] of same) {
    it(`stays: ${what}`, () => {
      const desired = desiredOf([wanted(mine, scope)]);
      const survey = surveyOf([{ resource: found, version: '7' }]);
      const { kind, metadata } = found;
      expect(fates(desired, survey)).to.deep.equal([`${kind}/${metadata.name} stays ours`]);
      const [step] = adoptionSteps(findAdoptable(desired, survey), desired.covers);
      expect(step?.changes[0]).to.deep.include({ action: 'update', before: found, version: '7' });
      const after = adopted(desired, survey);
      expect(after.resources[0]?.resource.spec).to.deep.equal(found.spec);
      expect(after.resources[0]?.owner).to.deep.equal({
        scope: scope ?? { kind: 'cluster' },
        ...revision,
      });
      expect(planChanges(desired, after)).to.deep.include({ steps: [], issues: [] });
    });
  }

  const others: readonly [string, CalicoResource, CalicoResource][] = [
    ['another AS number', peer('ours'), peer('x', { asNumber: 65002 })],
    ['another port', peer('ours'), peer('x', { peerIP: '10.0.0.1:1179' })],
    ['another way to write the port', peer('ours'), peer('x', { peerIP: '10.0.0.1:179' })],
    ['another node', peer('ours', onNode), peer('x', { node: 'Node-0' })],
    ['another network', pool('ours'), pool('x', { cidr: '192.168.0.0/17' })],
    ['another size of blocks', pool('ours', { blockSize: 24 }), pool('x')],
  ];
  for (const [what, mine, found] of others) {
    it(`is not adopted with ${what}`, () => {
      expect(fates(desiredOf([wanted(mine)]), surveyOf([{ resource: found }]))).to.deep.equal([]);
    });
  }

  it('is not adopted when it is ours already', () => {
    const desired = desiredOf([wanted(peer('ours'))]);
    expect(fates(desired, surveyOf([ours(peer('x'))]))).to.deep.equal([]);
    expect(fates(desired, surveyOf([ours(peer('ours'))]))).to.deep.equal([]);
  });

  it('has the desired name itself, and is taken over with any content', () => {
    const desired = desiredOf([wanted(peer('ours'))]);
    const found = peer('ours', { asNumber: 64999 });
    const survey = surveyOf([{ resource: found }]);
    expect(fates(desired, survey)).to.deep.equal(['BGPPeer/ours stays ours']);
    const after = adopted(desired, survey);
    expect(after.resources[0]?.resource).to.deep.equal(found);
    const [step] = planChanges(desired, after).steps;
    expect(step?.changes[0]).to.have.property('action', 'update');
  });

  it('keeps its fields beside ours', () => {
    const survey = surveyOf([{ resource: peer('x') }], { x: { password: {} } });
    expect(fates(desiredOf([wanted(peer('ours'))]), survey)).to.deep.equal([
      'BGPPeer/x stays ours',
    ]);
  });

  it('is then changed under its own name, and deleted when it is no longer desired', () => {
    const survey = adopted(
      desiredOf([wanted(peer('ours', { asNumber: 65001 }))]),
      surveyOf([{ resource: peer('x') }]),
    );
    const next = desiredOf([wanted(peer('ours', { asNumber: 65002 }))]);
    const changes = planChanges(next, survey).steps.flatMap((step) => step.changes);
    expect(briefSteps(planChanges(next, survey))).to.deep.equal([['update BGPPeer/x']]);
    const after = applyChanges(survey, changes, revision);
    expect(after.resources.map(({ resource }) => resource.metadata.name)).to.deep.equal(['x']);
    expect(planChanges(next, after).steps).to.deep.equal([]);
    expect(briefSteps(planChanges(desiredOf([]), after))).to.deep.equal([['delete BGPPeer/x']]);
  });

  it('is deleted when ours with the desired name exists too', () => {
    const desired = desiredOf([wanted(peer('ours'))]);
    const { resources } = adopted(desired, surveyOf([{ resource: peer('x') }]));
    const both = { resources: [...resources, ours(peer('ours'))], nodes: [] };
    expect(briefSteps(planChanges(desired, both))).to.deep.equal([['delete BGPPeer/x']]);
  });

  it('counts only with our marks on it', () => {
    const desired = desiredOf([wanted(peer('ours'))]);
    const { resources } = adopted(desired, surveyOf([{ resource: peer('x') }]));
    const [found] = resources.map(({ resource }) => ({ resource }));
    if (found === undefined) throw new Error('it is gone');
    expect(briefSteps(planChanges(desired, { resources: [found], nodes: [] }))).to.deep.equal([
      ['create BGPPeer/ours'],
    ]);
  });

  it('is the first by name of several, and the others are replaced', () => {
    const survey = surveyOf([{ resource: peer('y') }, { resource: peer('x') }]);
    expect(fates(desiredOf([wanted(peer('ours'))]), survey)).to.deep.equal([
      'BGPPeer/x stays ours',
      'BGPPeer/y replaced ours',
    ]);
  });

  it('is marked only within the given scopes', () => {
    const desired = desiredOf([wanted(peer('ours'))]);
    const found = findAdoptable(desired, surveyOf([{ resource: peer('x') }]));
    expect(adoptionSteps(found, [ofNode])).to.deep.equal([]);
    expect(briefSteps({ steps: adoptionSteps(found, desired.covers) })).to.deep.equal([
      ['update BGPPeer/x'],
    ]);
  });
});

describe('a peer whose sessions come from ours', () => {
  const mine = wanted(peer('ours', grouped));
  const rules: readonly [string, Partial<BGPPeer['spec']>, boolean][] = [
    ['of one node of the group', { node: 'node-0' }, true],
    ['of a node with capital letters', { node: 'Node-1' }, true],
    ['of what a selector picks in the group', { nodeSelector: "rack == 'a'" }, true],
    ['of a node outside the group', { node: 'node-2' }, false],
    ['of a node that nobody knows', { node: 'node-9' }, false],
    ['of nodes inside and outside', { nodeSelector: 'has(rack)' }, false],
    ['of what a selector does not pick yet', { nodeSelector: "rack == 'c'" }, false],
    ['of a selector that cannot be read', { nodeSelector: 'rack = 1' }, false],
    ['of every node', {}, false],
    ['with another AS number', { node: 'node-0', asNumber: 65002 }, false],
    ['of another neighbour', { node: 'node-0', peerIP: '10.0.0.2' }, false],
    ['that writes BGP’s own port out', { node: 'node-0', peerIP: '10.0.0.1:179' }, false],
  ];
  it('is deleted when both have BGP’s own port', () => {
    const peerIP = '10.0.0.1:179';
    const survey = surveyOf([{ resource: peer('x', { node: 'node-0', peerIP }) }]);
    const desired = desiredOf([wanted(peer('ours', { ...grouped, peerIP }))]);
    expect(fates(desired, survey)).to.deep.equal(['BGPPeer/x replaced ours']);
  });

  for (const [what, spec, isReplaced] of rules) {
    it(`${isReplaced ? 'is deleted once ours exists' : 'is left alone'}: ${what}`, () => {
      const survey = surveyOf([{ resource: peer('x', spec) }]);
      const desired = desiredOf([mine]);
      expect(fates(desired, survey)).to.deep.equal(isReplaced ? ['BGPPeer/x replaced ours'] : []);
      if (!isReplaced) return;
      expect(briefSteps(planChanges(desired, adopted(desired, survey)))).to.deep.equal([
        ['create BGPPeer/ours'],
        ['delete BGPPeer/x'],
      ]);
    });
  }

  it('is deleted whichever nodes it is for, when ours is for every node', () => {
    const desired = desiredOf([wanted(peer('ours'))]);
    for (const spec of [{ node: 'node-9' }, { nodeSelector: 'has(later)' }]) {
      const survey = surveyOf([{ resource: peer('x', spec) }]);
      expect(fates(desired, survey)).to.deep.equal(['BGPPeer/x replaced ours']);
    }
  });

  it('is judged by the labels that a node will have', () => {
    const survey = surveyOf([{ resource: peer('x', { node: 'node-2' }) }]);
    const settings = { groupLabels: [label] };
    const labelled = desiredOf([mine], { nodes: [{ name: 'node-2', settings, reasons: {} }] });
    expect(fates(labelled, survey)).to.deep.equal(['BGPPeer/x replaced ours']);
    const other = surveyOf([{ resource: peer('x', { node: 'node-0' }) }]);
    const plain = { name: 'node-0', settings: { groupLabels: [] }, reasons: {} };
    expect(fates(desiredOf([mine], { nodes: [plain] }), other)).to.deep.equal([]);
  });

  for (const setting of [{ password: {} }, { filters: ['f'] }, { nextHopMode: 'Self' }]) {
    it(`is left alone with ${Object.keys(setting).join()}, its own or that of one beside it`, () => {
      const found = [{ resource: peer('x', { node: 'node-0' }) }];
      expect(fates(desiredOf([mine]), surveyOf(found, { x: setting }))).to.deep.equal([]);
      const beside = [...found, ours(peer('ours', grouped))];
      expect(fates(desiredOf([mine]), surveyOf(beside, { ours: setting }))).to.deep.equal([]);
      expect(fates(desiredOf([mine]), surveyOf(beside))).to.have.length(1);
    });
  }

  it('is left alone when its document is not available', () => {
    const survey = {
      ...surveyOf([{ resource: peer('x', { node: 'node-0' }) }]),
      documents: [null],
    };
    expect(fates(desiredOf([mine]), survey)).to.deep.equal([]);
  });

  it('is left alone when ours has another AS number for other nodes: it would be deleted first', () => {
    const rival = wanted(peer('a-rival', { asNumber: 65002, nodeSelector: 'has(other)' }));
    const survey = surveyOf([{ resource: peer('x', { node: 'node-0' }) }]);
    expect(fates(desiredOf([mine, rival]), survey)).to.deep.equal([]);
  });
});

describe('the plan with objects that could be adopted', () => {
  it('names `calico-agent adopt` for a peer', () => {
    const desired = desiredOf([wanted(peer('ours'))]);
    const found = [{ resource: peer('x') }];
    const { issues } = planChanges(desired, { resources: found, nodes: [] });
    expect(issues.map(({ code }) => code)).to.deep.equal(['peer-also-foreign']);
    for (const { hint } of issues) expect(hint).to.contain('`calico-agent adopt`');
  });

  it('does not for a pool that cannot become the desired one', () => {
    const desired = desiredOf([wanted(pool('pods', { blockSize: 24 }))]);
    const { issues } = planChanges(desired, { resources: [{ resource: pool('x') }], nodes: [] });
    expect(issues[0]?.hint).to.not.contain('adopt');
  });
});
