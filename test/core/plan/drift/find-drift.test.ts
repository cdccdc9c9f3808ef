import { expect } from 'chai';
import fc from 'fast-check';
import { defaultsOf } from '../../../../core/calico/kinds.ts';
import { findDrift } from '../../../../core/plan/drift/find-drift.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { FieldWriter, Observed, ObservedResource } from '../../../../core/observe/observed.ts';
import type { Desired } from '../../../../core/render/desired.ts';
import { nothing, peering, settled, whole } from '../random-plans.ts';
import { fleet } from '../../../support/samples/arbitraries.ts';
import { desiredOf, observedOf, ours, peer, wanted } from '../sample.ts';

const writers: readonly FieldWriter[] = [
  { manager: 'calico-agent', at: '2026-08-03T10:00:00Z', paths: ['spec.asNumber', 'spec.peerIP'] },
  { manager: 'kubectl-edit', at: '2026-08-02T10:00:00Z', paths: ['spec.peerIP'] },
  { manager: 'kubectl-patch', at: '2026-08-01T10:00:00Z', paths: ['spec.asNumber'] },
];

function drift(desired: Desired, observed: Observed): ReturnType<typeof findDrift> {
  return findDrift(planChanges(desired, observed), observed);
}

describe('a change by somebody else', () => {
  it('is a field, with the newest other writer that owns it, and the time', () => {
    const found = { ...ours(peer('p', { asNumber: 65009 })), writers };
    expect(drift(desiredOf([wanted(peer('p'))]), observedOf(found))).to.deep.equal([
      {
        kind: 'BGPPeer',
        name: 'p',
        path: 'spec.asNumber',
        desired: 65001,
        observed: 65009,
        by: 'kubectl-patch',
        at: '2026-08-01T10:00:00Z',
      },
    ]);
  });

  const owned: readonly [string, readonly string[], boolean][] = [
    ['an item of it', ['spec.asNumber[0]'], true],
    ['what it lies in', ['spec'], true],
    ['a field that begins like it', ['spec.asNumberFormat', 'spec.as'], false],
    ['nothing', [], false],
  ];
  for (const [what, paths, isBy] of owned) {
    it(`is ${isBy ? '' : 'not '}attributed to a writer of ${what}`, () => {
      const found = { ...ours(peer('p', { asNumber: 1 })), writers: [{ manager: 'x', paths }] };
      const [field] = drift(desiredOf([wanted(peer('p'))]), observedOf(found));
      expect(field?.by).to.equal(isBy ? 'x' : undefined);
      expect(field).to.not.have.property('at');
    });
  }

  it('is a mark that was removed', () => {
    const [field] = drift(desiredOf([wanted(peer('p'))]), observedOf({ resource: peer('p') }));
    expect(field).to.include({ path: 'metadata.labels.app.kubernetes.io/managed-by' });
  });

  it('is a deleted object, without an author', () => {
    expect(drift(desiredOf([wanted(peer('p'))]), observedOf())).to.deep.equal([
      { kind: 'BGPPeer', name: 'p', desired: peer('p').spec, observed: undefined },
    ]);
  });

  it('is an undesired object, with its last writer', () => {
    const found = { ...ours(peer('p')), writers };
    expect(drift(desiredOf([]), observedOf(found))).to.deep.equal([
      {
        kind: 'BGPPeer',
        name: 'p',
        desired: undefined,
        observed: peer('p').spec,
        by: 'kubectl-edit',
        at: '2026-08-02T10:00:00Z',
      },
    ]);
  });

  it('is each field of a node once, however many steps its correction takes', () => {
    const [was, is] = ['calico-agent/group.a', 'calico-agent/group.b'];
    const settings = { asNumber: null, groupLabels: [was] };
    const desired = desiredOf([], { nodes: [{ name: 'Node-0', settings, reasons: {} }] });
    const node = { name: 'Node-0', settings: { asNumber: 65001, groupLabels: [is] } };
    const fields = drift(desired, { resources: [], nodes: [node] });
    expect(fields).to.have.deep.members([
      { kind: 'Node', name: 'Node-0', path: 'asNumber', desired: undefined, observed: 65001 },
      { kind: 'Node', name: 'Node-0', path: 'groupLabels', desired: [was], observed: [is] },
    ]);
  });

  it('is never a default that a server filled in or left out', () => {
    fc.assert(
      fc.property(fleet, peering, fc.infiniteStream(fc.boolean()), (random, strategy, coins) => {
        const desired = whole(random, strategy);
        const { resources, nodes } = settled(desired, nothing);
        const fill = (): boolean => coins.next().value === true;
        const filled = { resources: resources.map((one) => filledIn(one, fill)), nodes };
        expect(drift(desired, filled)).to.deep.equal([]);
      }),
    );
  });
});

/** Defaults come and go, and fields of later releases appear, at random. */
function filledIn(one: ObservedResource, isSo: () => boolean): ObservedResource {
  const { resource } = one;
  const defaults = defaultsOf(resource);
  const later = { allowedUses: ['Workload'], bindMode: 'None' };
  const added = Object.fromEntries(Object.entries({ ...defaults, ...later }).filter(isSo));
  if (resource.kind === 'IPPool') {
    return { ...one, resource: { ...resource, spec: { ...added, ...resource.spec } } };
  }
  if (resource.kind === 'BGPPeer') {
    return { ...one, resource: { ...resource, spec: { ...added, ...resource.spec } } };
  }
  const said = Object.entries(resource.spec);
  const kept = said.filter(([field, value]) => defaults[field] !== value || isSo());
  const spec = { ...added, ...Object.fromEntries(kept) };
  return { ...one, resource: { ...resource, spec } };
}
