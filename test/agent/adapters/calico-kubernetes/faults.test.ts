/**
 * The connection is cut at write after write: the agent finishes by observing and planning again.
 */
import { expect } from 'chai';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import type { Change } from '../../../../core/plan/plan.ts';
import type { Observed } from '../../../../core/observe/observed.ts';
import type { BGPPeer } from '../../../../core/calico/resource.ts';
import { stamped } from '../../../../core/render/ownership.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { namesOf, onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import {
  clusterScope,
  create,
  peerOf,
  remove,
  stepOf,
  update,
} from '../../../support/samples/changes.ts';
import { startCuttingProxy, type CuttingProxy } from '../../../support/servers/cutting-proxy.ts';
import { connect, revision } from './connected.ts';
import { wholeItem } from '../../../../runtime/kubernetes/list-objects.ts';

/** 50 changes: 20 peers to make, 20 to change, 10 to delete. */
const former = Array.from({ length: 30 }, (_, index) => peerOf(`old-${String(index)}`));
const wanted: readonly BGPPeer[] = [
  ...former.slice(0, 20).map(({ metadata }) => peerOf(metadata.name, { asNumber: 65002 })),
  ...Array.from({ length: 20 }, (_, index) => peerOf(`new-${String(index)}`)),
];
const mostRounds = 300;

describe('an API server whose connections are cut', function () {
  this.timeout(120_000);
  onEachApiServer((open) => {
    let server: ApiServer;
    let proxy: CuttingProxy;
    let agent: ConnectedDatastore;
    let folder: string;
    beforeEach(async () => {
      server = await open();
      await server.empty([]);
      const { access } = await server.client.access();
      const { port } = new URL(access.server);
      proxy = await startCuttingProxy(Number(port));
      folder = await mkdtemp(path.join(tmpdir(), 'cut-'));
      const kubeconfig = path.join(folder, 'kubeconfig');
      const direct = await readFile(server.kubeconfig, 'utf8');
      await writeFile(kubeconfig, direct.replaceAll(`:${port}`, `:${String(proxy.port)}`));
      agent = connect({ kubeconfig, concurrency: 1 });
      for (const peer of former) {
        const document = { ...stamped(peer, clusterScope, revision), apiVersion: server.group };
        await server.put('BGPPeer', peer.metadata.name, document, 'calico-agent');
      }
    });
    afterEach(async () => {
      await agent.datastore.close();
      await proxy.close();
      await rm(folder, { recursive: true });
    });

    for (const way of ['to', 'from'] as const) {
      const what = way === 'to' ? 'on the way to the server' : 'on the way back';
      it(`receives all 50 changes, each once, with cuts ${what}`, async () => {
        let rounds = 0;
        for (; rounds < mostRounds; rounds += 1) {
          try {
            const changes = planOf(await agent.datastore.observe('node-a'));
            if (rounds === 0) expect(changes).to.have.length(50);
            if (changes.length === 0) break;
            const claim = await agent.writerLease.claim();
            if (!claim.held) throw new Error(`${claim.holder} holds the writer lease`);
            const fence = await agent.writerLease.record(revision, claim.fence);
            // Somewhere in the renewal of the lease, or in one of the first writes.
            proxy.cutAfter({ way, bytes: 300 + ((rounds * 337) % 4000) });
            await agent.datastore.apply(stepOf(changes), revision, fence);
          } catch (error) {
            if (!(error instanceof AppError) || !error.retryable) throw error;
          }
        }
        expect(rounds).to.be.lessThan(mostRounds);
        expect(proxy.cuts).to.be.greaterThan(10);
        const { items } = await server.client.list('list', server.path('BGPPeer'), wholeItem);
        const names = wanted.map(({ metadata }) => metadata.name);
        expect([...namesOf({ items })].sort()).to.deep.equal(names.sort());
      });
    }
  });
});

/** Desired × observed, without the parts that these tests ignore. */
function planOf({ resources }: Pick<Observed, 'resources'>): readonly Change[] {
  const found = new Map(resources.map((one) => [one.resource.metadata.name, one]));
  const written = wanted.flatMap((peer): readonly Change[] => {
    const there = found.get(peer.metadata.name);
    if (there === undefined) return [create(peer)];
    const { resource, version = '' } = there;
    const isSame = JSON.stringify(resource.spec) === JSON.stringify(sorted(peer.spec));
    return isSame ? [] : [update(resource, peer, { version })];
  });
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  const gone = resources.filter(({ resource }) => !names.has(resource.metadata.name));
  return [...gone.map(({ resource, version }) => remove(resource, version)), ...written];
}

function sorted({ peerIP, asNumber }: BGPPeer['spec']): BGPPeer['spec'] {
  return { peerIP, asNumber };
}
