/** The owners of fields, with real field managers. */
import { expect } from 'chai';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import type { Fence } from '../../../../agent/ports/datastore/writer-lease.ts';
import { listAt, textAt, textMapAt, valueAt } from '../../../../core/input/plain-data.ts';
import type { Change } from '../../../../core/plan/plan.ts';
import { ownerOf } from '../../../../core/render/ownership.ts';
import { onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import {
  create,
  peerOf,
  release,
  remove,
  stepOf,
  update,
} from '../../../support/samples/changes.ts';
import { failure } from '../../../support/failure.ts';
import { connect, observed, revision } from './connected.ts';

describe('field managers of the Kubernetes driver', () => {
  onEachApiServer((open) => {
    let server: ApiServer;
    let agent: ConnectedDatastore;
    let fence: Fence;
    beforeEach(async () => {
      server = await open();
      await server.empty(['node-a']);
      agent = connect({ kubeconfig: server.kubeconfig });
      const claim = await agent.writerLease.claim();
      if (!claim.held) throw new Error('the writer lease is not free');
      ({ fence } = claim);
    });
    afterEach(() => agent.datastore.close());

    const apply = (...changes: Change[]): Promise<void> =>
      agent.datastore.apply(stepOf(changes), revision, fence);
    const put = (spec: object, metadata: object = {}): Promise<unknown> =>
      server.put('BGPPeer', 'rack-1', {
        apiVersion: server.group,
        kind: 'BGPPeer',
        metadata: { name: 'rack-1', ...metadata },
        spec,
      });
    const get = (): Promise<unknown> => server.get('BGPPeer', 'rack-1');
    const specOf = async (): Promise<unknown> => valueAt(await get(), 'spec');
    const managersOf = async (): Promise<readonly string[]> =>
      listAt(await get(), 'metadata', 'managedFields').map((one) => textAt(one, 'manager') ?? '');
    const peer = peerOf('rack-1', { nodeSelector: 'all()' });
    const changed = peerOf('rack-1', { nodeSelector: 'all()', asNumber: 65002 });

    it('names the other manager and the field, and does not force the change', async () => {
      await put(peer.spec);
      const { resource, version = '' } = await observed(agent, 'rack-1');
      const issues = await agent.datastore.preflight(
        [stepOf([update(resource, changed, { version })])],
        revision,
      );
      expect(issues.map(({ code, message }) => [code, message])).to.deep.equal([
        ['field-conflict', 'cannot update BGPPeer "rack-1": spec.asNumber was set by "a-person"'],
      ]);
      expect(issues[0]?.hint).to.include('calico-agent adopt');
      const error = await failure(apply(update(resource, changed, { version })));
      expect([error.code, error.retryable]).to.deep.equal(['datastore-conflict', true]);
      expect(await specOf()).to.deep.equal(peer.spec);
    });

    it('adopts without a conflict, and corrects later changes of others', async () => {
      await put(peer.spec);
      const found = await observed(agent, 'rack-1');
      await apply(update(found.resource, found.resource, { version: found.version ?? '' }));
      expect(await specOf()).to.deep.equal(peer.spec);
      const ours = await observed(agent, 'rack-1');
      expect(ours.owner).to.deep.include({ number: 3 });
      await apply(update(ours.resource, changed, { version: ours.version ?? '' }));
      expect(await specOf()).to.deep.equal(changed.spec);
      await server.patch('BGPPeer', 'rack-1', { spec: { asNumber: 65009 } }, 'kubectl-edit');
      const drifted = await observed(agent, 'rack-1');
      const writer = drifted.writers?.find(({ paths }) => paths.includes('spec.asNumber'));
      expect(writer).to.include({ manager: 'kubectl-edit' });
      expect(writer?.at).to.match(/^\d{4}-\d\d-\d\dT/);
      await apply(update(drifted.resource, changed, { version: drifted.version ?? '' }));
      expect(await specOf()).to.deep.equal(changed.spec);
    });

    for (const [what, spec] of [
      ['says the same', peer.spec],
      ['says more', { ...peer.spec, keepOriginalNextHop: true }],
      ['says a part of it', { peerIP: peer.spec.peerIP }],
    ] as const) {
      it(`does not merge its new object with one that somebody made meanwhile and ${what}`, async () => {
        await put(spec);
        const before = await get();
        const error = await failure(apply(create(peer)));
        expect([error.code, error.retryable]).to.deep.equal(['datastore-conflict', true]);
        expect(await get()).to.deep.equal(before);
        const refused = await failure(
          agent.datastore.preflight([stepOf([create(peer)])], revision),
        );
        expect([refused.code, refused.retryable]).to.deep.equal(['datastore-conflict', true]);
      });
    }

    it('changes the objects that it created, also when somebody took its label off', async () => {
      await apply(create(peer));
      const other = peerOf('rack-1', { nodeSelector: 'all()', asNumber: 65003 });
      for (const wanted of [changed, other]) {
        const { resource, version = '' } = await observed(agent, 'rack-1');
        await apply(update(resource, wanted, { version }));
        expect(await specOf()).to.deep.equal(wanted.spec);
        const labels = { 'app.kubernetes.io/managed-by': null };
        await server.patch('BGPPeer', 'rack-1', { metadata: { labels } }, 'kubectl-label');
      }
      expect(await managersOf()).to.include('calico-agent');
    });

    it('corrects a mark that kubectl annotate changed', async () => {
      await apply(create(peer));
      const annotations = { 'calico-agent/revision': 'local:other#1' };
      await server.patch('BGPPeer', 'rack-1', { metadata: { annotations } }, 'kubectl-annotate');
      const { resource, version = '' } = await observed(agent, 'rack-1');
      await apply(update(resource, changed, { version }));
      expect((await observed(agent, 'rack-1')).owner).to.include({ lineage: 'local:node-a' });
    });

    it('sets only the fields that it changes, and keeps the fields of others', async () => {
      await apply(create(peer));
      await server.patch('BGPPeer', 'rack-1', {
        metadata: { labels: { team: 'net' } },
        spec: { keepOriginalNextHop: true },
      });
      const { resource, version = '' } = await observed(agent, 'rack-1');
      const merged = { ...changed, metadata: resource.metadata };
      await apply(update(resource, merged, { version }));
      expect(await specOf()).to.deep.equal({ ...changed.spec, keepOriginalNextHop: true });
      const { writers = [] } = await observed(agent, 'rack-1');
      const ours = writers.filter(({ manager }) => manager === 'calico-agent');
      expect(ours.flatMap(({ paths }) => paths)).not.to.include('metadata.labels.team');
    });

    it('does not create an object again that was deleted since it was observed', async () => {
      await apply(create(peer));
      const { resource, version = '' } = await observed(agent, 'rack-1');
      await server.remove('BGPPeer', 'rack-1');
      const error = await failure(apply(update(resource, changed, { version })));
      expect([error.code, error.retryable]).to.deep.equal(['datastore-conflict', true]);
      expect(await get()).to.equal(undefined);
    });

    it('refuses to change an object that changed since it was observed', async () => {
      await apply(create(peer));
      const { resource, version = '' } = await observed(agent, 'rack-1');
      await server.patch('BGPPeer', 'rack-1', { spec: { asNumber: 65009 } });
      const error = await failure(apply(update(resource, changed, { version })));
      expect([error.code, error.retryable]).to.deep.equal(['datastore-conflict', true]);
      expect(valueAt(await specOf(), 'asNumber')).to.equal(65009);
    });

    it('writes one object twice in a step, in order', async () => {
      await apply(create(peer));
      for (let round = 0; round < 5; round += 1) {
        const other = peerOf('rack-1', { nodeSelector: 'all()', asNumber: 65010 + round });
        await apply(update(peer, changed), update(peer, other));
        expect(await specOf()).to.deep.equal(other.spec);
      }
    });

    it('removes a field that somebody else set as well', async () => {
      await apply(create(peer));
      await server.client.send({
        what: 'apply the same',
        method: 'PATCH',
        path: server.path('BGPPeer', 'rack-1'),
        query: { fieldManager: 'kubectl' },
        contentType: 'application/apply-patch+yaml',
        body: { ...peer, apiVersion: server.group },
      });
      const { resource, version = '', writers = [] } = await observed(agent, 'rack-1');
      const holders = writers.filter(({ paths }) => paths.includes('spec.nodeSelector'));
      expect(holders.map(({ manager }) => manager).sort()).to.deep.equal([
        'calico-agent',
        'kubectl',
      ]);
      const named = peerOf('rack-1', { node: 'node-a' });
      await apply(update(resource, named, { version }));
      expect(await specOf()).to.deep.equal(named.spec);
    });

    it('removes a field that only it had set', async () => {
      await apply(create(peer));
      const { resource, version = '' } = await observed(agent, 'rack-1');
      await apply(update(resource, peerOf('rack-1'), { version }));
      expect(await specOf()).to.deep.equal(peerOf('rack-1').spec);
    });

    it('releases an object with all its fields, and without an owner', async () => {
      await apply(create(peer));
      await server.patch('BGPPeer', 'rack-1', { spec: { keepOriginalNextHop: true } });
      const { resource, version = '' } = await observed(agent, 'rack-1');
      await apply(release(resource, version));
      expect(await specOf()).to.deep.equal({ ...peer.spec, keepOriginalNextHop: true });
      expect(await managersOf()).not.to.include('calico-agent');
      expect(valueAt(await get(), 'metadata', 'annotations')).to.equal(undefined);
      const late = await failure(apply(release(resource, version)));
      expect([late.code, late.retryable]).to.deep.equal(['datastore-conflict', true]);
    });

    it('keeps its marks where calicoctl keeps metadata, and nowhere else', async () => {
      const moved = { labels: { team: 'net' }, annotations: { why: 'x' }, uid: 'abc' };
      const annotations = { 'projectcalico.org/metadata': JSON.stringify(moved) };
      await put(peer.spec, { annotations });
      const found = await observed(agent, 'rack-1');
      await apply(update(found.resource, found.resource, { version: found.version ?? '' }));
      const document = await get();
      expect(Object.keys(textMapAt(document, 'metadata', 'annotations'))).to.deep.equal([
        'projectcalico.org/metadata',
      ]);
      expect(valueAt(document, 'metadata', 'labels')).to.equal(undefined);
      const ours = await observed(agent, 'rack-1');
      expect(ours.owner).to.deep.include({ number: 3 });
      await apply(update(ours.resource, changed, { version: ours.version ?? '' }));
      const { resource, version = '' } = await observed(agent, 'rack-1');
      expect(resource.spec).to.deep.equal(changed.spec);
      expect(ownerOf(resource)).to.deep.include({ number: 3 });
      await apply(release(resource, version));
      const back: unknown = JSON.parse(
        textMapAt(await get(), 'metadata', 'annotations')['projectcalico.org/metadata'] ?? '',
      );
      expect(back).to.deep.equal(moved);
    });

    it('checks a deletion, a release and a node without writing them', async () => {
      await apply(create(peer));
      const { resource, version = '' } = await observed(agent, 'rack-1');
      const before = await get();
      const patch: Change = {
        action: 'patch-node',
        node: 'node-a',
        before: { groupLabels: [] },
        after: { asNumber: 65001, groupLabels: [] },
        fields: [],
      };
      const steps = [stepOf([remove(resource, version), release(resource, version), patch])];
      expect(await agent.datastore.preflight(steps, revision)).to.deep.equal([]);
      expect(await get()).to.deep.equal(before);
      expect((await agent.datastore.observe('node-a')).nodes[0]?.settings).to.deep.equal({
        groupLabels: [],
      });
    });
  });
});
