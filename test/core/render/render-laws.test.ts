import { expect } from 'chai';
import fc from 'fast-check';
import type { NetworkModel } from '../../../core/config/model.ts';
import type { Desired } from '../../../core/render/desired.ts';
import { render } from '../../../core/render/render.ts';
import { fleet } from '../../support/samples/arbitraries.ts';
import { resolveAll } from '../../support/samples/models.ts';
import { sessionsOf } from '../../support/calico/sessions.ts';

const peerings = ['selectors', 'per-node'] as const;

describe('rendering any fleet', () => {
  it('gives every node the same sessions under both strategies', () => {
    fc.assert(
      fc.property(fleet, ({ model, nodes, resolutions }) => {
        const [bySelectors, perNode] = peerings.map((peering) =>
          sessionsOf(render(model, resolutions, { peering, cluster: true }), nodes),
        );
        expect(bySelectors).to.deep.equal(perNode);
      }),
      { numRuns: 200 },
    );
  });

  it('gives each node the sessions of its resolution', () => {
    fc.assert(
      fc.property(fleet, ({ model, nodes, resolutions }) => {
        const sessions = sessionsOf(render(model, resolutions, { cluster: true }), nodes);
        for (const { node, peers } of resolutions) {
          const families = nodes.find(({ name }) => name === node)?.addresses ?? [];
          for (const { address, family, port, asNumber } of peers) {
            if (!families.some((own) => own.family === family)) continue;
            const found = sessions
              .get(node)
              ?.some((text) => text.startsWith(`${address} port ${port ?? 179} AS ${asNumber},`));
            expect(found).to.equal(true);
          }
        }
      }),
    );
  });

  for (const peering of peerings) {
    it(`gives the fleet at once the same as node by node: ${peering}`, () => {
      fc.assert(
        fc.property(fleet, ({ model, resolutions }) => {
          const whole = render(model, resolutions, { peering, cluster: true });
          const parts = [
            render(model, [], { peering, cluster: true }),
            ...resolutions.map((one) => render(model, [one], { peering, cluster: false })),
          ];
          for (const field of ['covers', 'resources', 'nodes'] as const) {
            expect(sorted(parts.flatMap<unknown>((part) => part[field]))).to.deep.equal(
              sorted(whole[field]),
            );
          }
        }),
      );
    });

    it(`does not depend on the order of nodes, groups and peers: ${peering}`, () => {
      fc.assert(
        fc.property(fleet, ({ model, nodes, resolutions }) => {
          const turned = turn(model);
          const other = resolveAll(turned, nodes.toReversed());
          const options = { peering, cluster: true };
          expect(meaning(render(turned, other, options))).to.deep.equal(
            meaning(render(model, resolutions, options)),
          );
        }),
      );
    });
  }

  it('names every object once', () => {
    fc.assert(
      fc.property(fleet, fc.constantFrom(...peerings), ({ model, resolutions }, peering) => {
        const { resources } = render(model, resolutions, { peering, cluster: true });
        const names = resources.map(({ resource }) => `${resource.kind} ${resource.metadata.name}`);
        expect(new Set(names).size).to.equal(names.length);
      }),
    );
  });

  it('has a reason for every field', () => {
    fc.assert(
      fc.property(fleet, fc.constantFrom(...peerings), ({ model, resolutions }, peering) => {
        const { resources, nodes } = render(model, resolutions, { peering, cluster: true });
        for (const { resource, reasons } of resources) {
          for (const field of Object.keys(resource.spec)) {
            expect(reasons[`spec.${field}`], field).to.have.length.greaterThan(0);
          }
        }
        for (const { settings, reasons } of nodes) {
          const fields = Object.keys(settings).filter(
            (field) => field !== 'groupLabels' || settings.groupLabels.length > 0,
          );
          expect(Object.keys(reasons).sort()).to.deep.equal(fields.sort());
        }
      }),
    );
  });
});

function sorted(values: readonly unknown[]): readonly string[] {
  return values.map((value) => JSON.stringify(value)).sort();
}

function turn(model: NetworkModel): NetworkModel {
  const groups = model.groups
    .map((group) => ({ ...group, peers: group.peers.toReversed() }))
    .toReversed();
  return { ...model, groups, bgp: { ...model.bgp, peers: model.bgp.peers.toReversed() } };
}

/** Without reasons, because those follow the order of the text. */
function meaning({ resources, nodes, ...rest }: Desired): unknown {
  return {
    ...rest,
    resources: resources.map(({ scope, resource }) => ({ scope, resource })),
    nodes: nodes.map(({ name, settings }) => ({ name, settings })),
  };
}
