/** The commands of a plan, run by a real shell with a real kubectl against a real API server. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { listAt, textMapAt, valueAt } from '../../../../core/input/plain-data.ts';
import { editsByHand } from '../../../../core/plan/cluster/edits-by-hand.ts';
import {
  containerPath,
  dataEdit,
  environmentEdit,
  type ClusterEdit,
  type FieldPath,
} from '../../../../core/platform/cluster/cluster-edit.ts';
import type { ObjectRef } from '../../../../core/platform/cluster/object-ref.ts';
import { onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import {
  clusterObjects,
  configMaps,
  daemonSets,
  namespace,
  type ClusterObjects,
} from '../../../support/servers/cluster-objects.ts';
import { lacks } from '../../../support/skips/needs.cjs';

const run = promisify(execFile);
const node: ObjectRef = { kind: 'DaemonSet', namespace, name: 'calico-node' };
const config: ObjectRef = { kind: 'ConfigMap', namespace, name: 'calico-config' };
const asked = { reasons: [] };
const command = (...more: readonly string[]): FieldPath => [
  ...containerPath('calico-node'),
  'readinessProbe',
  'exec',
  'command',
  ...more.map((item) => ({ item })),
];
const field = (path: FieldPath, value: unknown): ClusterEdit => ({
  form: 'field',
  object: node,
  path,
  value,
  ...asked,
});

const daemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'calico-node', namespace },
  spec: {
    selector: { matchLabels: { app: 'calico-node' } },
    template: {
      metadata: { labels: { app: 'calico-node' } },
      spec: {
        containers: [
          { name: 'first', image: 'a', env: [{ name: 'IP', value: 'first' }] },
          {
            name: 'calico-node',
            image: 'b',
            env: [
              { name: 'IP', value: 'autodetect' },
              { name: 'NODE', value: 'x' },
              { name: 'LAST', value: 'y' },
            ],
            readinessProbe: { exec: { command: ['/bin/calico-node', '-felix-ready', '-last'] } },
          },
          { name: 'bare', image: 'c' },
        ],
      },
    },
  },
};

describe('edits of the cluster by hand', function () {
  this.timeout(60_000);
  before(async function () {
    try {
      await run('kubectl', ['version', '--client']);
    } catch {
      lacks('the program kubectl', undefined, 'api-server');
      this.skip();
    }
  });
  onEachApiServer((open) => {
    let server: ApiServer;
    let objects: ClusterObjects;
    beforeEach(async () => {
      server = await open();
      objects = clusterObjects(server.client);
      await objects.reset();
      await objects.make(daemonSets, daemonSet);
      await objects.make(configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'calico-config', namespace },
        data: { veth_mtu: '0', 'a.b_c': 'x' },
      });
    });

    const paste = async (...edits: readonly ClusterEdit[]): Promise<void> => {
      const { steps } = editsByHand(edits, 'kubectl', 'late');
      const script = steps.flatMap(({ commands }) => commands).join('\n');
      const env = { ...process.env, KUBECONFIG: server.kubeconfig };
      await run('bash', ['-euo', 'pipefail', '-c', script], { env });
    };
    const container = async (index: number): Promise<unknown> =>
      listAt(
        await objects.get(`${daemonSets}/calico-node`),
        ...['spec', 'template', 'spec', 'containers'],
      )[index];
    const probe = async (): Promise<unknown> =>
      valueAt(await container(1), 'readinessProbe', 'exec', 'command');
    const environment = async (index: number): Promise<unknown> =>
      valueAt(await container(index), 'env');

    it('add a text to a list, and take it out, and leave all others in their order', async () => {
      await paste(field(command('-bird-ready'), '-bird-ready'));
      const added = ['/bin/calico-node', '-felix-ready', '-last', '-bird-ready'];
      expect(await probe()).to.deep.equal(added);
      await paste(field(command('-bird-ready'), '-bird-ready'));
      expect(await probe(), 'pasted once more').to.deep.equal(added);
      await paste(field(command('-felix-ready'), undefined));
      expect(await probe()).to.deep.equal(['/bin/calico-node', '-last', '-bird-ready']);
      await paste(field(command('-felix-ready'), undefined));
      expect(await probe()).to.deep.equal(['/bin/calico-node', '-last', '-bird-ready']);
    });

    it('change, add and remove variables of one container alone, in their places', async () => {
      const edit = (name: string, value?: string): ClusterEdit =>
        environmentEdit(node, 'calico-node', name, value, asked);
      await paste(edit('NODE', `it's {{.}} "$(id)"`), edit('NEW', 'z'), edit('IP'));
      expect(await environment(1)).to.deep.equal([
        { name: 'NODE', value: `it's {{.}} "$(id)"` },
        { name: 'LAST', value: 'y' },
        { name: 'NEW', value: 'z' },
      ]);
      expect(await environment(0)).to.deep.equal([{ name: 'IP', value: 'first' }]);
      await paste(environmentEdit(node, 'bare', 'A', 'b', asked));
      expect(await environment(2), 'there was no list').to.deep.equal([{ name: 'A', value: 'b' }]);
    });

    it('set and remove keys of maps, with any names', async () => {
      await paste(
        dataEdit(config, 'veth_mtu', '1400', asked),
        dataEdit(config, 'a.b_c', undefined, asked),
      );
      const data = (): Promise<unknown> => objects.get(`${configMaps}/calico-config`);
      expect(textMapAt(await data(), 'data')).to.deep.equal({ veth_mtu: '1400' });
      const limits = [...containerPath('calico-node'), 'resources', 'limits'];
      await paste(field(limits, { cpu: '1' }), field([...limits, 'example.com/gpu'], '2'));
      const found = async (): Promise<unknown> =>
        valueAt(await container(1), 'resources', 'limits');
      expect(await found()).to.deep.equal({ cpu: '1', 'example.com/gpu': '2' });
      await paste(field([...limits, 'example.com/gpu'], undefined));
      expect(await found()).to.deep.equal({ cpu: '1' });
    });

    it('fail, and change nothing, where the container is not there', async () => {
      const before = await objects.get(`${daemonSets}/calico-node`);
      const error = await paste(environmentEdit(node, 'other', 'A', 'b', asked)).then(
        () => undefined,
        (why: unknown) => why,
      );
      expect(error).to.be.instanceOf(Error);
      expect(await objects.get(`${daemonSets}/calico-node`)).to.deep.equal(before);
    });
  });
});
