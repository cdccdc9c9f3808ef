import { expect } from 'chai';
import fc from 'fast-check';
import { applyChanges } from '../../../core/plan/apply-changes.ts';
import { defaultsOf } from '../../../core/plan/calico-defaults.ts';
import { planChanges } from '../../../core/plan/plan-changes.ts';
import type { Change, Observed, ObservedResource, Plan } from '../../../core/plan/plan.ts';
import type { CalicoResource, Desired } from '../../../core/render/desired.ts';
import { render } from '../../../core/render/render.ts';
import { fleet, type Fleet } from '../../support/arbitraries.ts';

const revision = { lineage: 'local:test', number: 1 };
const nothing: Observed = { resources: [], nodes: [] };
const peering = fc.constantFrom('selectors' as const, 'per-node' as const);

const desired: fc.Arbitrary<Desired> = fc
  .tuple(fleet, peering, fc.boolean(), fc.nat(5))
  .map(([{ model, resolutions }, strategy, cluster, count]) =>
    render(model, resolutions.slice(0, count), { peering: strategy, cluster }),
  );

/** What an earlier configuration left, with what servers and people added, some of it not ours. */
const observed: fc.Arbitrary<Observed> = fc
  .tuple(fleet, peering, fc.infiniteStream(fc.boolean()))
  .map(([before, strategy, coins]) => {
    const { resources, nodes } = settled(whole(before, strategy), nothing);
    const meddledWith = resources.map((one) => meddled(one, coins.next().value === true));
    return { resources: meddledWith, nodes };
  });

function meddled({ resource, owner }: ObservedResource, isForeign: boolean): ObservedResource {
  const touched = withAdditions(resource);
  return isForeign || owner === undefined ? { resource: touched } : { resource: touched, owner };
}

function whole({ model, resolutions }: Fleet, strategy: 'selectors' | 'per-node'): Desired {
  return render(model, resolutions, { peering: strategy, cluster: true });
}

function withAdditions(resource: CalicoResource): CalicoResource {
  const metadata = { ...resource.metadata, labels: { team: 'network' }, uid: '1' };
  if (resource.kind === 'IPPool') {
    const spec = {
      ...resource.spec,
      blockSize: 26,
      nodeSelector: 'all()',
      allowedUses: ['Tunnel'],
    };
    return { ...resource, metadata, spec };
  }
  if (resource.kind === 'BGPPeer') return { ...resource, metadata };
  const spec = { ...resource.spec, logSeverityScreen: 'Info' };
  return { ...resource, metadata, spec };
}

function changesOf({ steps }: Plan): readonly Change[] {
  return steps.flatMap(({ changes }) => changes);
}

function settled(wanted: Desired, state: Observed): Observed {
  return applyChanges(state, changesOf(planChanges(wanted, state)), revision);
}

describe('a plan', () => {
  it('leaves nothing to do once it is applied', () => {
    fc.assert(
      fc.property(desired, observed, (wanted, state) => {
        expect(planChanges(wanted, settled(wanted, state)).steps).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });

  it('can be finished after it was cut off anywhere', () => {
    fc.assert(
      fc.property(desired, observed, fc.nat(), (wanted, state, cut) => {
        const changes = changesOf(planChanges(wanted, state));
        const half = applyChanges(state, changes.slice(0, cut % (changes.length + 1)), revision);
        const finished = settled(wanted, half);
        expect(byName(finished)).to.deep.equal(byName(settled(wanted, state)));
      }),
    );
  });

  it('does not depend on the order of its inputs', () => {
    fc.assert(
      fc.property(desired, observed, (wanted, state) => {
        const turned = planChanges(
          {
            ...wanted,
            covers: wanted.covers.toReversed(),
            resources: wanted.resources.toReversed(),
            nodes: wanted.nodes.toReversed(),
          },
          { resources: state.resources.toReversed(), nodes: state.nodes.toReversed() },
        );
        expect(turned).to.deep.equal(planChanges(wanted, state));
      }),
    );
  });

  it('deletes only what is ours within the shares it speaks for, and unknown pools when told to', () => {
    fc.assert(
      fc.property(desired, observed, (wanted, state) => {
        const covered = new Set(wanted.covers.map((share) => JSON.stringify(share)));
        for (const change of changesOf(planChanges(wanted, state))) {
          if (change.action !== 'delete') continue;
          const found = state.resources.find(({ resource }) => resource === change.before);
          const isOurs = covered.has(JSON.stringify(found?.owner?.share));
          const isUnknownPool =
            change.kind === 'IPPool' &&
            found?.owner === undefined &&
            wanted.unknownPools === 'delete';
          expect(isOurs || isUnknownPool).to.equal(true);
          if (change.kind === 'IPPool') expect(wanted.unknownPools).to.equal('delete');
        }
      }),
    );
  });

  it('brings about what is wanted, and keeps what others wrote', () => {
    fc.assert(
      fc.property(desired, observed, (wanted, state) => {
        const after = new Map(
          settled(wanted, state).resources.map((one) => [keyOf(one.resource), one.resource]),
        );
        for (const { resource } of wanted.resources) {
          // Absent is Calico's default.
          const spec = { ...defaultsOf(resource), ...after.get(keyOf(resource))?.spec };
          expect(spec).to.include(resource.spec);
        }
        for (const { resource } of state.resources) {
          const found = after.get(keyOf(resource));
          if (found === undefined) continue;
          expect(found.metadata.labels).to.include({ team: 'network' });
          if (found.kind === 'BGPConfiguration') {
            expect(found.spec).to.include({ logSeverityScreen: 'Info' });
          }
        }
      }),
    );
  });
});

function keyOf({ kind, metadata }: CalicoResource): string {
  return `${kind} ${metadata.name}`;
}

function byName({ resources, nodes }: Observed): unknown {
  return {
    resources: Object.fromEntries(resources.map((one) => [keyOf(one.resource), one])),
    nodes: Object.fromEntries(nodes.map((node) => [node.name, node])),
  };
}
