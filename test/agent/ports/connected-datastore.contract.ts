/**
 * The behaviour of every datastore with other writers: versions, foreign objects, watches, the
 * writer lease and surveys. The names here are valid in Kubernetes.
 */
import { expect } from 'chai';
import type {
  BGPConfiguration,
  CalicoResource,
  ResourceKind,
} from '../../../core/calico/resource.ts';
import type { DatastoreEvent } from '../../../agent/ports/datastore/calico-datastore.ts';
import type { Fence } from '../../../agent/ports/datastore/writer-lease.ts';
import type { ConnectedDatastore } from '../../../agent/ports/datastore/connected-datastore.ts';
import type { Change } from '../../../core/plan/plan.ts';
import type { ObservedResource } from '../../../core/observe/observed.ts';
import type { Scope } from '../../../core/render/desired.ts';
import { stamped } from '../../../core/render/ownership.ts';
import {
  clusterScope,
  create,
  patchNode,
  peerOf,
  release,
  remove,
  stepOf,
  update,
} from '../../support/samples/changes.ts';
import { eventually } from '../../support/eventually.ts';
import { failure } from '../../support/failure.ts';

/** A real datastore, empty but for the Nodes node-a and node-b. */
export interface SharedDatastore {
  /** Connects like the agent of this node; the caller closes it after the test. */
  connect(node: string): ConnectedDatastore;
  /** Writes like a person or Calico, beside the agents; replaces an existing object. */
  put(document: Document): Promise<void>;
  /** Reads like another program: in the form of projectcalico.org/v3 where that differs. */
  get(kind: Kind, name: string): Promise<unknown>;
  remove(kind: Kind, name: string): Promise<void>;
}

export type Kind = ResourceKind | 'BGPFilter' | 'Node';

export interface Document {
  readonly kind: Kind;
  readonly metadata: CalicoResource['metadata'];
  readonly spec: Readonly<Record<string, unknown>>;
}

const revision = { lineage: 'local:node-a', number: 3, digest: `sha256:${'0'.repeat(64)}` };
const nextRevision = { ...revision, number: 4, digest: `sha256:${'1'.repeat(64)}` };
const ofNodeA: Scope = { kind: 'node', node: 'node-a' };
const peer = peerOf('rack-1', { nodeSelector: 'all()' });
const own = peerOf('node-a.10-0-0-1', { node: 'node-a' });

function configuration(spec: BGPConfiguration['spec']): BGPConfiguration {
  const apiVersion = 'projectcalico.org/v3';
  return { apiVersion, kind: 'BGPConfiguration', metadata: { name: 'default' }, spec };
}

export function describeConnectedDatastore(open: () => Promise<SharedDatastore>): void {
  let store: SharedDatastore;
  let agent: ConnectedDatastore;
  let fence: Fence;
  beforeEach(async () => {
    store = await open();
    agent = store.connect('node-a');
    fence = await claimed(agent);
  });

  const apply = (...changes: Change[]): Promise<void> =>
    agent.datastore.apply(stepOf(changes), revision, fence);
  const observed = async (name: string): Promise<ObservedResource> => {
    const { resources } = await agent.datastore.observe('node-a');
    const found = resources.find(({ resource }) => resource.metadata.name === name);
    if (found === undefined) throw new Error(`${name} is not there`);
    return found;
  };
  const versionOf = async (name: string): Promise<string> => (await observed(name)).version ?? '';
  const asOurs = (resource: CalicoResource): Document => ({
    ...stamped(resource, clusterScope, revision),
    spec: { ...resource.spec },
  });

  describe('with other writers', () => {
    const changed = peerOf('rack-1', { nodeSelector: 'all()', asNumber: 65002 });
    const mine = peerOf('rack-1', { nodeSelector: 'all()', asNumber: 65003 });
    const other = peerOf('rack-2', { peerIP: '10.0.0.2' });

    it('gives another version after each change, and the same one in between', async () => {
      await apply(create(peer));
      const first = await versionOf('rack-1');
      expect(await versionOf('rack-1')).to.equal(first);
      await apply(update(peer, changed, { version: first }));
      expect(await versionOf('rack-1')).not.to.equal(first);
    });

    it('refuses to update an object that somebody else changed since', async () => {
      await apply(create(peer));
      const version = await versionOf('rack-1');
      await store.put(asOurs(changed));
      const error = await failure(apply(update(peer, mine, { version })));
      expect([error.code, error.retryable]).to.deep.equal(['datastore-conflict', true]);
      expect((await observed('rack-1')).resource.spec).to.deep.equal(changed.spec);
    });

    it('refuses to delete an object that somebody else changed since', async () => {
      await apply(create(peer));
      const version = await versionOf('rack-1');
      await store.put(asOurs(changed));
      expect(await failure(apply(remove(peer, version)))).to.include({
        code: 'datastore-conflict',
      });
      expect((await observed('rack-1')).resource.spec).to.deep.equal(changed.spec);
    });

    it('refuses to update an object that somebody deleted since', async () => {
      await apply(create(peer));
      const version = await versionOf('rack-1');
      await store.remove('BGPPeer', 'rack-1');
      const error = await failure(apply(update(peer, mine, { version })));
      expect(error).to.include({ code: 'datastore-conflict', retryable: true });
      expect(await store.get('BGPPeer', 'rack-1')).to.equal(undefined);
    });

    it('refuses to create an object that somebody made since with another meaning', async () => {
      await store.put({ ...changed, spec: { ...changed.spec } });
      expect(await failure(apply(create(peer)))).to.include({ code: 'datastore-conflict' });
      expect((await observed('rack-1')).resource.spec).to.deep.equal(changed.spec);
    });

    it('keeps the writes of others; when steps are atomic, it writes nothing of a refused one', async () => {
      await apply(create(peer));
      const version = await versionOf('rack-1');
      await store.put(asOurs(changed));
      await failure(apply(create(other), update(peer, mine, { version }), create(own, ofNodeA)));
      expect((await observed('rack-1')).resource.spec).to.deep.equal(changed.spec);
      const { resources } = await agent.datastore.observe('node-a');
      const names = resources.map(({ resource }) => resource.metadata.name);
      if (agent.datastore.atomicChanges !== undefined) expect(names).to.deep.equal(['rack-1']);
    });

    it('takes two changes of one object in a step one after the other', async () => {
      await apply(create(peer), update(peer, changed));
      expect((await observed('rack-1')).resource.spec).to.deep.equal(changed.spec);
      const version = await versionOf('rack-1');
      await apply(remove(changed, version), create(mine));
      expect((await observed('rack-1')).resource.spec).to.deep.equal(mine.spec);
    });
  });

  describe('objects of others', () => {
    const foreign: Document = {
      kind: 'BGPPeer',
      metadata: {
        name: 'rack-1',
        labels: { team: 'net' },
        annotations: { 'example.org/why': 'x' },
      },
      spec: { ...peer.spec, keepOriginalNextHop: true },
    };
    const next = peerOf('rack-1', { asNumber: 65002 });

    it('keeps unknown fields, labels, annotations, uid and creation time', async () => {
      // One of our objects, because Kubernetes would require an adoption first.
      const marked = stamped({ ...peer, metadata: foreign.metadata }, clusterScope, revision);
      await store.put({ ...foreign, metadata: marked.metadata });
      const before = metadataOf(await store.get('BGPPeer', 'rack-1'));
      const { resource, version = '' } = await observed('rack-1');
      await apply(update(resource, next, { version }));
      const document = await store.get('BGPPeer', 'rack-1');
      expect(specOf(document)).to.deep.equal({ ...next.spec, keepOriginalNextHop: true });
      const after = metadataOf(document);
      expect(after['uid']).to.be.a('string').and.equal(before['uid']);
      expect(after['creationTimestamp']).to.be.a('string').and.equal(before['creationTimestamp']);
      expect(after['labels']).to.include({ team: 'net' });
      expect(after['annotations']).to.include({ 'example.org/why': 'x' });
      expect((await observed('rack-1')).owner).to.deep.include({ scope: clusterScope, number: 3 });
    });

    it('gives a new object the metadata that other programs expect', async () => {
      await apply(create(peer));
      const metadata = metadataOf(await store.get('BGPPeer', 'rack-1'));
      expect(metadata['uid']).to.match(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(metadata['creationTimestamp']).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    });

    it('removes our marks and nothing else', async () => {
      await store.put(foreign);
      const before = await store.get('BGPPeer', 'rack-1');
      await apply(update(peer, peer, { version: await versionOf('rack-1') }));
      const { resource, version, owner } = await observed('rack-1');
      expect(owner).not.to.equal(undefined);
      await apply(release(resource, version));
      const after = await store.get('BGPPeer', 'rack-1');
      expect((await observed('rack-1')).owner).to.equal(undefined);
      expect(specOf(after)).to.deep.equal(specOf(before));
      expect(textsOf(after)).to.deep.equal(textsOf(before));
    });

    it('lists names that are taken by objects that it cannot express', async () => {
      const selected = { nodeSelector: 'all()', peerSelector: "role == 'rr'" };
      await store.put({ kind: 'BGPPeer', metadata: { name: 'by-selector' }, spec: selected });
      const { resources, taken } = await agent.datastore.observe('node-a');
      expect(resources).to.deep.equal([]);
      expect(taken?.map(({ kind, name }) => [kind, name])).to.deep.equal([
        ['BGPPeer', 'by-selector'],
      ]);
    });
  });

  describe('a plan that changes an object in two steps', () => {
    const end = configuration({ asNumber: 64700, nodeToNodeMeshEnabled: false });
    const between = configuration({ asNumber: 64700 });
    const specNow = async (): Promise<unknown> => (await observed('default')).resource.spec;
    const applySteps = async (steps: readonly (readonly Change[])[]): Promise<void> => {
      expect(await agent.datastore.preflight(steps.map(stepOf), revision)).to.deep.equal([]);
      for (const changes of steps) await apply(...changes);
    };

    it('makes it first, and changes it then', async () => {
      await applySteps([[create(between)], [update(between, end)]]);
      expect(await specNow()).to.include(end.spec);
    });

    it('changes the observed version first, and then what the first step made of it', async () => {
      await apply(create(configuration({ asNumber: 64512 })));
      const { resource, version = '' } = await observed('default');
      await applySteps([[update(resource, between, { version })], [update(between, end)]]);
      expect(await specNow()).to.include(end.spec);
    });
  });

  describe('nodes', () => {
    const settings = { asNumber: 4_200_000_001, groupLabels: ['calico-agent/group.ab'] };

    it('reports a missing node, and never makes one', async () => {
      const { nodes } = await agent.datastore.observe('node-x');
      expect(nodes).to.deep.equal([
        { name: 'node-x', settings: { groupLabels: [] }, exists: false },
      ]);
      const error = await failure(apply(patchNode('node-x', settings)));
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
      expect(error.message).to.match(/not in the datastore yet/);
      expect(await store.get('Node', 'node-x')).to.equal(undefined);
    });

    it('removes the fields that a node must not have, and keeps everything else', async () => {
      const before = await store.get('Node', 'node-a');
      await apply(patchNode('node-a', { ...settings, routeReflectorClusterID: '224.0.0.1' }));
      await apply(patchNode('node-a', { asNumber: null, groupLabels: ['calico-agent/group.cd'] }));
      expect((await agent.datastore.observe('node-a')).nodes[0]?.settings).to.deep.equal({
        routeReflectorClusterID: '224.0.0.1',
        groupLabels: ['calico-agent/group.cd'],
      });
      await apply(patchNode('node-a', { routeReflectorClusterID: null, groupLabels: [] }));
      const after = await store.get('Node', 'node-a');
      expect(specOf(after)).to.deep.equal(specOf(before));
      expect(textsOf(after)).to.deep.equal(textsOf(before));
    });

    it('needs no fence for this node’s own changes', async () => {
      const step = stepOf([create(own, ofNodeA), patchNode('node-a', settings)]);
      await agent.datastore.apply(step, revision);
      expect((await observed(own.metadata.name)).owner).to.deep.include({ scope: ofNodeA });
    });
  });

  describe('a watch', () => {
    it('reports the changes of others and our own, and whose they are', async () => {
      const events: DatastoreEvent[] = [];
      const failures: string[] = [];
      const watch = agent.datastore.watch('node-a', {
        changed: (event) => void events.push(event),
        failing: (reason) => void failures.push(reason),
      });
      await eventually(() => expect(events).to.deep.equal([{ type: 'anything' }]));
      const sees = (event: DatastoreEvent): Promise<void> =>
        eventually(() => expect(events).to.deep.include(event));
      await store.put({ ...peer, spec: { ...peer.spec } });
      await sees({ type: 'object', kind: 'BGPPeer', name: 'rack-1' });
      await apply(create(own, ofNodeA));
      const ofOwn = {
        type: 'object',
        kind: 'BGPPeer',
        name: own.metadata.name,
        ofNode: 'node-a',
      } as const;
      await sees(ofOwn);
      events.length = 0;
      await apply(remove(own, undefined, ofNodeA));
      await sees(ofOwn);
      await apply(patchNode('node-b', { asNumber: 65001, groupLabels: [] }));
      await apply(patchNode('node-a', { asNumber: 65002, groupLabels: [] }));
      await sees({ type: 'object', kind: 'Node', name: 'node-a', ofNode: 'node-a' });
      const others = events.filter((event) => event.type === 'object' && event.name === 'node-b');
      expect(others).to.deep.equal([]);
      await watch.stop();
      events.length = 0;
      await apply(create(peerOf('later')));
      const second = agent.datastore.watch('node-a', {
        changed: (event) => void events.push({ ...event }),
        failing: (reason) => void failures.push(reason),
      });
      await eventually(() => expect(events).to.deep.equal([{ type: 'anything' }]));
      await second.stop();
      expect(failures).to.deep.equal([]);
    });
  });

  describe('the writer lease', () => {
    let second: ConnectedDatastore;
    beforeEach(() => {
      second = store.connect('node-b');
    });
    const hold = { by: 'ana', why: 'a night of work', since: '2026-11-21T10:00:00Z' };

    it('belongs to one agent at a time, and to another once it is released', async () => {
      expect(await second.writerLease.claim()).to.deep.equal({ held: false, holder: 'node-a' });
      expect(await second.writerLease.read()).to.deep.equal({ holder: 'node-a' });
      expect(await agent.writerLease.claim()).to.deep.include({ held: true });
      await agent.writerLease.release();
      expect(await second.writerLease.claim()).to.deep.include({ held: true });
      expect(await agent.writerLease.claim()).to.deep.equal({ held: false, holder: 'node-b' });
    });

    it('allows no write without a claim, nor after its end', async () => {
      const step = stepOf([create(peer)]);
      const without = await failure(second.datastore.apply(step, revision));
      expect(without).to.include({ code: 'writer-lease-lost', retryable: true });
      await agent.writerLease.release();
      await claimed(second);
      const late = await failure(agent.datastore.apply(step, revision, fence));
      expect(late).to.include({ code: 'writer-lease-lost', retryable: true });
      expect(await store.get('BGPPeer', 'rack-1')).to.equal(undefined);
    });

    it('remembers the revision of the last write', async () => {
      const noted = await agent.writerLease.record(revision, fence);
      const { record } = await second.writerLease.read();
      expect(record).to.deep.include({ generation: 1, revision, by: 'node-a' });
      expect(await agent.writerLease.record(revision, noted)).to.deep.equal(noted);
      expect((await second.writerLease.read()).record).to.deep.equal(record);
      await agent.writerLease.release();
      const claim = await second.writerLease.claim();
      if (!claim.held) throw new Error('the writer lease is not free');
      expect(claim.record).to.deep.equal(record);
      await second.writerLease.record(nextRevision, claim.fence);
      expect((await agent.writerLease.read()).record).to.deep.include({
        generation: 2,
        by: 'node-b',
      });
      const late = await failure(agent.writerLease.record(revision, noted));
      expect(late.retryable).to.equal(true);
      expect((await agent.writerLease.read()).record?.revision).to.deep.equal(nextRevision);
    });

    it('stops a running writer when somebody sets a hold', async () => {
      const noted = await agent.writerLease.record(revision, fence);
      await second.writerLease.setHold(hold);
      const error = await failure(agent.datastore.apply(stepOf([create(peer)]), revision, noted));
      expect(['writer-lease-lost', 'datastore-conflict']).to.include(error.code);
      expect(error.retryable).to.equal(true);
      expect(await store.get('BGPPeer', 'rack-1')).to.equal(undefined);
      expect((await agent.writerLease.claim()).record).to.deep.include({
        hold,
        generation: 1,
        revision,
      });
    });

    it('has what is done once for the cluster, beside the revision and a hold', async () => {
      const noted = await agent.writerLease.record(revision, fence);
      await second.writerLease.changeDoneOnce((done) => [...done, 'early-a']);
      await agent.writerLease.changeDoneOnce((done) => [...done, 'late-b']);
      await agent.writerLease.changeDoneOnce((done) => done);
      const { record } = await second.writerLease.read();
      expect(record).to.deep.include({ revision, generation: 1, doneOnce: ['early-a', 'late-b'] });
      const late = await failure(agent.datastore.apply(stepOf([create(peer)]), revision, noted));
      expect(late.retryable, 'the change is planned anew').to.equal(true);
      await agent.writerLease.changeDoneOnce(() => []);
      expect((await second.writerLease.read()).record).not.to.have.property('doneOnce');
    });

    it('tells all agents that a revision goes back to nothing', async () => {
      await agent.writerLease.record(revision, fence);
      await second.writerLease.takeBack(nextRevision, 'another one');
      expect((await second.writerLease.read()).record).to.deep.include({ revision, generation: 1 });
      await agent.writerLease.takeBack(revision, 'refused');
      const { record } = await second.writerLease.read();
      expect(record).not.to.have.property('revision');
      expect(record?.rolledBack).to.deep.include({ revision, reason: 'refused', generation: 2 });
    });

    it('can be held before anything was written, and released again', async () => {
      await second.writerLease.setHold(hold);
      expect((await agent.writerLease.read()).record).to.deep.include({ hold, generation: 0 });
      await agent.writerLease.setHold(undefined);
      const { record } = await second.writerLease.read();
      expect(record).to.deep.include({ generation: 0 });
      expect(record).not.to.have.property('hold');
    });
  });

  describe('a survey', () => {
    it('returns all nodes and whole documents, also those that it does not understand', async () => {
      const filter = { exportV4: [{ action: 'Reject' }] };
      await store.put({ kind: 'BGPFilter', metadata: { name: 'none' }, spec: filter });
      const selected = { nodeSelector: 'all()', peerSelector: "role == 'rr'" };
      await store.put({ kind: 'BGPPeer', metadata: { name: 'by-selector' }, spec: selected });
      await apply(create(peer));
      const survey = await agent.survey.survey();
      expect(survey.nodes.map(({ name }) => name)).to.include.members(['node-a', 'node-b']);
      expect(survey.resources.map(({ resource }) => resource.metadata.name)).to.deep.equal([
        'rack-1',
      ]);
      const documents = survey.documents.map((document) => [
        kindOf(document),
        metadataOf(document)['name'],
        specOf(document),
      ]);
      expect(documents).to.deep.include.members([
        ['BGPFilter', 'none', filter],
        ['BGPPeer', 'by-selector', selected],
        ['BGPPeer', 'rack-1', { ...peer.spec }],
      ]);
    });
  });

  it("finds Calico's Node of a name alone, and reports when there is none", async () => {
    const { survey } = agent;
    const all = (await survey.survey()).nodes;
    const found = await survey.findNode?.('node-a');
    expect(found).to.deep.equal(all.find(({ name }) => name === 'node-a'));
    expect(found?.name).to.equal('node-a');
    expect(await survey.findNode?.('node-a.example.com')).to.equal(undefined);
  });

  it('diagnoses itself without failing', async () => {
    const findings = await agent.diagnosis.diagnose();
    expect(findings.filter(({ result }) => result === 'failed')).to.deep.equal([]);
    expect(findings.length).to.be.greaterThan(0);
  });
}

async function claimed({ writerLease: lease }: ConnectedDatastore): Promise<Fence> {
  const claim = await lease.claim();
  if (claim.held) return claim.fence;
  throw new Error(`${claim.holder} holds the writer lease`);
}

function kindOf(document: unknown): unknown {
  return recordOf(document)['kind'];
}

function specOf(document: unknown): Readonly<Record<string, unknown>> {
  return recordOf(recordOf(document)['spec']);
}

function metadataOf(document: unknown): Readonly<Record<string, unknown>> {
  return recordOf(recordOf(document)['metadata']);
}

function textsOf(document: unknown): unknown {
  const { labels = {}, annotations = {} } = metadataOf(document);
  return { labels, annotations };
}

function recordOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null ? { ...data } : {};
}
