import { expect } from 'chai';
import { parseConfig } from '../../../../core/config/parse.ts';
import { applyChanges } from '../../../../core/plan/apply-changes.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { Desired } from '../../../../core/render/desired.ts';
import { render } from '../../../../core/render/render.ts';
import { resolveNode } from '../../../../core/resolve/resolve-node.ts';
import { compileRules } from '../../../../core/resolve/rules.ts';

const node = {
  name: 'node-0',
  units: ['calico/0'],
  addresses: [{ family: 4, address: '10.0.0.2', prefixLength: 24 }],
  labels: {},
} as const;

function desired(asNumber: number, peering: 'selectors' | 'per-node'): Desired {
  const parsed = parseConfig(
    `subnet-bgp-peers: {10.0.0.0/24: [{address: 10.0.0.1, as-number: ${String(asNumber)}}]}`,
  );
  if (!parsed.ok) throw new Error('the configuration was refused');
  const resolution = resolveNode(compileRules(parsed.model), node);
  return render(parsed.model, [resolution], { peering, cluster: true });
}

describe("a peer's new AS number", () => {
  for (const peering of ['selectors', 'per-node'] as const) {
    it(`changes the existing BGPPeer: never two for one neighbour (${peering})`, () => {
      const empty = { resources: [], nodes: [] };
      const first = planChanges(desired(64512, peering), empty);
      const changes = first.steps.flatMap((step) => step.changes);
      const observed = applyChanges(empty, changes, { lineage: 'local:node-0', number: 1 });

      const plan = planChanges(desired(64513, peering), observed);

      const [change, ...more] = plan.steps.flatMap((step) => step.changes);
      expect(more).to.deep.equal([]);
      expect(change).to.include({ action: 'update' });
      expect(change).to.have.nested.property('fields[0].path', 'spec.asNumber');
    });
  }
});
