/** The findings of doctor about an API server; the documented rights suffice for all of them. */
import { expect } from 'chai';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { nodeStatusName } from '../../../../agent/adapters/calico-kubernetes/node-status.ts';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import type { Finding } from '../../../../agent/ports/diagnosis.ts';
import { textAt, valueAt } from '../../../../core/input/plain-data.ts';
import { ApiRefusal } from '../../../../runtime/kubernetes/api-refusal.ts';
import { onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import { hasOpenssl, makeCertificate } from '../../../support/servers/certificate.ts';
import { create, patchNode, peerOf, remove, stepOf } from '../../../support/samples/changes.ts';
import { lacks } from '../../../support/skips/needs.cjs';
import { nodeStatus } from '../../../support/calico/node-status.ts';
import { json, startScriptedServer } from '../../../support/servers/scripted-server.ts';
import { connect, observed, revision } from './connected.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const inSystem = 'namespaces/kube-system';
const paths: Readonly<Record<string, string>> = {
  ClusterRole: `${rbac}/clusterroles`,
  Role: `${rbac}/${inSystem}/roles`,
  ClusterRoleBinding: `${rbac}/clusterrolebindings`,
  RoleBinding: `${rbac}/${inSystem}/rolebindings`,
};

describe('the diagnosis of an API server', () => {
  const about = async (agent: ConnectedDatastore, check: string): Promise<Finding | undefined> => {
    const findings = await agent.diagnosis.diagnose();
    return findings.find((finding) => finding.check === check);
  };

  onEachApiServer((open) => {
    let server: ApiServer;
    let agent: ConnectedDatastore;
    beforeEach(async () => {
      server = await open();
      await server.empty(['node-a']);
      agent = connect({ kubeconfig: server.kubeconfig });
    });
    afterEach(() => agent.datastore.close());

    const make = async (collection: string, body: object): Promise<void> => {
      await server.client.send({ what: 'make', method: 'POST', path: collection, body });
    };
    const drop = async (object: string): Promise<void> => {
      try {
        await server.client.send({ what: 'drop', method: 'DELETE', path: object });
      } catch (error) {
        if (!(error instanceof ApiRefusal) || error.status !== 404) throw error;
      }
    };

    it('shows version, credentials, API and rights', async () => {
      const findings = await agent.diagnosis.diagnose();
      expect(findings.map(({ check, result }) => [check, result])).to.deep.equal([
        ['datastore reachable', 'ok'],
        ["the API server's clock", 'ok'],
        ['credentials', 'ok'],
        ["Calico's API", 'ok'],
        ['rights', 'ok'],
        ['BGP of calico-node', 'ok'],
      ]);
      expect(findings[0]?.message).to.match(/is Kubernetes v1\.\d+\.\d+ and answers in \d+ ms/);
      expect(findings[2]?.message)
        .to.include(server.kubeconfig)
        .and.match(/: a token$/);
      expect(findings[3]?.message).to.include(server.group);
    });

    it('shows the sessions that calico-node reports, once an agent has asked for them', async () => {
      const kind = 'CalicoNodeStatus';
      const { spec } = nodeStatus();
      const name = nodeStatusName('node-a');
      await make(server.path(kind), { apiVersion: server.group, kind, metadata: { name }, spec });
      expect(await about(agent, kind)).to.deep.include({
        result: 'warning',
        message: `${name}: calico-node has not filled it`,
      });
      await drop(server.path(kind, name));
      expect(await about(agent, kind)).to.equal(undefined);
    });

    it('names missing rights, all of which the documented roles grant', async () => {
      const nobody = connect({ kubeconfig: server.kubeconfig, context: 'nobody' });
      const lacking = await about(nobody, 'rights');
      expect(lacking).to.include({ result: 'failed' });
      expect(lacking?.message).to.include('patch nodes').and.include('in namespace kube-system');
      const documents = await documentedRoles();
      const objects = documents.map((document) => ({
        document,
        collection: paths[textAt(document, 'kind') ?? ''] ?? '',
      }));
      try {
        for (const { document, collection } of objects) {
          await drop(`${collection}/calico-agent`);
          await make(collection, document);
        }
        await bound(nobody);
        const claim = await nobody.writerLease.claim();
        if (!claim.held) throw new Error('the writer lease is not free');
        const fence = await nobody.writerLease.record(revision, claim.fence);
        const settings = { asNumber: 65001, groupLabels: [] };
        const step = stepOf([create(peerOf('a')), patchNode('node-a', settings)]);
        expect(await nobody.datastore.preflight([step], revision)).to.deep.equal([]);
        await nobody.datastore.apply(step, revision, fence);
        const { resource, version } = await observed(nobody, 'a');
        await nobody.datastore.apply(stepOf([remove(resource, version)]), revision, fence);
        await nobody.survey.survey();
        await nobody.datastore.poolUsage(['10.0.0.0/8']);
        await nobody.writerLease.release();
        await watches(nobody);
      } finally {
        for (const { collection } of objects) await drop(`${collection}/calico-agent`);
        await nobody.datastore.close();
      }
    });

    it('reports that BGP settings have no effect when calico-node runs no BIRD', async () => {
      const collection = `/api/v1/${inSystem}/configmaps`;
      const config = (backend: string): object => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'calico-config' },
        data: { calico_backend: backend },
      });
      try {
        await make(collection, config('vxlan'));
        const found = await about(agent, 'BGP of calico-node');
        expect(found).to.include({
          result: 'warning',
          message: 'calico_backend is vxlan: BGP settings will be stored and have no effect',
        });
        await drop(`${collection}/calico-config`);
        await make(collection, config('bird'));
        expect(await about(agent, 'BGP of calico-node')).to.include({ result: 'ok' });
      } finally {
        await drop(`${collection}/calico-config`);
      }
    });

    it('counts the addresses that IPAM has assigned', async () => {
      const block = (name: string, spec: object): Promise<unknown> =>
        server.put('IPAMBlock', name, {
          apiVersion: server.group,
          kind: 'IPAMBlock',
          metadata: { name },
          spec: { attributes: [], strictAffinity: false, unallocated: [], ...spec },
        });
      const allocations = [0, null, 1, null];
      await block('10-1-0-0-30', { cidr: '10.1.0.0/30', affinity: 'host:node-a', allocations });
      await block('fd00-1--122', { cidr: 'fd00:1::/122', allocations: [null, 0] });
      await block('10-1-0-4-30', { cidr: '10.1.0.4/30', allocations, deleted: true });
      const usage = await agent.datastore.poolUsage(['10.1.0.0/16', 'fd00::/16', '10.2.0.0/16']);
      expect(usage).to.deep.equal([
        { cidr: '10.1.0.0/16', addresses: 2 },
        { cidr: 'fd00::/16', addresses: 1 },
        { cidr: '10.2.0.0/16', addresses: 0 },
      ]);
      const { blocks } = await agent.survey.survey();
      expect(blocks).to.deep.include({ cidr: '10.1.0.0/30', node: 'node-a', addresses: 2 });
    });
  });

  it('is one line when no server answers', async () => {
    const agent = connect({ server: 'http://127.0.0.1:1' });
    const findings = await agent.diagnosis.diagnose();
    expect(findings.map(({ check, result }) => [check, result])).to.deep.equal([
      ['datastore reachable', 'failed'],
    ]);
    await agent.datastore.close();
  });

  it('warns of a clock that differs, and of a certificate that expires soon', async function () {
    if (!hasOpenssl()) {
      lacks('the program openssl', 'openssl');
      return this.skip();
    }
    const folder = await mkdtemp(path.join(tmpdir(), 'diagnosis-'));
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    const server = await startScriptedServer(json(200, { gitVersion: 'v1.30.0' }, { date }));
    const { certFile, keyFile } = makeCertificate(folder, 'user', 'DNS:user');
    const kubeconfig = path.join(folder, 'kubeconfig');
    const config = {
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: server.url } }],
      users: [{ name: 'c', user: { 'client-certificate': certFile, 'client-key': keyFile } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
    };
    await writeFile(kubeconfig, JSON.stringify(config));
    const agent = connect({ kubeconfig });
    try {
      const findings = await agent.diagnosis.diagnose();
      const found = new Map(findings.map((finding) => [finding.check, finding]));
      expect(found.get("the API server's clock")).to.include({ result: 'warning' });
      expect(found.get("the API server's clock")?.message).to.match(/^is 3\d\d\d s ahead of/);
      expect(found.get('credentials')).to.include({ result: 'warning' });
      expect(found.get('credentials')?.message).to.match(/a client certificate, until \w+ /);
      expect(found.get("Calico's API")).to.include({ result: 'failed' });
    } finally {
      await agent.datastore.close();
      await server.close();
      await rm(folder, { recursive: true });
    }
  });

  /** The server takes a moment to apply the roles. */
  async function bound(agent: ConnectedDatastore): Promise<void> {
    const { eventually } = await import('../../../support/eventually.ts');
    await eventually(async () => expect(await about(agent, 'rights')).to.include({ result: 'ok' }));
  }

  async function watches({ datastore }: ConnectedDatastore): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const watch = datastore.watch('node-a', {
        changed: () => resolve(watch.stop()),
        failing: (reason) => reject(new Error(reason)),
      });
    });
  }
});

/** From docs/kubernetes.md, for the user `nobody`. */
async function documentedRoles(): Promise<readonly object[]> {
  const text = await readFile('docs/kubernetes.md', 'utf8');
  const block = /```yaml\n(apiVersion: rbac[\s\S]*?)```/.exec(text)?.[1] ?? '';
  const documents = parseAllDocuments(block).map((document): unknown => document.toJS());
  return documents.map((document) => {
    const subject = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'nobody' };
    const isBinding = valueAt(document, 'subjects') !== undefined;
    return { ...Object(document), ...(isBinding && { subjects: [subject] }) };
  });
}
