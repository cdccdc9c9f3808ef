/** The desired objects, those of an earlier configuration, and their result. */
import fc from 'fast-check';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import { applyChanges } from '../../../core/plan/apply-changes.ts';
import { planChanges } from '../../../core/plan/plan-changes.ts';
import type { Change, Plan } from '../../../core/plan/plan.ts';
import type { Observed, ObservedResource } from '../../../core/observe/observed.ts';
import type { Desired } from '../../../core/render/desired.ts';
import { render } from '../../../core/render/render.ts';
import { fleet, type Fleet } from '../../support/samples/arbitraries.ts';

export const revision = { lineage: 'local:test', number: 1 };
export const nothing: Observed = { resources: [], nodes: [] };
export const peering = fc.constantFrom('selectors' as const, 'per-node' as const);

export const desired: fc.Arbitrary<Desired> = fc
  .tuple(fleet, peering, fc.boolean(), fc.nat(5))
  .map(([{ model, resolutions }, strategy, cluster, count]) =>
    render(model, resolutions.slice(0, count), { peering: strategy, cluster }),
  );

/**
 * Objects of an earlier configuration, with additions of servers and people, some of them not ours.
 */
export const observed: fc.Arbitrary<Observed> = fc
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

export function whole({ model, resolutions }: Fleet, strategy: 'selectors' | 'per-node'): Desired {
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

export function changesOf({ steps }: Plan): readonly Change[] {
  return steps.flatMap(({ changes }) => changes);
}

export function settled(wanted: Desired, state: Observed): Observed {
  return applyChanges(state, changesOf(planChanges(wanted, state)), revision);
}
