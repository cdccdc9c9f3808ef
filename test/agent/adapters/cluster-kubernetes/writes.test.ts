/** Changes of a cluster on a real API server; what controllers and kubelets would do, the tests do. */
import { expect } from 'chai';
import type { Cluster } from '../../../../agent/ports/platform/cluster.ts';
import { planCluster, planClusterStages } from '../../../../core/plan/cluster/plan-cluster.ts';
import type { Plan } from '../../../../core/plan/plan.ts';
import { listAt, textAt, textMapAt, valueAt } from '../../../../core/input/plain-data.ts';
import type { ClusterChange } from '../../../../core/platform/cluster/cluster-change.ts';
import {
  containerPath,
  dataEdit,
  environmentEdit,
  type ClusterEdit,
} from '../../../../core/platform/cluster/cluster-edit.ts';
import type { ObjectRef } from '../../../../core/platform/cluster/object-ref.ts';
import { calicoForwarding } from '../../../../core/platform/k3s/desired/calico-forwarding.ts';
import { failure as failureOf } from '../../../support/failure.ts';
import { onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import {
  calicoNode,
  clusterObjects,
  configMaps,
  daemonSets,
  namespace,
  pods,
  podSample,
  removeEdited,
  type ClusterObjects,
} from '../../../support/servers/cluster-objects.ts';
import { connectCluster } from './connected.ts';

const node: ObjectRef = { kind: 'DaemonSet', namespace, name: 'calico-node' };
const config: ObjectRef = { kind: 'ConfigMap', namespace, name: 'calico-config' };
const asked = { reasons: [{ rule: 'microk8s.bgp', place: { pointer: '/microk8s/bgp' } }] };
const toBgp: readonly ClusterEdit[] = [
  dataEdit(config, 'calico_backend', 'bird', asked),
  environmentEdit(node, 'calico-node', 'CALICO_IPV4POOL_VXLAN', undefined, asked),
  environmentEdit(node, 'calico-node', 'CALICO_IPV4POOL_IPIP', 'Always', asked),
];

describe('changes of the cluster in Kubernetes', function () {
  this.timeout(60_000);
  onEachApiServer((open) => {
    let server: ApiServer;
    let objects: ClusterObjects;
    let cluster: Cluster;
    let paused: () => Promise<void>;
    beforeEach(async () => {
      server = await open();
      objects = clusterObjects(server.client);
      await objects.reset();
      await removeEdited(server.client);
      paused = () => Promise.resolve();
      cluster = connectCluster(server.kubeconfig, { paused: () => paused() });
    });
    afterEach(() => cluster.close());

    const plan = async (edits: readonly ClusterEdit[]): Promise<Plan<ClusterChange>> =>
      planCluster(edits, await cluster.observe(edits, true));
    /** Without the end of rollouts, which nobody carries out here. */
    const changesOf = async (
      edits: readonly ClusterEdit[],
      warnings: readonly string[] = [],
    ): Promise<readonly ClusterChange[]> => {
      const { steps, issues } = await plan(edits);
      expect(issues.map(({ code }) => code)).to.deep.equal(warnings);
      return steps
        .flatMap(({ changes }) => changes)
        .filter(({ action }) => action !== 'end-rollout');
    };
    const carryOut = async (
      edits: readonly ClusterEdit[],
      warnings: readonly string[] = [],
    ): Promise<void> => {
      const { steps, issues } = await plan(edits);
      expect(issues.map(({ code }) => code)).to.deep.equal(warnings);
      const all = steps.flatMap(({ changes }) => changes);
      expect(await cluster.preflight(all)).to.deep.equal([]);
      for (const { gates, changes } of steps) {
        for (const gate of gates) {
          if (gate.kind !== 'rollout') throw new Error(gate.kind);
          if ((await cluster.rollout(gate.workload)).state !== 'complete') return;
        }
        for (const change of changes) await cluster.apply(change);
      }
    };
    const makeCalico = async (): Promise<void> => {
      const manager = 'kubectl-client-side-apply';
      const env = [
        { name: 'IP', value: 'autodetect' },
        { name: 'CALICO_IPV4POOL_VXLAN', value: 'Always' },
      ];
      await objects.make(daemonSets, calicoNode(env), manager);
      await objects.make(
        configMaps,
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'calico-config', namespace },
          data: { calico_backend: 'vxlan', veth_mtu: '0' },
        },
        manager,
      );
    };
    const environment = async (): Promise<unknown> => {
      const [container] = listAt(
        await objects.get(`${daemonSets}/calico-node`),
        'spec',
        'template',
        'spec',
        'containers',
      );
      return valueAt(container, 'env');
    };
    const backend = async (): Promise<unknown> =>
      valueAt(await objects.get(`${configMaps}/calico-config`), 'data');

    it('change a text in place, where the server does not know the kind of the other object', async () => {
      await makeCalico();
      const text = '{\n  "type": "calico",\n  "mtu": __CNI_MTU__\n}\n';
      await objects.patch(`${configMaps}/calico-config`, { data: { cni_network_config: text } });
      const place = { pointer: '/k3s/cni' };
      // The same edits, in the namespace of these tests.
      const edits = calicoForwarding({ cni: { value: 'calico', place }, place }).map(
        (edit): ClusterEdit => {
          if (edit.form === 'rollout') return { ...edit, workload: node, after: [config] };
          return edit.form === 'text' ? { ...edit, object: config } : edit;
        },
      );
      await carryOut(edits);
      const added = '"type": "calico",\n  "container_settings": {"allow_ip_forwarding": true},';
      expect(await backend()).to.deep.equal({
        calico_backend: 'vxlan',
        veth_mtu: '0',
        cni_network_config: text.replace('"type": "calico",', added),
      });
      expect(await changesOf(edits)).to.deep.equal([]);
      // Without the setting the text of before comes back.
      await carryOut([]);
      expect(await backend()).to.have.property('cni_network_config', text);
    });

    it('set the fields that the edits name, and leave all others', async () => {
      await makeCalico();
      await carryOut(toBgp);
      expect(await environment()).to.deep.equal([
        { name: 'IP', value: 'autodetect' },
        { name: 'CALICO_IPV4POOL_IPIP', value: 'Always' },
      ]);
      expect(await backend()).to.deep.equal({ calico_backend: 'bird', veth_mtu: '0' });
    });

    it('are planned field by field with before and after, and once only', async () => {
      await makeCalico();
      const fields = (await changesOf(toBgp)).flatMap((change) =>
        change.action === 'apply-object'
          ? change.fields.map(({ path, before, after }) => [path, before, after])
          : [],
      );
      expect(fields).to.deep.include.members([['data.calico_backend', 'vxlan', 'bird']]);
      expect(fields.length).to.equal(3);
      await carryOut(toBgp);
      expect(await changesOf(toBgp)).to.deep.equal([]);
    });

    it('go back to what was there, when no revision asks for them any more', async () => {
      await makeCalico();
      await carryOut(toBgp);
      await carryOut([]);
      expect(await environment()).to.have.deep.members([
        { name: 'IP', value: 'autodetect' },
        { name: 'CALICO_IPV4POOL_VXLAN', value: 'Always' },
      ]);
      expect(await backend()).to.deep.equal({ calico_backend: 'vxlan', veth_mtu: '0' });
      const daemonSet = await objects.get(`${daemonSets}/calico-node`);
      expect(textMapAt(daemonSet, 'metadata', 'annotations')).not.to.have.property(
        'calico-agent/undo',
      );
      expect(await changesOf([])).to.deep.equal([]);
    });

    it('go back to the first value after two different ones', async () => {
      await makeCalico();
      await carryOut([dataEdit(config, 'veth_mtu', '1440', asked)]);
      await carryOut([dataEdit(config, 'veth_mtu', '1400', asked)]);
      await carryOut([]);
      expect(await backend()).to.deep.equal({ calico_backend: 'vxlan', veth_mtu: '0' });
    });

    it('leave a value that a person set after the agent', async () => {
      await makeCalico();
      await carryOut([dataEdit(config, 'veth_mtu', '1440', asked)]);
      await objects.patch(`${configMaps}/calico-config`, { data: { veth_mtu: '1300' } });
      await carryOut([], ['cluster-left-to-you']);
      expect(await backend()).to.deep.equal({ calico_backend: 'vxlan', veth_mtu: '1300' });
      expect(await changesOf([]), 'it is said once').to.deep.equal([]);
    });

    it('do not overwrite an object that somebody changed since it was observed', async () => {
      await makeCalico();
      const [change] = await changesOf([dataEdit(config, 'veth_mtu', '1440', asked)]);
      await objects.patch(`${configMaps}/calico-config`, { data: { other: 'x' } });
      if (change === undefined) throw new Error('no change');
      expect(await failureOf(cluster.apply(change))).to.include({
        code: 'datastore-conflict',
        retryable: true,
      });
      expect(await backend()).to.include({ veth_mtu: '0' });
    });

    it('are refused whole where an object is missing, and change nothing', async () => {
      await objects.make(daemonSets, calicoNode([]));
      const planned = planClusterStages(toBgp, await cluster.observe(toBgp, true));
      expect([planned.early, planned.late, planned.issues]).to.deep.equal([[], [], []]);
      expect(planned.missing).to.deep.equal([`ConfigMap ${namespace}/calico-config`]);
    });

    it('make objects of any kind, and delete them when nobody asks for them any more', async () => {
      const service: ObjectRef = { kind: 'Service', namespace, name: 'made' };
      const role: ObjectRef = { kind: 'ClusterRole', name: 'calico-agent-made' };
      const made = (object: ObjectRef, apiVersion: string, rest: object): ClusterEdit => {
        const { kind, ...metadata } = object;
        return {
          form: 'object',
          object,
          content: { apiVersion, kind, metadata, ...rest },
          ...asked,
        };
      };
      const edits = [
        made(service, 'v1', { spec: { ports: [{ port: 80 }] } }),
        made(role, 'rbac.authorization.k8s.io/v1', { rules: [] }),
      ];
      await carryOut(edits);
      const left = (await changesOf([])).map((change) =>
        change.action === 'delete-object' ? change.object.name : change.action,
      );
      expect(left).to.have.members(['made', 'calico-agent-made']);
      await carryOut([]);
      expect(await changesOf([])).to.deep.equal([]);
    });

    it('wait for a namespace that another program makes, and need none that the same plan makes', async () => {
      const inside: ObjectRef = { kind: 'ConfigMap', namespace: 'cluster-tests-2', name: 'inside' };
      const { kind, ...metadata } = inside;
      const edit = (object: ObjectRef, content: object): ClusterEdit => {
        return { form: 'object', object, content: { apiVersion: 'v1', ...content }, ...asked };
      };
      const alone = [edit(inside, { kind, metadata, data: { a: 'b' } })];
      const waits = planClusterStages(alone, await cluster.observe(alone, true));
      expect([waits.late, waits.issues]).to.deep.equal([[], []]);
      expect(waits.missing).to.deep.equal([
        'the kind and the namespace of ConfigMap cluster-tests-2/inside',
      ]);
      const space: ObjectRef = { kind: 'Namespace', name: 'cluster-tests-2' };
      const both = [edit(space, { kind: space.kind, metadata: { name: space.name } }), ...alone];
      const made = planClusterStages(both, await cluster.observe(both, true));
      expect(made.missing).to.deep.equal([]);
      expect(made.late.flatMap(({ changes }) => changes)).to.have.length(2);
    });

    it('are one object where several edits have parts of it', async () => {
      await makeCalico();
      const both = [...manifest({ calico_backend: 'bird' }), ...manifest({ veth_mtu: '1440' })];
      await carryOut(both);
      expect(await backend()).to.deep.equal({ calico_backend: 'bird', veth_mtu: '1440' });
      expect(await changesOf(both)).to.deep.equal([]);
    });

    it('add an argument to a probe beside those that are there, and take it away again', async () => {
      await makeCalico();
      const exec = { command: ['/bin/calico-node', '-felix-ready'] };
      const containers = [{ name: 'calico-node', image: 'x', readinessProbe: { exec } }];
      await objects.patch(`${daemonSets}/calico-node`, {
        spec: { template: { spec: { containers } } },
      });
      const probe: ClusterEdit = {
        form: 'field',
        object: node,
        path: [
          ...containerPath('calico-node'),
          'readinessProbe',
          'exec',
          'command',
          { item: '-bird-ready' },
        ],
        value: '-bird-ready',
        ...asked,
      };
      const command = async (): Promise<unknown> => {
        const found = await objects.get(`${daemonSets}/calico-node`);
        const [one] = listAt(found, 'spec', 'template', 'spec', 'containers');
        return valueAt(one, 'readinessProbe', 'exec', 'command');
      };
      await carryOut([probe]);
      expect(await command()).to.deep.equal([...exec.command, '-bird-ready']);
      expect(await changesOf([probe])).to.deep.equal([]);
      await carryOut([]);
      expect(await command()).to.deep.equal(exec.command);
    });

    const manifest = (data: object): readonly ClusterEdit[] => [
      {
        form: 'object',
        object: config,
        content: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'calico-config', namespace },
          data,
        },
        ...asked,
      },
    ];

    it('make an object of a manifest, and delete it on the way back', async () => {
      await carryOut(manifest({ calico_backend: 'bird' }));
      expect(await backend()).to.deep.equal({ calico_backend: 'bird' });
      expect(await changesOf(manifest({ calico_backend: 'bird' }))).to.deep.equal([]);
      await carryOut([]);
      expect(await objects.get(`${configMaps}/calico-config`)).to.equal(undefined);
    });

    it('take over the fields of the program that installed an object, and put them back', async () => {
      await makeCalico();
      await carryOut(manifest({ calico_backend: 'bird' }));
      expect(await backend()).to.deep.equal({ calico_backend: 'bird', veth_mtu: '0' });
      await carryOut([]);
      expect(await backend()).to.deep.equal({ calico_backend: 'vxlan', veth_mtu: '0' });
    });

    it('name the fields that a person set to another value, and do not apply over them', async () => {
      await makeCalico();
      await objects.patch(
        `${configMaps}/calico-config`,
        { data: { calico_backend: 'none' } },
        'kubectl-edit',
      );
      const { steps, issues } = await plan(manifest({ calico_backend: 'bird' }));
      expect(steps).to.deep.equal([]);
      expect(issues.map(({ code }) => code)).to.deep.equal(['field-conflict']);
      expect(issues[0]?.message).to.contain('.data.calico_backend (kubectl-edit)');
    });

    it('say what the server refuses before anything is written', async () => {
      await makeCalico();
      const { steps, issues } = await plan(manifest({ calico_backend: 5 }));
      expect(steps).to.deep.equal([]);
      expect(issues.map(({ code }) => code)).to.deep.equal(['server-refuses']);
      expect(await backend()).to.include({ calico_backend: 'vxlan' });
    });

    it('go on after the server refused one of several objects half-way', async () => {
      await makeCalico();
      const changes = await changesOf(toBgp);
      const [first, second] = changes;
      if (first === undefined || second === undefined) throw new Error('no changes');
      await cluster.apply(first);
      const { object } = second.action === 'apply-object' ? second : { object: node };
      const place =
        object.kind === 'ConfigMap' ? `${configMaps}/calico-config` : `${daemonSets}/calico-node`;
      await objects.patch(place, { metadata: { annotations: { other: 'write' } } });
      expect((await failureOf(cluster.apply(second))).code).to.equal('datastore-conflict');
      expect((await changesOf(toBgp)).length).to.equal(1);
      await carryOut(toBgp);
      expect(await backend()).to.include({ calico_backend: 'bird' });
      await carryOut([]);
      expect(await backend()).to.include({ calico_backend: 'vxlan' });
    });

    const rollout: ClusterEdit = {
      form: 'rollout',
      workload: node,
      mark: 'a1',
      withinSeconds: 60,
      ...asked,
    };
    const status = (updated: number, available: number, generation: number): object => ({
      status: {
        observedGeneration: generation,
        desiredNumberScheduled: 2,
        currentNumberScheduled: 2,
        numberMisscheduled: 0,
        numberReady: available,
        updatedNumberScheduled: updated,
        numberAvailable: available,
      },
    });

    it('restart the pods of a DaemonSet once, and are not done before all are available', async () => {
      await makeCalico();
      await objects.patch(`${daemonSets}/calico-node/status`, status(2, 2, 1));
      await carryOut([rollout]);
      expect((await cluster.workload(node))?.mark).to.equal('a1');
      const generation = valueAt(
        await objects.get(`${daemonSets}/calico-node`),
        'metadata',
        'generation',
      );
      const gates = async (): Promise<readonly unknown[]> =>
        (await plan([rollout])).steps.flatMap((one) => one.gates.map(({ kind }) => kind));
      for (const [updated, available] of [
        [0, 2],
        [1, 1],
        [2, 1],
      ] as const) {
        await objects.patch(`${daemonSets}/calico-node/status`, status(updated, available, 2));
        expect(await gates()).to.deep.equal(['rollout']);
        expect((await cluster.rollout(node)).state).to.equal('progressing');
      }
      await objects.patch(`${daemonSets}/calico-node/status`, status(2, 2, 2));
      expect((await cluster.rollout(node)).state).to.equal('complete');
      // The gate is open: the change ends, and the object notes that nobody waits any more.
      expect(await gates()).to.deep.equal(['rollout']);
      await carryOut([rollout]);
      expect(await gates()).to.deep.equal([]);
      await objects.patch(`${daemonSets}/calico-node/status`, status(2, 1, 2));
      expect(await gates(), 'a node that is away later is no rollout').to.deep.equal([]);
      const after = await objects.get(`${daemonSets}/calico-node`);
      expect(valueAt(after, 'metadata', 'generation')).to.equal(generation);
    });

    it('replace the pods once where the DaemonSet itself changes as well', async () => {
      await makeCalico();
      await objects.patch(`${daemonSets}/calico-node/status`, status(2, 2, 1));
      const edits = [...toBgp, { ...rollout, after: [node, config] }];
      const actions = (await changesOf(edits)).map(({ action }) => action);
      expect(actions).to.deep.equal(['apply-object', 'apply-object']);
      await carryOut(edits);
      const after = await objects.get(`${daemonSets}/calico-node`);
      expect(valueAt(after, 'metadata', 'generation')).to.equal(2);
      expect((await cluster.workload(node))?.mark).to.equal('a1');
    });

    it('restart the pods on the way back and forth, and wait for them each time', async () => {
      await makeCalico();
      const path = `${daemonSets}/calico-node`;
      const at = async (...where: readonly string[]): Promise<unknown> =>
        valueAt(await objects.get(path), ...where);
      const ready = async (): Promise<void> => {
        const generation = Number(await at('metadata', 'generation'));
        await objects.patch(`${path}/status`, status(2, 2, generation));
      };
      await ready();
      const mtu = [
        dataEdit(config, 'veth_mtu', '1400', asked),
        { ...rollout, after: [node, config] },
      ];
      const generations: unknown[] = [];
      for (const edits of [mtu, [], mtu, []]) {
        await carryOut(edits);
        generations.push(await at('metadata', 'generation'));
        // An agent that was killed here, or another one, goes on waiting.
        const waits = (await plan(edits)).steps.flatMap((one) => one.gates.map(({ kind }) => kind));
        expect(waits).to.deep.equal(['rollout']);
        await ready();
        await carryOut(edits);
        expect((await plan(edits)).steps).to.deep.equal([]);
      }
      expect(generations).to.deep.equal([2, 3, 4, 5]);
      expect(textMapAt(await at('metadata'), 'annotations')).not.to.have.any.keys(
        'calico-agent/undo',
        'calico-agent/rolling-out',
      );
      expect(textMapAt(await at('metadata'), 'labels')).not.to.have.property('calico-agent/edited');
    });

    it('restart nothing where the cluster is as asked already', async () => {
      await makeCalico();
      await objects.patch(`${daemonSets}/calico-node/status`, status(2, 2, 1));
      const edits = [
        dataEdit(config, 'calico_backend', 'vxlan', asked),
        { ...rollout, after: [config] },
      ];
      expect(await changesOf(edits)).to.deep.equal([]);
      const other = [dataEdit(config, 'calico_backend', 'bird', asked), edits[1] ?? rollout];
      const [first] = await changesOf(other);
      if (first === undefined) throw new Error('no change');
      await cluster.apply(first);
      // An agent that was killed between the two goes on.
      expect((await changesOf(other)).map(({ action }) => action)).to.deep.equal(['rollout']);
    });

    it('name the pods that hold a rollout up', async () => {
      await makeCalico();
      await objects.patch(`${daemonSets}/calico-node/status`, status(2, 2, 1));
      const waiting = { reason: 'ImagePullBackOff', message: 'no such image' };
      const labels = { 'k8s-app': 'calico-node' };
      await objects.make(pods, podSample({ name: 'calico-node-x', labels, ready: false, waiting }));
      await carryOut([rollout]);
      const state = await cluster.rollout(node);
      expect(state.state === 'progressing' && state.why)
        .to.contain('its controller has not read it yet')
        .and.contain('calico-node-x on node-a: ImagePullBackOff: no such image');
    });

    const web = { kind: 'StatefulSet', name: 'web' };
    const recreate: ClusterEdit = {
      form: 'recreate-pods',
      how: 'recreate',
      cidrs: ['10.2.0.0/16'],
      ...asked,
    };

    it('recreate pods one at a time, the next only when as many are ready as before', async () => {
      for (const name of ['web-0', 'web-1']) {
        await objects.make(pods, podSample({ name, address: '10.1.0.5', controller: web }));
      }
      const readyAtDeletions: number[] = [];
      paused = async () => {
        const there = await cluster.pods({ namespace });
        readyAtDeletions.push(there.length);
        const missing = ['web-0', 'web-1'].filter(
          (name) => !there.some((pod) => pod.name === name),
        );
        for (const name of missing) {
          await objects.make(pods, podSample({ name, address: '10.2.0.5', controller: web }));
        }
        for (const pod of await terminating()) await objects.remove(`${pods}/${pod}`);
      };
      const terminating = async (): Promise<readonly string[]> =>
        listAt(await objects.get(pods), 'items').flatMap((item) =>
          textAt(item, 'metadata', 'deletionTimestamp') === undefined
            ? []
            : [textAt(item, 'metadata', 'name') ?? ''],
        );
      const { steps } = await plan([recreate]);
      const [change] = steps.flatMap(({ changes }) => changes);
      if (change?.action !== 'delete-pods') throw new Error('no pods');
      await cluster.apply(change);
      const after = await cluster.pods({ namespace });
      expect(after.map(({ addresses }) => addresses)).to.deep.equal([['10.2.0.5'], ['10.2.0.5']]);
      expect(Math.min(...readyAtDeletions)).to.be.greaterThan(0);
    });

    it('stop at the first controller whose pods do not come back', async () => {
      await objects.make(pods, podSample({ name: 'web-0', address: '10.1.0.5', controller: web }));
      const later = { kind: 'StatefulSet', name: 'zeta' };
      await objects.make(
        pods,
        podSample({ name: 'zeta-0', address: '10.1.0.6', controller: later }),
      );
      paused = async () => objects.remove(`${pods}/web-0`);
      const { steps } = await plan([recreate]);
      const [change] = steps.flatMap(({ changes }) => changes);
      if (change === undefined) throw new Error('no change');
      const failed = await failureOf(cluster.apply(change));
      expect(failed.message).to.contain(
        `StatefulSet ${namespace}/web: after 180 s 0 of 1 pods are ready`,
      );
      expect((await cluster.pods({ namespace })).map(({ name }) => name)).to.deep.equal(['zeta-0']);
    });

    it('leave a pod without a controller, and name it', async () => {
      await objects.make(pods, podSample({ name: 'lonely', address: '10.1.0.5' }));
      const { issues } = await plan([recreate]);
      expect(issues.map(({ code }) => code)).to.include('pods-without-controller');
      expect(issues.map(({ message }) => message).join(' ')).to.contain(`${namespace}/lonely`);
    });

    it('are refused with the name of the right that is missing', async () => {
      await makeCalico();
      const changes = await changesOf([dataEdit(config, 'veth_mtu', '1440', asked)]);
      const nobody = connectCluster(server.kubeconfig, { context: 'nobody' });
      try {
        const [issue] = await nobody.preflight(changes);
        expect(issue?.message).to.contain('User "nobody" cannot get resource "configmaps"');
        expect(issue?.code).to.equal('cluster-forbidden');
      } finally {
        await nobody.close();
      }
    });
  });
});
