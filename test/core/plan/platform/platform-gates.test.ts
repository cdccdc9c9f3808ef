import { expect } from 'chai';
import { planDesired } from '../../../../core/deciding/plan-all-targets.ts';
import { setPlatformGates } from '../../../../core/plan/platform/platform-gates.ts';
import { outsideSeconds } from '../../../../core/plan/wait-for-person.ts';
import { waitText } from '../../../../core/plan/gate.ts';
import { hasOwnChangesLeft, platformLeft } from '../../../../core/plan/own-changes.ts';
import type { AnyChange, Step } from '../../../../core/plan/plan.ts';
import { modelOf } from '../../config/reading-configs.ts';

const file: AnyChange = { action: 'edit-file', path: '/var/snap/x', diff: [], fields: [] };
const restart: AnyChange = { action: 'restart-service', service: 'k3s', why: 'its file changed' };
const rollout: AnyChange = {
  action: 'rollout',
  scope: { kind: 'cluster' },
  workload: { kind: 'DaemonSet', namespace: 'kube-system', name: 'calico-node' },
  mark: 'a',
  withinSeconds: 60,
  why: 'x',
};

function step(...changes: readonly AnyChange[]): Step<AnyChange> {
  return { title: 't', why: 'w', gates: [], changes };
}

function kinds(steps: readonly Step<AnyChange>[]): readonly (readonly string[])[] {
  return steps.map(({ gates }) => gates.map(({ kind }) => kind));
}

describe('gates of changes of a platform', () => {
  it('stand before restarts, and before what is done once for all nodes', () => {
    const steps = setPlatformGates([step(file), step(restart), step(rollout)]);
    expect(kinds(steps)).to.deep.equal([
      [],
      ['fleet-files', 'restart-turn'],
      ['fleet-files', 'fleet-restarted'],
    ]);
  });

  it('hold also an agent that has nothing to do on its own node', () => {
    expect(kinds(setPlatformGates([step(rollout)]))).to.deep.equal([
      ['fleet-files', 'fleet-restarted'],
    ]);
  });

  it('are set once only', () => {
    const once = setPlatformGates([step(file), step(restart), step(rollout)]);
    expect(setPlatformGates(once)).to.deep.equal(once);
  });

  it('are absent where no platform is changed', () => {
    expect(kinds(setPlatformGates([step({ action: 'mount-bpffs', path: '/x' })]))).to.deep.equal([
      [],
    ]);
  });

  it('do not hold up a wait that comes before the files of this node', () => {
    const wait: Step<AnyChange> = {
      ...step(),
      gates: [{ kind: 'outside', what: 'a person has done it', withinSeconds: outsideSeconds }],
    };
    const steps = setPlatformGates([wait, step(file), step(restart), wait, step(rollout)]);
    expect(kinds(steps)).to.deep.equal([
      ['outside'],
      [],
      ['fleet-files', 'restart-turn'],
      ['outside', 'fleet-files', 'fleet-restarted'],
      ['fleet-files', 'fleet-restarted'],
    ]);
    const seconds = steps.flatMap(({ gates }) => gates.map(({ withinSeconds }) => withinSeconds));
    expect(new Set(seconds), 'as long as a person of another node').to.deep.equal(
      new Set([outsideSeconds]),
    );
    const [, behind] = setPlatformGates([step(restart), wait]);
    expect(behind?.gates.map(({ withinSeconds }) => withinSeconds)).to.deep.equal([
      outsideSeconds,
      outsideSeconds,
      outsideSeconds,
    ]);
  });

  it('are sentences for the status', () => {
    const gates = setPlatformGates([step(file), step(restart)]).flatMap((one) => one.gates);
    expect(gates.map(waitText)).to.deep.equal([
      'waits until all nodes have their files as the configuration asks; at most 600 s',
      'waits until no other node restarts, all control planes before this node have, and every node is Ready; at most 21600 s',
    ]);
  });

  it('have the limit and the window of the configuration', () => {
    const limits = 'restart: {parallel: 3, window: {from: "22:00", to: "02:30", days: [sat]}}';
    for (const platform of ['k3s', 'microk8s'] as const) {
      const text = `apiVersion: calico-agent/v1\nkind: NetworkConfig\nplatform: ${platform}\n`;
      const { platform: settings } = modelOf(`${text}${platform}: {${limits}}\n`);
      const dueRestarts = [{ service: 'k3s.service', why: 'x', files: [] }];
      const report = { platform, because: [], also: [], properties: [], values: [], issues: [] };
      const { steps } = planDesired({
        desired: {
          ...{ covers: [], resources: [], nodes: [], unknownPools: 'keep' },
          ...(settings && { platform: settings }),
        },
        observed: {
          resources: [],
          nodes: [],
          platform: { report, files: [], notes: [], dueRestarts },
        },
        previousProjects: [],
      });
      const turn = steps.flatMap(({ gates }) => gates).find(({ kind }) => kind === 'restart-turn');
      expect(turn).to.deep.include({
        parallel: 3,
        window: { from: 1320, to: 150, days: [6] },
        withinSeconds: 8 * 86_400,
      });
    }
  });

  it('are what a node reports of: its files and its services that are left', () => {
    const steps = [step(file), step(restart)];
    expect(platformLeft({ steps })).to.deep.equal({ filesLeft: true, services: ['k3s'] });
    expect(platformLeft({ steps: [step(rollout)] })).to.equal(undefined);
    expect(hasOwnChangesLeft({ steps })).to.equal(true);
  });
});
