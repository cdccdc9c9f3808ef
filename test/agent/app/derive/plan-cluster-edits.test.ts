import { expect } from 'chai';
import {
  createClusterPlanning,
  type PlanClusterEdits,
} from '../../../../agent/app/derive/plan-cluster-edits.ts';
import type { Cluster } from '../../../../agent/ports/platform/cluster.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { RightRefused } from '../../../../runtime/kubernetes/right-refused.ts';
import type { AnyPlan } from '../../../../core/plan/plan.ts';
import { describePlan } from '../../../../core/plan/describe.ts';
import { redactPlan } from '../../../../core/plan/redact-plan.ts';
import { dataEdit, type ClusterEdit } from '../../../../core/platform/cluster/cluster-edit.ts';
import type { ObservedCluster } from '../../../../core/platform/cluster/observed-cluster.ts';
import { failure } from '../../../support/failure.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';

const config = { kind: 'ConfigMap', namespace: 'kube-system', name: 'calico-config' } as const;
const place = { pointer: '/microk8s/bgp', line: 4 };
const toBird = (stage: number): readonly ClusterEdit[] => [
  dataEdit(config, 'calico_backend', 'bird', { reasons: [{ rule: 'microk8s.bgp', place }], stage }),
];
const edits = toBird(0);
const nothing: AnyPlan = { formatVersion: 1, steps: [], issues: [] };
const empty: ObservedCluster = { objects: [], workloads: [], strayPods: [] };
const minuteMs = 60_000;

function observing(data: object): ObservedCluster {
  const before = { kind: 'ConfigMap', data };
  const object = {
    object: config,
    before,
    version: '7',
    undo: { state: 'none' },
    conflicts: [],
  } as const;
  return { ...empty, objects: [object] };
}

describe('edits of Kubernetes objects in a plan', () => {
  let clock: ManualClock;
  let asked: { readonly edits: readonly ClusterEdit[]; readonly search: boolean }[];
  let answer: () => Promise<ObservedCluster>;
  let refusedWrites: boolean;
  let isFollowing: boolean;
  let done: readonly string[];
  let recorded: readonly string[] | undefined;
  let isLeft: boolean;
  beforeEach(() => {
    clock = createManualClock();
    asked = [];
    answer = () => Promise.resolve(empty);
    refusedWrites = false;
    isFollowing = false;
    done = [];
    recorded = undefined;
    isLeft = false;
  });

  const cluster: Pick<Cluster, 'observe' | 'preflight'> = {
    observe: (all, search) => {
      asked.push({ edits: all, search });
      return answer();
    },
    preflight: () => {
      const message = 'cannot change it: no right';
      const issue = { severity: 'error', code: 'cluster-forbidden', pointer: '', message } as const;
      return Promise.resolve(refusedWrites ? [issue] : []);
    },
  };
  const start = (withCluster = true): ((plan: AnyPlan, isFresh?: boolean) => Promise<AnyPlan>) => {
    const plan: PlanClusterEdits = createClusterPlanning({
      cluster: withCluster ? cluster : undefined,
      clock,
      isFollowing: () => isFollowing,
      isDone: (digest) => done.includes(digest),
      isRecorded: (digest) => recorded?.includes(digest) ?? true,
      edited: { isLeft: () => isLeft, forget: () => Promise.resolve(void (isLeft = false)) },
    });
    return (of, isFresh = false) => plan(of, {}, isFresh);
  };

  it('are left out where they are optional and nobody may make them: nobody waits', async () => {
    const optional = edits.map((edit) => ({ ...edit, optional: true as const }));
    const of: AnyPlan = { ...nothing, clusterEdits: optional };
    expect(await start(false)(of)).to.deep.equal(nothing);
    answer = () => Promise.reject(new RightRefused('cannot get configmaps', new Error('403')));
    expect(await start()(of)).to.deep.equal(nothing);
    const [first] = optional;
    if (first === undefined) throw new Error('no edit');
    const both = await start(false)({ ...nothing, clusterEdits: [first, ...toBird(-1)] });
    expect(both.issues.map(({ code }) => code)).to.deep.equal(['cluster-by-hand']);
    // A right that lacks for them alone leaves the others to the agent.
    asked = [];
    answer = () =>
      asked.at(-1)?.edits.some((edit) => edit.optional === true) === true
        ? Promise.reject(new RightRefused('cannot get installations', new Error('403')))
        : Promise.resolve(observing({ calico_backend: 'vxlan' }));
    const others = await start()({ ...nothing, clusterEdits: [first, ...toBird(-1)] });
    expect(others.issues).to.deep.equal([]);
    expect(others.steps.map(({ title }) => title)).to.deep.equal(['Change objects of Kubernetes']);
  });

  it('come behind the other changes, and are shown without the objects themselves', async () => {
    answer = () => Promise.resolve(observing({ calico_backend: 'vxlan', secret: 'x' }));
    const planned = await start()({ ...nothing, clusterEdits: edits });
    expect(planned).not.to.have.property('clusterEdits');
    expect(asked).to.deep.equal([{ edits, search: true }]);
    expect(describePlan(planned)).to.contain(
      '~ ConfigMap kube-system/calico-config\n      data.calico_backend: vxlan → bird   because microk8s.bgp',
    );
    expect(JSON.stringify(redactPlan(planned))).not.to.contain('secret');
  });

  const digestOf = ({ steps }: AnyPlan): string =>
    steps
      .flatMap(({ gates }) => gates)
      .flatMap((gate) => (gate.kind === 'outside' ? (gate.digest ?? []) : []))[0] ?? '';

  for (const [where, prepare] of [
    ['has no credentials', () => false],
    [
      'may not read them',
      () => {
        answer = () => Promise.reject(new RightRefused('no right to read', undefined));
        return true;
      },
    ],
    [
      'may not write them',
      () => {
        answer = () => Promise.resolve(observing({ calico_backend: 'vxlan' }));
        refusedWrites = true;
        return true;
      },
    ],
  ] as const) {
    it(`are commands, for which the change waits, where the agent ${where}`, async () => {
      const plan = start(prepare());
      const planned = await plan({ ...nothing, clusterEdits: edits });
      expect(planned.issues.map(({ code, line }) => [code, line])).to.deep.equal([
        ['cluster-by-hand', 4],
      ]);
      expect(describePlan(planned)).to.contain(
        `kubectl patch --namespace kube-system configmap/calico-config --type merge --patch '{"data":{"calico_backend":"bird"}}'`,
      );
      expect(planned.steps).to.have.length(1);
      done = [digestOf(planned)];
      const after = await plan({ ...nothing, clusterEdits: edits });
      expect([after.steps, after.byHand, after.issues]).to.deep.equal([[], undefined, []]);
      const others = await plan({ ...nothing, clusterEdits: toBird(-1) });
      expect(others.steps, 'at another place nobody has run them').to.have.length(1);
      const byHand = { title: 'apply the file', why: 'x', commands: ['kubectl apply -f file'] };
      const mtu = (value: string): AnyPlan => ({
        ...nothing,
        clusterEdits: [dataEdit(config, 'veth_mtu', value, { reasons: [], byHand })],
      });
      done = [digestOf(await plan(mtu('1400')))];
      expect((await plan(mtu('1400'))).steps).to.have.length(0);
      expect((await plan(mtu('1300'))).steps, 'the same command').to.have.length(1);
      const different = [dataEdit(config, 'calico_backend', 'none', { reasons: [] })];
      expect((await plan({ ...nothing, clusterEdits: different })).steps).to.have.length(1);
    });
  }

  it('are waited for by all agents that cannot make them, and one of them says what to do', async () => {
    isFollowing = true;
    const plan = start(false);
    const planned = await plan({ ...nothing, clusterEdits: edits });
    expect([planned.byHand, planned.issues]).to.deep.equal([undefined, []]);
    expect(describePlan(planned)).to.contain('waits until the agent of another node or a person');
    isFollowing = false;
    const first = await plan({ ...nothing, clusterEdits: edits });
    expect(digestOf(first), 'one answer counts for both').to.equal(digestOf(planned));
    done = [digestOf(planned)];
    isFollowing = true;
    expect((await plan({ ...nothing, clusterEdits: edits })).steps).to.deep.equal([]);
  });

  it('are told to agents that cannot look, place by place', async () => {
    const plan = start();
    const both = [...toBird(-1), ...toBird(0)];
    answer = () => Promise.resolve(observing({ calico_backend: 'vxlan' }));
    const before = await plan({ ...nothing, clusterEdits: both });
    expect(before.askedOnce?.map(({ state }) => state)).to.deep.equal(['open', 'done']);
    answer = () => Promise.resolve(observing({ calico_backend: 'bird' }));
    const after = await plan({ ...nothing, clusterEdits: both });
    expect(after.askedOnce?.map(({ state }) => state)).to.deep.equal(['done', 'done']);
    const blind = await start(false)({ ...nothing, clusterEdits: both });
    expect(blind.askedOnce).to.deep.equal(
      after.askedOnce?.map(({ digest }) => ({ digest, state: 'unseen' })),
    );
  });

  it('wait for an object that another program has to make, and change nothing before', async () => {
    answer = () =>
      Promise.resolve({
        ...empty,
        objects: [{ object: config, undo: { state: 'none' }, conflicts: [] }],
      });
    const planned = await start()({ ...nothing, clusterEdits: edits });
    expect(planned.issues).to.deep.equal([]);
    expect(describePlan(planned)).to.contain(
      'waits until the cluster has ConfigMap kube-system/calico-config',
    );
  });

  it('are searched for once where no revision asks for any, so that passes stay cheap', async () => {
    const plan = start();
    await plan(nothing);
    await plan(nothing);
    expect(asked).to.have.length(1);
  });

  it('are searched for later by an agent that did not write last, or when somebody asks', async () => {
    isFollowing = true;
    const plan = start();
    await plan(nothing);
    expect(asked).to.have.length(0);
    await plan(nothing, true);
    expect(asked).to.have.length(1);
    clock.advance(60 * minuteMs);
    await plan(nothing);
    expect(asked).to.have.length(2);
  });

  it('are searched for once where the agent may not list them', async () => {
    answer = () => Promise.reject(new RightRefused('no right', undefined));
    const plan = start();
    expect(await plan(nothing)).to.deep.equal(nothing);
    await plan(nothing);
    expect(asked).to.have.length(1);
  });

  for (const [why, prepare] of [
    ['has no credentials', () => false],
    [
      'may not list them',
      () => {
        answer = () => Promise.reject(new RightRefused('no right to list', undefined));
        return true;
      },
    ],
  ] as const) {
    it(`are not taken for put back where the agent ${why}: a person has to look`, async () => {
      const plan = start(prepare());
      expect((await plan(nothing)).steps, 'nobody asked for any').to.deep.equal([]);
      isLeft = true;
      clock.advance(60 * minuteMs);
      const planned = await plan(nothing);
      expect(planned.issues.map(({ code }) => code)).to.deep.equal(['cluster-by-hand']);
      expect(describePlan(planned)).to.contain('--selector=calico-agent/edited');
      expect(planned.steps).to.have.length(1);
      isFollowing = true;
      const following = await plan(nothing);
      expect([digestOf(following), following.byHand]).to.deep.equal([digestOf(planned), undefined]);
      isFollowing = false;
      done = [digestOf(planned)];
      expect(await plan(nothing)).to.deep.equal(nothing);
      done = [];
      expect(await plan(nothing), 'it is asked once').to.deep.equal(nothing);
    });
  }

  it('are waited for by a person where the agent may not write them back', async () => {
    const undo = { path: ['data', 'calico_backend'], before: 'vxlan', after: 'bird' } as const;
    const edited = observing({ calico_backend: 'bird' });
    const objects = edited.objects.map((one) => ({
      ...one,
      undo: { state: 'edits', undo: [undo] } as const,
    }));
    answer = () => Promise.resolve({ ...edited, objects });
    refusedWrites = true;
    isLeft = true;
    const planned = await start()(nothing);
    expect(planned.steps.map(({ changes }) => changes)).to.deep.equal([[]]);
    expect(isLeft).to.equal(true);
  });

  it('are not taken for put back while the API server does not answer', async () => {
    const down = new AppError('datastore-failed', 'no answer', { retryable: true });
    answer = () => Promise.reject(down);
    const plan = start();
    expect(await plan(nothing)).to.deep.equal(nothing);
    isLeft = true;
    expect(await failure(plan(nothing))).to.equal(down);
    answer = () => Promise.resolve(empty);
    const seen = await plan(nothing);
    expect(seen.steps).to.deep.equal([]);
    expect(seen.askedOnce?.map(({ state }) => state)).to.deep.equal(['done']);
    expect(await plan(nothing), 'as long as the change is not confirmed').to.deep.equal(seen);
  });

  it('have the pods of the cluster read at the start, when somebody asks, and twice an hour', async () => {
    const pods: ClusterEdit = {
      form: 'recreate-pods',
      how: 'list',
      cidrs: ['10.1.0.0/16'],
      reasons: [],
    };
    answer = () => Promise.resolve(observing({ calico_backend: 'bird' }));
    const plan = start();
    const pass = (isFresh = false): Promise<AnyPlan> =>
      plan({ ...nothing, clusterEdits: [...edits, pods] }, isFresh);
    for (let minutes = 0; minutes < 60; minutes += 1) {
      await pass();
      clock.advance(minuteMs);
    }
    const lists = (): number =>
      asked.filter((one) => one.edits.some(({ form }) => form === 'recreate-pods')).length;
    expect(asked).to.have.length(60);
    expect(lists()).to.be.at.least(2).and.at.most(4);
    const before = lists();
    await pass(true);
    expect(lists()).to.equal(before + 1);
  });

  it('are read in each pass by the agent that wrote, and seldom by the others', async () => {
    answer = () => Promise.resolve(observing({ calico_backend: 'bird' }));
    const plan = start();
    const pass = (isFresh = false): Promise<AnyPlan> =>
      plan({ ...nothing, clusterEdits: edits }, isFresh);
    await pass();
    await pass();
    expect(asked.map(({ search }) => search)).to.deep.equal([true, false]);
    isFollowing = true;
    await pass();
    expect(asked).to.have.length(2);
    await pass(true);
    expect(asked, 'a person asks').to.have.length(3);
    clock.advance(60 * minuteMs);
    await pass();
    expect(asked).to.have.length(4);
  });

  it('are read anew before an agent at rest tells again that they are done', async () => {
    answer = () => Promise.resolve(observing({ calico_backend: 'bird' }));
    const plan = start();
    const pass = (): Promise<AnyPlan> => plan({ ...nothing, clusterEdits: edits });
    recorded = ((await pass()).askedOnce ?? []).map(({ digest }) => digest);
    isFollowing = true;
    await pass();
    expect(asked).to.have.length(1);
    // Another revision in between took the digest out of the record, and somebody changed the object.
    recorded = [];
    answer = () => Promise.resolve(observing({ calico_backend: 'vxlan' }));
    const changed = await pass();
    expect(changed.askedOnce?.map(({ state }) => state)).to.deep.equal(['open']);
    expect(changed.steps).to.have.length(1);
    answer = () => Promise.resolve(observing({ calico_backend: 'bird' }));
    expect((await pass()).askedOnce?.map(({ state }) => state)).to.deep.equal(['done']);
  });

  it('are searched for anew before an agent at rest tells again that nothing is left', async () => {
    const plan = start();
    await plan(nothing);
    isLeft = true;
    recorded = [];
    const undo = { path: ['data', 'calico_backend'], before: 'vxlan', after: 'bird' } as const;
    const edited = observing({ calico_backend: 'bird' });
    const objects = edited.objects.map((one) => ({
      ...one,
      undo: { state: 'edits', undo: [undo] } as const,
    }));
    answer = () => Promise.resolve({ ...edited, objects });
    const planned = await plan(nothing);
    expect([planned.steps.length, planned.askedOnce]).to.deep.equal([1, undefined]);
  });
});
