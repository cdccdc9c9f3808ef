import { expect } from 'chai';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import { textAt, valueAt } from '../../../../core/input/plain-data.ts';
import { drainingAnnotation } from '../../../../core/plan/pools/draining-pool.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { IPPool } from '../../../../core/calico/resource.ts';
import { namesOf, onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import { remove, stepOf } from '../../../support/samples/changes.ts';
import { failure } from '../../../support/failure.ts';
import { connect, observed, revision } from './connected.ts';

const pool: IPPool = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'IPPool',
  metadata: { name: 'old' },
  spec: { cidr: '10.1.0.0/16', ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: false },
};

describe('a pool that is deleted in the Kubernetes API', () => {
  onEachApiServer((open) => {
    let server: ApiServer;
    let agent: ConnectedDatastore;
    beforeEach(async () => {
      server = await open();
      await server.empty(['node-a']);
      agent = connect({ kubeconfig: server.kubeconfig });
      await server.put('IPPool', 'old', { ...pool, apiVersion: server.group });
    });
    afterEach(() => agent.datastore.close());

    const putBlock = async (address: string, node: string, isUsed: boolean): Promise<void> => {
      const name = `${address.replaceAll('.', '-')}-26`;
      const cidr = `${address}/26`;
      const attribute = { handle_id: 'pod', secondary: {} };
      const isCrd = server.group.startsWith('crd');
      await server.put('IPAMBlock', name, {
        apiVersion: server.group,
        kind: 'IPAMBlock',
        metadata: { name },
        spec: {
          cidr,
          affinity: `host:${node}`,
          strictAffinity: false,
          allocations: isUsed ? [0, null] : [null, null],
          unallocated: isUsed ? [1] : [0, 1],
          attributes: isUsed ? [attribute] : [],
          deleted: false,
        },
      });
      await server.put('BlockAffinity', `${node}-${name}`, {
        apiVersion: server.group,
        kind: 'BlockAffinity',
        metadata: { name: `${node}-${name}` },
        spec: { cidr, node, state: 'confirmed', deleted: isCrd ? 'false' : false },
      });
    };
    const names = async (kind: string): Promise<readonly string[]> =>
      namesOf(await server.client.find('list', server.path(kind)));

    it('leaves no empty block and no claim of a node behind, as with calicoctl', async () => {
      await putBlock('10.1.0.0', 'node-a', false);
      await putBlock('10.1.0.64', 'node-b', true);
      await putBlock('10.2.0.0', 'node-a', false);
      const claim = await agent.writerLease.claim();
      if (!claim.held) throw new Error('the writer lease is not free');
      const { resource, version } = await observed(agent, 'old');
      const step = stepOf([remove(resource, version)]);
      expect(await agent.datastore.preflight([step], revision)).to.deep.equal([]);
      await agent.datastore.apply(step, revision, claim.fence);
      expect(await names('IPPool')).to.deep.equal([]);
      expect(await names('IPAMBlock')).to.deep.equal(['10-1-0-64-26', '10-2-0-0-26']);
      expect(await names('BlockAffinity')).to.deep.equal(['node-a-10-2-0-0-26']);
      const kept = await server.get('IPAMBlock', '10-1-0-64-26');
      expect(textAt(kept, 'spec', 'affinity')).to.equal(undefined);
      expect(valueAt(kept, 'spec', 'allocations')).to.deep.equal([0, null]);
    });

    it('is refused when somebody changed it since it was read', async () => {
      const claim = await agent.writerLease.claim();
      if (!claim.held) throw new Error('the writer lease is not free');
      const { resource, version } = await observed(agent, 'old');
      await server.patch('IPPool', 'old', { spec: { natOutgoing: true } });
      const step = stepOf([remove(resource, version)]);
      const error = await failure(agent.datastore.apply(step, revision, claim.fence));
      expect(error).to.include({ code: 'datastore-conflict', retryable: true });
      expect(await names('IPPool')).to.deep.equal(['old']);
    });

    it('is enabled again when a plan does not delete it any more', async () => {
      const marks = { annotations: { [drainingAnnotation]: 'true', note: 'theirs' } };
      await server.patch(
        'IPPool',
        'old',
        { metadata: marks, spec: { disabled: true } },
        'calico-agent',
      );
      const claim = await agent.writerLease.claim();
      if (!claim.held) throw new Error('the writer lease is not free');
      const found = await agent.datastore.observe('node-a');
      const desired = { resources: [], nodes: [], unknownPools: 'not-managed' } as const;
      const plan = planChanges({ ...desired, covers: [{ kind: 'cluster' }] }, found);
      expect(plan.steps).to.have.length(1);
      for (const step of plan.steps) await agent.datastore.apply(step, revision, claim.fence);
      const enabled = await server.get('IPPool', 'old');
      expect(valueAt(enabled, 'spec', 'disabled')).to.equal(false);
      expect(valueAt(enabled, 'metadata', 'annotations')).to.deep.equal({ note: 'theirs' });
      expect(valueAt(enabled, 'metadata', 'labels')).to.equal(undefined);
    });

    it('keeps its blocks when the rights to them are missing, and the plan says so', async () => {
      const group = server.group.split('/')[0] ?? '';
      const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
      const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
      const metadata = { name: 'pools-only' };
      const make = (path: string, body: object): Promise<unknown> =>
        server.client.send({ what: 'make a role', method: 'POST', path, body });
      const drop = async (path: string): Promise<void> => {
        await server.client
          .send({ what: 'drop a role', method: 'DELETE', path: `${path}/pools-only` })
          .catch(() => undefined);
      };
      const rule = { apiGroups: [group], resources: ['*'] };
      const nobody = connect({ kubeconfig: server.kubeconfig, context: 'nobody' });
      try {
        await make(roles, {
          metadata,
          rules: [
            { ...rule, verbs: ['get', 'list'] },
            { ...rule, resources: ['ippools'], verbs: ['*'] },
            { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
          ],
        });
        await make(bindings, {
          metadata,
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', ...metadata },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'nobody' }],
        });
        const { resource, version } = await observed(agent, 'old');
        const step = stepOf([remove(resource, version)]);
        const issues = await nobody.datastore.preflight([step], revision);
        expect(issues.at(-1)).to.include({ severity: 'warning', code: 'pool-blocks-stay' });
        expect(issues.at(-1)?.message).to.contain(`patch, delete ipamblocks.${group}`);
      } finally {
        await drop(bindings);
        await drop(roles);
        await nobody.datastore.close();
      }
    });
  });
});
