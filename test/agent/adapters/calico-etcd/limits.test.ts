import { expect } from 'chai';
import { createCalicoEtcd } from '../../../../agent/adapters/calico-etcd/driver.ts';
import { removeNode } from '../../../../agent/adapters/calico-etcd/ipam/remove-node.ts';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import { createEtcdClient, type EtcdClient } from '../../../../runtime/etcd/etcd-client.ts';
import { create, patchNode, peerOf, remove, stepOf } from '../../../support/samples/changes.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../../../support/servers/etcd.ts';
import { failure } from '../../../support/failure.ts';
import { clock, keyOf, openSharedEtcd, storedDocument, type SharedEtcd } from './shared-etcd.ts';
import {
  blockKey,
  blockOf,
  claimKey,
  claimsPrefix,
  confirmedClaim,
  held,
} from './ipam-fixtures.ts';

const revision = { lineage: 'local:node-a', number: 3, digest: `sha256:${'0'.repeat(64)}` };

describe('the etcd driver at its limits', () => {
  const started: RunningEtcd[] = [];
  const agents: ConnectedDatastore[] = [];
  let etcd: RunningEtcd;
  let store: SharedEtcd;
  let client: EtcdClient;
  const start = async (...args: readonly string[]): Promise<RunningEtcd> => {
    const one = await startEtcd({ args });
    started.push(one);
    return one;
  };
  before(async function () {
    needsEtcd(this);
    etcd = await start();
    client = createEtcdClient(() =>
      Promise.resolve({ endpoints: [etcd.endpoint], timeoutMs: 10_000 }),
    );
  });
  after(async () => {
    await Promise.all(agents.map(({ datastore }) => datastore.close()));
    if (started.length > 0) client.close();
    await Promise.all(started.map((one) => one.stop()));
  });
  beforeEach(async () => {
    store = await openSharedEtcd(etcd);
  });
  afterEach(() => store.close());

  const connectTo = ({ endpoint }: RunningEtcd): ConnectedDatastore => {
    const one = createCalicoEtcd(
      { driver: 'etcd', endpoints: [endpoint] },
      { node: () => 'node-a', clock, environment: {} },
    );
    agents.push(one);
    return one;
  };
  const peers = (count: number, prefix = 'peer'): ReturnType<typeof peerOf>[] =>
    Array.from({ length: count }, (_, index) => peerOf(`${prefix}-${String(index)}`));
  /** Writes values unchanged, beside the driver. */
  const putAll = async (entries: readonly (readonly [string, unknown])[]): Promise<void> => {
    for (let first = 0; first < entries.length; first += 100) {
      await client.commit({
        compares: [],
        writes: entries
          .slice(first, first + 100)
          .map(([put, value]) => ({ put, value: JSON.stringify(value) })),
        otherwise: [],
      });
    }
  };

  it('writes the largest promised step in one transaction, with its fence', async () => {
    const agent = store.connect('node-a');
    const { atomicChanges = 0 } = agent.datastore;
    const changes = peers(atomicChanges).map((one) => create(one));
    await agent.datastore.apply(stepOf(changes), revision, await held(agent));
    const { resources } = await agent.datastore.observe('node-a');
    expect(resources).to.have.length(atomicChanges);
    expect(new Set(resources.map(({ version }) => version)).size).to.equal(1);
    const gone = resources.map(({ resource, version }) => remove(resource, version));
    await agent.datastore.apply(stepOf(gone), revision, await held(agent));
    expect((await agent.datastore.observe('node-a')).resources).to.deep.equal([]);
  });

  it('writes a larger step in several transactions', async () => {
    const agent = store.connect('node-a');
    const changes = peers(300).map((one) => create(one));
    await agent.datastore.apply(stepOf(changes), revision, await held(agent));
    const { resources } = await agent.datastore.observe('node-a');
    expect(resources).to.have.length(300);
    expect(new Set(resources.map(({ version }) => version)).size).to.equal(3);
  });

  it('reads a fleet of 5,000 nodes with 20,000 blocks, page by page', async function () {
    this.timeout(60_000);
    const nodes = Array.from({ length: 5000 }, (_, index) => `n-${String(index)}`);
    const address = (index: number): string => `10.${String(index >> 8)}.${String(index & 255)}.0`;
    await putAll([
      ...nodes.map((name, index): readonly [string, unknown] => [
        keyOf('Node', name),
        storedDocument({
          kind: 'Node',
          metadata: { name, labels: { rack: String(index % 20) } },
          spec: { bgp: { ipv4Address: `10.200.${String(index >> 8)}.${String(index & 255)}/16` } },
        }),
      ]),
      ...peers(5000).map((one): readonly [string, unknown] => [
        keyOf('BGPPeer', one.metadata.name),
        storedDocument({ ...one, spec: { ...one.spec } }),
      ]),
      ...Array.from({ length: 20_000 }, (_, index): readonly [string, unknown] => [
        `/calico/ipam/v2/assignment/ipv4/block/${address(index)}-26`,
        blockOf(`${address(index)}/26`, nodes[index % nodes.length] ?? '', index % 4),
      ]),
    ]);
    const agent = store.connect('n-7');
    const observed = await agent.datastore.observe('n-7');
    expect(observed.resources).to.have.length(5000);
    const survey = await agent.survey.survey();
    expect(survey.nodes).to.have.length(5002);
    expect(survey.blocks).to.have.length(20_000);
    const found = survey.nodes.find(({ name }) => name === 'n-4999');
    expect(found?.addresses).to.deep.equal([
      { family: 4, address: '10.200.19.135', prefixLength: 16 },
    ]);
    const usage = await agent.datastore.poolUsage(['10.0.0.0/10', '10.64.0.0/12', '10.3.4.0/24']);
    expect(usage).to.deep.equal([
      { cidr: '10.0.0.0/10', addresses: (16_384 / 4) * 6 },
      { cidr: '10.64.0.0/12', addresses: ((20_000 - 16_384) / 4) * 6 },
      { cidr: '10.3.4.0/24', addresses: 0 },
    ]);
  });

  it('counts the addresses in use in IPv6 blocks, and names the owners of the blocks', async () => {
    const block = blockKey('fd00:10::/122');
    await putAll([
      [block, blockOf('fd00:10::/122', 'node-a', 3)],
      [blockKey('fd00:10::40/122'), { ...blockOf('', '', 2), affinity: null }],
      [blockKey('fd00:10::80/122'), { ...blockOf('', 'x', 9), deleted: true }],
      ['/calico/ipam/v2/assignment/ipv6/block/nonsense', 'x'],
    ]);
    const agent = store.connect('node-a');
    expect(await agent.datastore.poolUsage(['fd00:10::/48', '10.0.0.0/8'])).to.deep.equal([
      { cidr: 'fd00:10::/48', addresses: 5 },
      { cidr: '10.0.0.0/8', addresses: 0 },
    ]);
    expect((await agent.survey.survey()).blocks).to.deep.equal([
      { cidr: 'fd00:10::/122', node: 'node-a', addresses: 3 },
      { cidr: 'fd00:10::40/122', addresses: 2 },
    ]);
  });

  it('removes a Node only when it is unchanged since the survey', async () => {
    const agent = store.connect('node-a');
    const versionOf = async (name: string): Promise<string> => {
      const { nodes } = await agent.survey.survey();
      return nodes.find((node) => node.name === name)?.version ?? '';
    };
    const version = await versionOf('node-b');
    await agent.datastore.apply(
      stepOf([patchNode('node-b', { asNumber: 65001, groupLabels: [] })]),
      revision,
    );
    const error = await failure(agent.survey.removeNode('node-b', version));
    expect(error).to.include({ code: 'datastore-conflict', retryable: true });
    const now = await versionOf('node-b');
    await agent.survey.removeNode('node-b', now);
    expect(await store.get('Node', 'node-b')).to.equal(undefined);
    expect(await failure(agent.survey.removeNode('node-b', now))).to.include({ code: 'not-found' });
  });

  describe('the removal of a Node', () => {
    const claims = (node: string): string => `${claimsPrefix}${node}/`;
    const blocks = (
      node: string,
      cidrs: readonly string[],
      used: number,
    ): (readonly [string, unknown])[] =>
      cidrs.flatMap((cidr): (readonly [string, unknown])[] => [
        [blockKey(cidr), blockOf(cidr, node, used)],
        [claimKey(node, cidr), confirmedClaim],
      ]);
    const standing = async (
      agent: ConnectedDatastore,
      name: string,
    ): Promise<{ readonly version?: string; readonly blocks: readonly string[] }> => {
      const survey = await agent.survey.survey();
      const version = survey.nodes.find((node) => node.name === name)?.version;
      const own = survey.blocks.filter(({ node }) => node === name).map(({ cidr }) => cidr);
      return { ...(version !== undefined && { version }), blocks: own };
    };
    const many = Array.from({ length: 150 }, (_, index) => `10.9.${String(index)}.0/26`);

    it('removes its empty blocks and its claims, and no other’s', async () => {
      const agent = store.connect('node-a');
      await putAll([
        ...blocks('node-b', ['10.1.0.0/26', 'fd00:10::/122', ...many], 0),
        ...blocks('node-b.example', ['10.2.0.0/26'], 0),
        ...blocks('node-a', ['10.3.0.0/26'], 0),
        // Claims without a block: to another node's block, and to none.
        [claimKey('node-b', '10.3.0.0/26'), { state: 'pending' }],
        [claimKey('node-b', '10.4.0.0/26'), { state: 'pending' }],
      ]);
      const { version } = await standing(agent, 'node-b');
      await agent.survey.removeNode('node-b', version);
      expect(await standing(agent, 'node-b')).to.deep.equal({ blocks: [] });
      expect(await etcd.keys(claims('node-b'))).to.deep.equal([]);
      expect((await standing(agent, 'node-a')).blocks).to.deep.equal(['10.3.0.0/26']);
      expect((await standing(agent, 'node-b.example')).blocks).to.deep.equal(['10.2.0.0/26']);
      expect(await etcd.keys('/calico/ipam/v2/host/')).to.have.length(2);
    });

    it('keeps blocks with addresses in use, and removes them once they are free', async () => {
      const agent = store.connect('node-a');
      await putAll([
        ...blocks('node-b', ['10.1.0.0/26'], 0),
        ...blocks('node-b', ['10.1.0.64/26'], 2),
      ]);
      const used = await etcd.get(blockKey('10.1.0.64/26'));
      const { version } = await standing(agent, 'node-b');
      await agent.survey.removeNode('node-b', version);
      expect(await standing(agent, 'node-b')).to.deep.equal({ blocks: ['10.1.0.64/26'] });
      expect(await etcd.get(blockKey('10.1.0.64/26'))).to.deep.equal(used);
      expect(await etcd.keys(claims('node-b'))).to.have.length(1);
      const error = await failure(agent.survey.removeNode('node-b', undefined));
      expect(error).to.include({ code: 'datastore-conflict', retryable: false });
      expect(error.message).to.match(/calicoctl ipam release --ip=ADDRESS/);
      await putAll(blocks('node-b', ['10.1.0.64/26'], 0));
      await agent.survey.removeNode('node-b', undefined);
      expect(await standing(agent, 'node-b')).to.deep.equal({ blocks: [] });
      expect(await etcd.keys(claims('node-b'))).to.deep.equal([]);
      const gone = await failure(agent.survey.removeNode('node-b', undefined));
      expect(gone).to.include({ code: 'not-found' });
    });

    it('keeps everything of a machine that came back meanwhile, or whose block is used again', async () => {
      const agent = store.connect('node-a');
      await putAll(blocks('node-b', ['10.1.0.0/26'], 0));
      const back = await failure(agent.survey.removeNode('node-b', undefined));
      expect(back).to.include({ code: 'datastore-conflict', retryable: true });
      const { version } = await standing(agent, 'node-b');
      const raced: EtcdClient = {
        ...client,
        commit: async (transaction) => {
          await putAll(blocks('node-b', ['10.1.0.0/26'], 1));
          return client.commit(transaction);
        },
      };
      const used = await failure(removeNode(raced, 'node-b', version));
      expect(used).to.include({ code: 'datastore-conflict', retryable: true });
      expect(await standing(agent, 'node-b')).to.deep.equal({ version, blocks: ['10.1.0.0/26'] });
    });
  });

  it('names the server’s option when a transaction is above its limit', async () => {
    const agent = connectTo(await start('--max-txn-ops=8', '--max-request-bytes=20000'));
    const fence = await held(agent);
    const many = await failure(
      agent.datastore.apply(stepOf(peers(9).map((one) => create(one))), revision, fence),
    );
    // After the limit is raised, nobody need offer the configuration again.
    expect(many).to.include({ code: 'datastore-failed', retryable: true });
    expect(many.message).to.match(/--max-txn-ops/);
    const [large] = peers(1);
    if (large === undefined) throw new Error('no peer');
    const labels = { note: 'x'.repeat(30_000) };
    const metadata = { ...large.metadata, labels };
    const error = await failure(
      agent.datastore.apply(stepOf([create({ ...large, metadata })]), revision, fence),
    );
    expect(error).to.include({ code: 'datastore-failed', retryable: true });
    expect(error.message).to.match(/--max-request-bytes/);
    expect((await agent.datastore.observe('node-a')).resources).to.deep.equal([]);
  });

  it('refuses for good a change above the usual limits of etcd', async () => {
    const agent = store.connect('node-a');
    const large = peerOf('large');
    const metadata = { ...large.metadata, labels: { note: 'x'.repeat(1_600_000) } };
    const step = stepOf([create({ ...large, metadata })]);
    const error = await failure(agent.datastore.apply(step, revision, await held(agent)));
    expect(error).to.include({ code: 'datastore-failed', retryable: false });
    expect(error.message).to.match(/--max-request-bytes/);
  });

  it('reports that etcd is full, and so does doctor', async () => {
    const full = await start('--quota-backend-bytes=131072');
    const agent = connectTo(full);
    const fence = await held(agent);
    // etcd learns how large it is when it next writes to its disk, so how many fit depends on that time.
    const fill = async (): Promise<void> => {
      for (const one of peers(5000))
        await agent.datastore.apply(stepOf([create(one)]), revision, fence);
    };
    const error = await failure(fill());
    expect(error).to.include({ code: 'datastore-failed', retryable: true });
    expect(error.message).to.match(/NOSPACE/);
    const findings = await agent.diagnosis.diagnose();
    const server = findings.find(({ check }) => check.startsWith('etcd at'));
    expect(server).to.include({ result: 'failed' });
    expect(server?.hint).to.match(/alarm/);
  });
});
