import { expect } from 'chai';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCalicoEtcd } from '../../../../agent/adapters/calico-etcd/driver.ts';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import { createEtcdClient } from '../../../../runtime/etcd/etcd-client.ts';
import type { EtcdDatastore } from '../../../../schemas/generated/agent-config.ts';
import { hasOpenssl } from '../../../support/servers/certificate.ts';
import { create, patchNode, peerOf, stepOf } from '../../../support/samples/changes.ts';
import {
  needsEtcd,
  startEtcd,
  type ClientFiles,
  type RunningEtcd,
} from '../../../support/servers/etcd.ts';
import { failure } from '../../../support/failure.ts';
import { lacks } from '../../../support/skips/needs.cjs';
import { clock, keyOf, nodeDocument, storedDocument } from './shared-etcd.ts';

const revision = { lineage: 'local:node-a', number: 3, digest: `sha256:${'0'.repeat(64)}` };

describe('the etcd driver with a secured etcd', () => {
  let root: string;
  const connections: ConnectedDatastore[] = [];
  const started: RunningEtcd[] = [];
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'calico-agent-secured-'));
  });
  after(async () => {
    await Promise.all(started.map((one) => one.stop()));
    await rm(root, { recursive: true, force: true });
  });
  afterEach(async () => {
    await Promise.all(connections.splice(0).map(({ datastore }) => datastore.close()));
  });

  const connect = (
    settings: Omit<EtcdDatastore, 'driver'>,
    environment: Readonly<Record<string, string>> = {},
  ): ConnectedDatastore => {
    const one = createCalicoEtcd(
      { driver: 'etcd', timeoutSeconds: 3, ...settings },
      { node: () => 'node-a', clock, environment, root },
    );
    connections.push(one);
    return one;
  };
  /** Claims, writes, reads back and releases. */
  const use = async ({ datastore, writerLease: lease }: ConnectedDatastore): Promise<void> => {
    const claim = await lease.claim();
    if (!claim.held) throw new Error('the writer lease is not free');
    const changes = [
      create(peerOf('x')),
      patchNode('node-a', { asNumber: 65001, groupLabels: [] }),
    ];
    await datastore.apply(stepOf(changes), revision, claim.fence);
    expect((await datastore.observe('node-a')).resources).to.have.length(1);
    await lease.release();
  };
  const seed = async (etcd: RunningEtcd): Promise<void> => {
    await etcd.etcdctl('del', '--prefix', '/calico/');
    await etcd.put(keyOf('Node', 'node-a'), storedDocument(nodeDocument('node-a', '10.0.0.11/24')));
  };

  describe('by TLS with client certificates', () => {
    let etcd: RunningEtcd;
    let files: ClientFiles;
    before(async function () {
      needsEtcd(this);
      if (!hasOpenssl()) {
        lacks('the program openssl', 'openssl');
        this.skip();
      }
      etcd = await startEtcd({ tls: true });
      started.push(etcd);
      if (etcd.files === undefined) throw new Error('no certificates');
      files = etcd.files;
    });
    beforeEach(() => seed(etcd));

    it('connects with the files of agent.yaml', async () => {
      const one = connect({ endpoints: [etcd.endpoint], ...files });
      await use(one);
      const findings = await one.diagnosis.diagnose();
      const certificate = findings.find(({ check }) => check === 'etcd client certificate');
      expect(certificate).to.include({ result: 'warning' });
      expect(certificate?.message).to.match(/: 1 days$/);
    });

    it('connects with calicoctl.env as the charm writes it', async () => {
      const folder = path.join(root, 'opt/calicoctl');
      await mkdir(folder, { recursive: true });
      const lines = [
        `export ETCD_ENDPOINTS=${etcd.endpoint}`,
        `export ETCD_KEY_FILE=${files.keyFile}`,
        `export ETCD_CERT_FILE=${files.certFile}`,
        `export ETCD_CA_CERT_FILE=${files.caFile}`,
        '',
      ];
      await writeFile(path.join(folder, 'calicoctl.env'), lines.join('\n'));
      const one = connect({});
      await use(one);
      const [settings] = await one.diagnosis.diagnose();
      expect(settings?.message).to.equal(
        `${etcd.endpoint}, from ${path.join(folder, 'calicoctl.env')}`,
      );
    });

    it('connects with certificates inside a CalicoAPIConfig', async () => {
      const file = path.join(root, 'inline.cfg');
      const spec = {
        datastoreType: 'etcdv3',
        etcdEndpoints: etcd.endpoint,
        etcdCACert: await readFile(files.caFile, 'utf8'),
        etcdCert: await readFile(files.certFile, 'utf8'),
        etcdKey: await readFile(files.keyFile, 'utf8'),
      };
      const apiVersion = 'projectcalico.org/v3';
      await writeFile(file, JSON.stringify({ apiVersion, kind: 'CalicoAPIConfig', spec }));
      await use(connect({ calicoctlConfig: file }));
    });

    it('explains in time that the client certificate is missing', async () => {
      const { caFile } = files;
      const error = await failure(
        connect({ endpoints: [etcd.endpoint], caFile }).datastore.observe('node-a'),
      );
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
    });

    it('refuses a server whose certificate is not from the known CA', async () => {
      const error = await failure(
        connect({ endpoints: [etcd.endpoint] }).datastore.observe('node-a'),
      );
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
      expect(error.message).to.match(/certificate/);
    });

    it('names a missing file, and works once it is there', async () => {
      const caFile = path.join(root, 'later.pem');
      const one = connect({ endpoints: [etcd.endpoint], ...files, caFile });
      const error = await failure(one.datastore.observe('node-a'));
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
      expect(error.message).to.contain(`cannot read caFile "${caFile}": no such file`);
      await writeFile(caFile, await readFile(files.caFile));
      await use(one);
    });
  });

  describe('by user and password', () => {
    const password = 'a secret: "of" ours';
    let etcd: RunningEtcd;
    let passwordFile: string;
    before(async function () {
      needsEtcd(this);
      etcd = await startEtcd();
      started.push(etcd);
      passwordFile = path.join(root, 'password');
      await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
      await seed(etcd);
      await etcd.etcdctl('user', 'add', 'root:root');
      await etcd.etcdctl('user', 'grant-role', 'root', 'root');
      await etcd.etcdctl('user', 'add', 'reader:reader');
      await etcd.etcdctl('user', 'add', `calico-agent:${password}`);
      for (const [role, permissions] of Object.entries(await documentedRoles())) {
        await etcd.etcdctl('role', 'add', role);
        for (const permission of permissions)
          await etcd.etcdctl('role', 'grant-permission', '--prefix=true', role, ...permission);
      }
      await etcd.etcdctl('user', 'grant-role', 'calico-agent', 'calico-agent');
      await etcd.etcdctl('auth', 'enable');
    });

    it('connects with the role in docs/etcd.md', async () => {
      const { endpoint } = etcd;
      const one = connect({ endpoints: [endpoint], username: 'calico-agent', passwordFile });
      const events: string[] = [];
      one.datastore.watch('node-a', {
        changed: ({ type }) => void events.push(type),
        failing: (reason) => void events.push(reason),
      });
      await use(one);
      const { nodes } = await one.survey.survey();
      const version = nodes.find(({ name }) => name === 'node-a')?.version;
      await one.survey.removeNode('node-a', version);
      await one.datastore.poolUsage(['10.0.0.0/8']);
      const findings = await one.diagnosis.diagnose();
      expect(findings.filter(({ result }) => result === 'failed')).to.deep.equal([]);
      expect(events).to.include('anything');
    });

    it('reports a wrong password and missing rights, without the password', async () => {
      const endpoints = [etcd.endpoint];
      const environment = {
        ETCD_ENDPOINTS: etcd.endpoint,
        ETCD_USERNAME: 'calico-agent',
        ETCD_PASSWORD: 'wrong one',
      };
      const wrong = await failure(connect({}, environment).datastore.observe('node-a'));
      expect(wrong.message).to.match(/refuses the user name or the password/);
      expect(wrong.message).not.to.contain('wrong one');
      const without = connect(
        {},
        { ...environment, ETCD_USERNAME: 'reader', ETCD_PASSWORD: 'reader' },
      );
      const denied = await failure(without.datastore.observe('node-a'));
      expect(denied.message).to.match(/the user may not do this/);
      const rights = (await without.diagnosis.diagnose()).find(
        ({ check }) => check === 'etcd rights',
      );
      expect(rights).to.include({ result: 'failed' });
      const nobody = await failure(connect({ endpoints }).datastore.observe('node-a'));
      expect(nobody).to.include({ code: 'datastore-failed', retryable: true });
      expect(nobody.message).to.match(/user name and a password/);
      const client = createEtcdClient(() => Promise.resolve({ endpoints, timeoutMs: 3000 }));
      const write = { compares: [], writes: [{ put: '/x', value: 'x' }], otherwise: [] };
      const written = await failure(client.commit(write));
      client.close();
      expect(written).to.include({ code: 'datastore-failed', retryable: true });
      expect(written.message).to.match(/user name and a password/);
    });
  });

  it('refuses one half of a user name and a password', async () => {
    const endpoints = ['http://127.0.0.1:1'];
    const passwordFile = path.join(root, 'half');
    await writeFile(passwordFile, 'a secret');
    const environment = { ETCD_ENDPOINTS: 'http://127.0.0.1:1', ETCD_USERNAME: 'calico' };
    for (const half of [
      connect({ endpoints, passwordFile }),
      connect({ endpoints, username: 'calico' }),
      connect({}, environment),
    ]) {
      const error = await failure(half.datastore.observe('node-a'));
      expect(error.message).to.match(/set username and passwordFile, or neither/);
      expect(error.message).not.to.contain('a secret');
    }
  });

  it('connects with a password to an etcd without authentication, as calicoctl does', async function () {
    needsEtcd(this);
    const etcd = await startEtcd();
    started.push(etcd);
    await seed(etcd);
    const environment = {
      ETCD_ENDPOINTS: etcd.endpoint,
      ETCD_USERNAME: 'calico',
      ETCD_PASSWORD: 'x',
    };
    await use(connect({}, environment));
  });
});

/** The commands are those of docs/etcd.md, so that the documented commands are tested. */
async function documentedRoles(): Promise<
  Readonly<Record<string, readonly (readonly string[])[]>>
> {
  const text = await readFile(new URL('../../../../docs/etcd.md', import.meta.url), 'utf8');
  const grant = /^etcdctl role grant-permission --prefix=true (\S+) (read|readwrite) (\S+)$/gm;
  const permissions = [...text.matchAll(grant)].map(([, , access = '', prefix = '']) => [
    access,
    prefix,
  ]);
  return { 'calico-agent': permissions };
}
