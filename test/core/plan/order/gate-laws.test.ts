import { expect } from 'chai';
import fc from 'fast-check';
import { byText } from '../../../../core/by-text.ts';
import { applyChanges } from '../../../../core/plan/apply-changes.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { Change, Plan, Step } from '../../../../core/plan/plan.ts';
import type { Observed } from '../../../../core/observe/observed.ts';
import { restrictPlan } from '../../../../core/plan/restrict-plan.ts';
import type { Traffic } from '../../../../core/plan/traffic.ts';
import type { Desired } from '../../../../core/render/desired.ts';
import { changesOf, desired, observed, revision, settled } from '../random-plans.ts';

const traffic: fc.Arbitrary<Traffic> = fc.record({ guards: fc.boolean() });

function kindsOf({ gates }: Step): readonly string[] {
  return gates.map(({ kind }) => kind);
}

function turnsMeshOff(change: Change): boolean {
  if (change.action !== 'create' && change.action !== 'update') return false;
  const { resource } = change;
  if (resource.kind !== 'BGPConfiguration' || resource.spec.nodeToNodeMeshEnabled !== false) {
    return false;
  }
  return !(
    change.action === 'update' &&
    change.before.kind === 'BGPConfiguration' &&
    change.before.spec.nodeToNodeMeshEnabled === false
  );
}

function everyStep(check: (step: Step, chosen: Traffic, wanted: Desired) => void): void {
  fc.assert(
    fc.property(desired, observed, traffic, (wanted, state, chosen) => {
      const plan = planChanges(wanted, state, chosen);
      for (const one of [plan, restrictPlan(plan).plan]) {
        for (const step of one.steps) check(step, chosen, wanted);
      }
    }),
    { numRuns: 60 },
  );
}

describe('the gates of a plan', () => {
  it('stand before every step that turns the mesh off', () => {
    everyStep((step) => {
      if (step.changes.some(turnsMeshOff)) expect(kindsOf(step)).to.include('fleet-sessions');
    });
  });

  it('stand before every step that removes a peer or a cluster ID', () => {
    everyStep((step) => {
      const takesAway = step.changes.some(
        (change) =>
          (change.action === 'delete' && change.kind === 'BGPPeer') ||
          (change.action === 'patch-node' && change.after.routeReflectorClusterID === null),
      );
      // A peer with another AS number is in one step with its replacement.
      const replaces = step.changes.some((change) => change.action === 'create');
      if (!takesAway || replaces) return;
      const waitsForSessions = kindsOf(step).some((kind) => kind.endsWith('-sessions'));
      expect(waitsForSessions).to.equal(true);
    });
  });

  it('require guard routes before each step that may cost a session, when there are any', () => {
    everyStep((step, { guards }) => {
      const isOfPools = step.changes.every(
        (change) => change.action !== 'patch-node' && change.action !== 'release' && isPool(change),
      );
      const asks = kindsOf(step).includes('fleet-guarding');
      if (!guards) expect(asks).to.equal(false);
      else if (!isOfPools) expect(asks).to.equal(true);
    });
  });

  it('never stand before the AS numbers and the port that their sessions need', () => {
    fc.assert(
      fc.property(desired, observed, traffic, (wanted, state, chosen) => {
        const { steps } = planChanges(wanted, state, chosen);
        const first = steps.findIndex((step) => kindsOf(step).some((one) => isOfSessions(one)));
        if (first === -1) return;
        const until = (count: number): Observed =>
          applyChanges(
            state,
            steps.slice(0, count).flatMap(({ changes }) => changes),
            revision,
          );
        expect(bgpSettings(until(first))).to.deep.equal(bgpSettings(until(steps.length)));
      }),
    );
  });

  it('change neither the steps nor their order', () => {
    fc.assert(
      fc.property(desired, observed, traffic, (wanted, state, chosen) => {
        const gated = planChanges(wanted, state, chosen);
        const plain = planChanges(wanted, state);
        expect(gated.steps.map((step) => ({ ...step, gates: [] }))).to.deep.equal(plain.steps);
        expect(plain.steps.flatMap(({ gates }) => gates)).to.deep.equal([]);
      }),
    );
  });

  it('lead to the same end, in any order of opening and after any kill of the agent', () => {
    fc.assert(
      fc.property(
        desired,
        observed,
        traffic,
        fc.infiniteStream(fc.boolean()),
        fc.infiniteStream(fc.nat()),
        (wanted, state, chosen, openings, cuts) => {
          const end = runToTheEnd(state, (now) => planChanges(wanted, now, chosen), {
            isOpen: () => openings.next().value === true,
            cut: (most) => Number(cuts.next().value ?? 0) % (most + 2),
          });
          expect(byName(end)).to.deep.equal(byName(settled(wanted, state)));
        },
      ),
      { numRuns: 60 },
    );
  });
});

/**
 * Passes of an agent: each plans anew, stops at the first closed gate, and may be killed in a step.
 */
function runToTheEnd(
  from: Observed,
  plan: (state: Observed) => Plan,
  chance: { readonly isOpen: () => boolean; readonly cut: (most: number) => number },
): Observed {
  let state = from;
  for (let passes = 0; passes < 1000; passes += 1) {
    const { steps } = plan(state);
    if (steps.length === 0) return state;
    for (const step of steps) {
      if (step.gates.some(() => !chance.isOpen())) break;
      const done = step.changes.slice(0, chance.cut(step.changes.length));
      state = applyChanges(state, done, revision);
      if (done.length < step.changes.length) break;
    }
  }
  throw new Error(`the plan did not come to its end: ${String(changesOf(plan(state)).length)}`);
}

function isOfSessions(kind: string): boolean {
  return kind.endsWith('-sessions');
}

/** What each node says in its sessions, and where it listens. */
function bgpSettings({ resources, nodes }: Observed): unknown {
  const spec = resources.flatMap(({ resource }) =>
    resource.kind === 'BGPConfiguration' && resource.metadata.name === 'default'
      ? [resource.spec]
      : [],
  )[0];
  const ofCluster = spec?.asNumber ?? 64_512;
  return {
    port: spec?.listenPort ?? 179,
    asNumbers: nodes
      .map(({ name, settings }) => `${name} ${String(settings.asNumber ?? ofCluster)}`)
      .toSorted(byText),
  };
}

function isPool(change: Exclude<Change, { readonly action: 'patch-node' | 'release' }>): boolean {
  const { kind } = change.action === 'delete' ? change.before : change.resource;
  const isCreated = change.action !== 'update';
  return (
    kind === 'IPPool' && (isCreated || !change.fields.some(({ path }) => path.endsWith('Mode')))
  );
}

function byName({ resources, nodes }: Observed): unknown {
  return {
    resources: resources
      .map(({ resource }) => resource)
      .toSorted((one, other) =>
        byText(`${one.kind}/${one.metadata.name}`, `${other.kind}/${other.metadata.name}`),
      ),
    nodes: nodes.toSorted((one, other) => byText(one.name, other.name)),
  };
}
