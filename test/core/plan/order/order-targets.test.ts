import { expect } from 'chai';
import { joinCluster } from '../../../../core/plan/cluster/join-cluster.ts';
import { orderTargets } from '../../../../core/plan/order/order-targets.ts';
import type { AnyChange, Step } from '../../../../core/plan/plan.ts';
import type { Gate } from '../../../../core/plan/gate.ts';
import { waitTitles } from '../../../../core/plan/platform/wait-titles.ts';
import { dataEdit } from '../../../../core/platform/cluster/cluster-edit.ts';
import type { ObjectRef } from '../../../../core/platform/cluster/object-ref.ts';
import { modelOf } from '../../config/reading-configs.ts';

const scope = { kind: 'cluster' } as const;
const config = { kind: 'ConfigMap', namespace: 'kube-system', name: 'calico-config' } as const;

function step(title: string, change: AnyChange, gates: readonly Gate[] = []): Step<AnyChange> {
  return { title, why: '', gates, changes: [change] };
}

const files = step('files', { action: 'edit-file', path: '/x', diff: [], fields: [] });
const restart = step('restart', { action: 'restart-service', service: 'x', why: '' });
const pool = step('pool', { action: 'mount-bpffs', path: '/pool' });
const oldPool = step('old pool', { action: 'mount-bpffs', path: '/old' }, [
  { kind: 'pool-free', cidr: '10.1.0.0/16', withinSeconds: 60 },
]);
const object = step('object', {
  action: 'delete-object',
  scope,
  object: config,
  version: '1',
  why: '',
});
const pods = step('pods', { action: 'delete-pods', scope, pods: [], why: '' });
const edits = (stage: number): Parameters<typeof orderTargets>[2] => [
  dataEdit(config, 'calico_backend', 'bird', { reasons: [], stage }),
];
const titles = (steps: readonly Step<AnyChange>[]): readonly string[] =>
  steps.map(({ title }) => title);

describe('the order of the targets', () => {
  const others = [pool, oldPool, files, restart];

  it('is Calico, the host, the cluster, as pools have to be there before a CNI starts', () => {
    const ordered = orderTargets(others, { early: [], late: [object] }, edits(0), true);
    expect(titles(ordered)).to.deep.equal(['pool', 'old pool', 'files', 'restart', 'object']);
  });

  it('is files, restarts, the cluster, then Calico where an edit has to come before it', () => {
    const ordered = orderTargets(others, { early: [object], late: [] }, edits(-1), true);
    expect(titles(ordered)).to.deep.equal(['files', 'restart', 'object', 'pool', 'old pool']);
    expect(ordered[2]?.gates.map(({ kind }) => kind)).to.deep.equal([
      'fleet-files',
      'fleet-restarted',
    ]);
  });

  it('recreates pods before it waits until nobody has an address of their old pool', () => {
    const ordered = orderTargets(others, { early: [object], late: [pods] }, edits(-1), true);
    expect(titles(ordered)).to.deep.equal([
      'files',
      'restart',
      'object',
      'pool',
      'pods',
      'old pool',
    ]);
  });

  it('takes pools of MetalLB back before restarts that bring another load balancer, and other objects last', () => {
    const ofMetalLb = { kind: 'IPAddressPool', namespace: 'metallb-system', name: 'a' } as const;
    const deletion = (ref: ObjectRef): AnyChange => ({
      action: 'delete-object',
      scope,
      object: ref,
      version: '1',
      why: '',
    });
    const metalLb = step('metallb', deletion(ofMetalLb));
    const late = [metalLb, object];
    // No platform is asked for any more, so nobody waits for the pools in words.
    const ordered = orderTargets([files, restart], { early: [], late }, [], true);
    expect(titles(ordered)).to.deep.equal(['metallb', 'files', 'restart', 'object']);
    const alone = orderTargets([pool], { early: [], late }, [], true);
    expect(titles(alone)).to.deep.equal(['pool', 'metallb', 'object']);
  });

  it('takes pools of MetalLB back before the restart that waits for it, and looks at services last', () => {
    const wait = (title: string): Step<AnyChange> => ({
      title,
      why: '',
      gates: [{ kind: 'outside', what: 'it is so', withinSeconds: 60 }],
      changes: [],
    });
    const ofMetalLb = { kind: 'IPAddressPool', namespace: 'metallb-system', name: 'a' } as const;
    const pools = step('pools', {
      action: 'delete-object',
      scope,
      object: ofMetalLb,
      version: '1',
      why: '',
    });
    const host = [wait(waitTitles.before), files, restart, wait(waitTitles.after)];
    const ordered = orderTargets(host, { early: [], late: [pools] }, edits(0), true);
    expect(titles(ordered)).to.deep.equal([
      'pools',
      waitTitles.before,
      'files',
      'restart',
      waitTitles.after,
    ]);
    expect(ordered[0]?.gates, 'nobody has restarted before').to.deep.equal([]);
  });

  it('waits for restarts as long as the window of the configuration asks for', () => {
    const text = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\nplatform: k3s\n';
    const { platform } = modelOf(
      `${text}k3s: {restart: {window: {from: "02:00", to: "04:00", days: [sat]}}}\n`,
    );
    const { steps: ordered } = joinCluster(
      { formatVersion: 1, steps: others, issues: [] },
      { early: [], late: [object], issues: [], missing: [] },
      edits(0),
      platform === undefined ? {} : { platform },
    );
    const gates = ordered.flatMap((one) => one.gates);
    const seconds = gates.flatMap(({ kind, withinSeconds }) =>
      kind === 'restart-turn' || kind === 'fleet-restarted' ? withinSeconds : [],
    );
    expect(seconds).to.deep.equal([8 * 86_400, 8 * 86_400]);
  });

  it('waits for no files where no platform has any', () => {
    const ordered = orderTargets([pool], { early: [], late: [object] }, edits(0), false);
    expect(ordered.flatMap(({ gates }) => gates)).to.deep.equal([]);
  });
});
