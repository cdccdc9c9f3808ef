import { expect } from 'chai';
import { parseConfig } from '../../../../core/config/parse.ts';
import type { SurveyedCluster } from '../../../../core/survey/surveyed-cluster.ts';
import type { DatastoreOptions } from '../../../../agent/cli/command-context.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { run } from '../run-command.ts';
import { connectedTo, type StubDatastore } from '../stub-datastore.ts';

const pool = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'IPPool',
  metadata: { name: 'ipv4' },
  spec: { cidr: '10.1.0.0/16', ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: true },
} as const;
const surveyed: SurveyedCluster = {
  resources: [{ resource: pool }],
  nodes: [],
  documents: [pool],
  blocks: [],
};

describe('calico-agent export', () => {
  it('prints a document that check takes, and closes the datastore that it opened', async () => {
    const stub: StubDatastore = connectedTo({ survey: () => Promise.resolve(surveyed) });
    const { status, stdout } = await run(['export'], {
      connectDatastore: () => Promise.resolve(stub.connected),
    });
    expect(status).to.equal(0);
    expect(parseConfig(stdout)).to.include({ ok: true });
    expect(stub.closed()).to.equal(true);
  });

  it('closes it also when it cannot be read, and prints nothing', async () => {
    const stub = connectedTo({
      survey: () => Promise.reject(new AppError('datastore-failed', 'cannot read etcd')),
    });
    const ran = await run(['export'], { connectDatastore: () => Promise.resolve(stub.connected) });
    expect(ran).to.deep.equal({
      status: 1,
      stdout: '',
      stderr: 'calico-agent: cannot read etcd\n',
    });
    expect(stub.closed()).to.equal(true);
  });

  const cases: readonly (readonly [string, DatastoreOptions])[] = [
    ['', {}],
    ['--from auto', { from: 'auto' }],
    ['-f a.yaml', { config: 'a.yaml' }],
    ['--directory /d', { from: 'files', directory: '/d' }],
    ['--kubeconfig k --context c', { from: 'kubernetes', kubeconfig: 'k', context: 'c' }],
  ];
  for (const [line, options] of cases) {
    it(`connects with "${line}" to the datastore that it names`, async () => {
      const asked: DatastoreOptions[] = [];
      const stub = connectedTo({ survey: () => Promise.resolve(surveyed) });
      await run(['export', ...line.split(' ').filter((word) => word !== '')], {
        connectDatastore: (given) => {
          asked.push(given);
          return Promise.resolve(stub.connected);
        },
      });
      expect(asked).to.deep.equal([{ ...options, asCalicoctl: true }]);
    });
  }
});
