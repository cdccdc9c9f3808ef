import { expect } from 'chai';
import fc from 'fast-check';
import { applyChanges } from '../../../core/plan/apply-changes.ts';
import { defaultsOf } from '../../../core/calico/kinds.ts';
import { planChanges } from '../../../core/plan/plan-changes.ts';
import type { Observed } from '../../../core/observe/observed.ts';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import { changesOf, desired, observed, revision, settled } from './random-plans.ts';

describe('a plan', () => {
  it('leaves nothing to do once it is applied', () => {
    fc.assert(
      fc.property(desired, observed, (wanted, state) => {
        expect(planChanges(wanted, settled(wanted, state)).steps).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });

  it('can be finished after any interruption', () => {
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

  it('deletes only our objects within its scopes, and unknown pools on request', () => {
    fc.assert(
      fc.property(desired, observed, (wanted, state) => {
        const covered = new Set(wanted.covers.map((scope) => JSON.stringify(scope)));
        for (const change of changesOf(planChanges(wanted, state))) {
          if (change.action !== 'delete') continue;
          const found = state.resources.find(({ resource }) => resource === change.before);
          const isOurs = covered.has(JSON.stringify(found?.owner?.scope));
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

  it('reaches the desired state, and keeps the settings of others', () => {
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
