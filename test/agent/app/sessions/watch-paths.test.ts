import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPathWatch, type PathWatch } from '../../../../agent/app/sessions/watch-paths.ts';
import type { HostRoutes } from '../../../../agent/ports/host-routes.ts';
import type { AgentState } from '../../../../agent/app/state/agent-state.ts';
import type { BgpRoute } from '../../../../core/sessions/paths/bgp-route.ts';
import { oddRoutesText } from '../../../../core/sessions/paths/odd-routes.ts';
import type { RevisionRef } from '../../../../core/revision/revision.ts';
import { createInProcessDecider } from '../../../../agent/adapters/decider/in-process.ts';
import { agentOn, localOffer } from '../../../support/agents/agent-on.ts';
import { passTime } from '../../../support/clocks/pass-time.ts';
import { eventually } from '../../../support/eventually.ts';
import { createMemoryBird } from '../../../support/twins/memory-bird.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';

const ref = (number: number): RevisionRef => ({
  lineage: 'local:node-0',
  number,
  digest: `sha256:${String(number).repeat(64)}`,
});
const configs: Readonly<Record<number, string>> = {
  1: 'global-as-number: 64512\nglobal-bgp-peers: [{address: 10.0.0.1, as-number: 64513}]\n',
  2: 'global-as-number: 64512\nglobal-bgp-peers: [{address: 10.0.0.1, as-number: 64514}]\n',
  3: 'global-as-number: 64512\nglobal-bgp-peers: [{address: 10.0.0.9, as-number: 64514}]\n',
};

describe('routes with AS numbers that a change removed', () => {
  let clock: ManualClock;
  let state: Pick<AgentState, 'accepted' | 'inForce' | 'confirming' | 'previous'>;
  let routes: readonly BgpRoute[];
  let asked: number;
  let paths: PathWatch;
  const refresh = (): Promise<void> => paths.refresh(new AbortController().signal, []);

  beforeEach(() => {
    clock = createManualClock();
    state = { accepted: ref(2), inForce: ref(2), previous: ref(1) };
    routes = [
      { destination: '192.168.3.0/26', asPath: [64514, 64513] },
      { destination: '192.168.2.0/26', asPath: [64513] },
      { destination: '192.168.4.0/26', asPath: [64514, 65550] },
    ];
    asked = 0;
    const decider = createInProcessDecider();
    paths = createPathWatch({
      routes: () => {
        asked += 1;
        return Promise.resolve([
          { ok: true, value: routes },
          { ok: false, why: 'it does not answer' },
        ]);
      },
      state: () => state,
      derivedOf: async ({ number }) => {
        const decided = await decider.decide({
          text: configs[number] ?? '',
          facts: {
            name: 'node-0',
            units: [],
            addresses: [{ family: 4, address: '10.0.0.2', prefixLength: 24 }],
            labels: {},
          },
          reading: { unitApplication: undefined, roles: ['node'] },
        });
        if (!decided.ok) throw new Error(JSON.stringify(decided.issues));
        return decided.derived;
      },
      clock,
      failed: (error) => {
        throw error;
      },
    });
  });

  it('are counted from the first one until they are gone', async () => {
    await refresh();
    const odd = paths.odd();
    expect(odd).to.deep.equal({ routes: 2, destination: '192.168.2.0/26', asNumber: 64513 });
    expect(odd && oddRoutesText(odd)).to.equal(
      '192.168.2.0/26 and 1 more: AS 64513 is in the AS path, and in the configuration no more',
    );
    routes = [{ destination: '192.168.2.0/26', asPath: [64514] }];
    await refresh();
    expect(paths.odd()).to.equal(undefined);
  });

  it('are searched after a change of AS numbers alone, and for five minutes', async () => {
    clock.advance(1);
    await refresh();
    clock.advance(299_000);
    await refresh();
    expect([asked, paths.odd()?.routes]).to.deep.equal([2, 2]);
    clock.advance(2000);
    await refresh();
    expect([asked, paths.odd()]).to.deep.equal([2, undefined]);
    state = { accepted: ref(3), inForce: ref(3), previous: ref(2) };
    await refresh();
    expect(asked).to.equal(2);
    state = { accepted: ref(1), inForce: ref(3), previous: ref(2) };
    await refresh();
    expect(asked).to.equal(2);
  });

  it('are compared with the last confirmed revision while the new one is not confirmed', async () => {
    const confirming = { revision: ref(2), previous: ref(1), mode: 'health', seconds: 30 } as const;
    state = {
      accepted: ref(2),
      inForce: ref(2),
      previous: ref(3),
      confirming: { ...confirming, baseline: { controller: false } },
    };
    await refresh();
    expect(paths.odd()).to.include({ asNumber: 64513 });
  });
});

describe('an agent whose routes still have a previous AS number', () => {
  it('says so until they are as expected', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-paths-'));
    const clock = createManualClock();
    const bird = createMemoryBird();
    let routes: readonly BgpRoute[] = [{ destination: '192.168.2.0/26', asPath: [64513] }];
    const sessions = {
      observe: bird.observe,
      bgpRoutes: () => Promise.resolve([{ ok: true as const, value: routes }]),
    };
    const datastore = createMemoryDatastore();
    const agent = agentOn({ folder, datastore, clock, sessions, routes: bird });
    await agent.start();
    const oddRoutes = (): string | undefined => agent.readings.status().sessions?.oddRoutes;
    const until = (isSo: () => boolean): Promise<void> =>
      eventually(async () => {
        await passTime(clock, 2000);
        expect(isSo()).to.equal(true);
      });
    for (const number of [1, 2]) {
      const asNumber = number === 1 ? 64513 : 64514;
      bird.sessions = { '10.0.0.1': { remoteAs: asNumber } };
      await agent.offers.offer(localOffer(configs[number] ?? '', { acceptLoss: true }));
      await until(() => agent.readings.status().revisions.confirmed?.number === number);
      if (number === 1) expect(oddRoutes()).to.equal(undefined);
    }
    await until(() => oddRoutes()?.includes('192.168.2.0/26: AS 64513') === true);
    expect((await agent.readings.sessions()).oddRoutes).to.include({ asNumber: 64513 });
    routes = [{ destination: '192.168.2.0/26', asPath: [64514] }];
    await until(() => oddRoutes() === undefined);
    await agent.stop();
    await rm(folder, { recursive: true });
  });
});

describe('an agent whose routes go by another neighbour since its AS number changed', () => {
  const config = (own: number): string => `global-as-number: 64512
node-to-node-mesh: true
subnet-as-numbers: {10.0.0.2/32: ${String(own)}}
`;

  it('says so until they are as before', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-next-hops-'));
    const clock = createManualClock();
    const bird = createMemoryBird();
    bird.sessions = Object.fromEntries(
      ['10.0.0.3', '10.0.0.4'].map((one) => [one, { name: `Mesh_${one}`, remoteAs: 64512 }]),
    );
    const blocks = ['192.168.3.0/26', '192.168.4.0/26'];
    let hops: Readonly<Record<string, readonly string[]>> = {
      '192.168.3.0/26': ['10.0.0.3'],
      '192.168.4.0/26': ['10.0.0.4'],
    };
    const routes: HostRoutes = {
      birdRoutes: () =>
        Promise.resolve({
          ok: true,
          value: blocks.map((destination) => ({
            family: 4,
            destination,
            kind: 'unicast',
            nextHops: (hops[destination] ?? []).map((gateway) => ({ gateway })),
          })),
        }),
    };
    const sessions = {
      observe: bird.observe,
      bgpRoutes: () => Promise.resolve([{ ok: true as const, value: [] }]),
    };
    const agent = agentOn({ folder, datastore: createMemoryDatastore(), clock, sessions, routes });
    await agent.start();
    const oddRoutes = (): string | undefined => agent.readings.status().sessions?.oddRoutes;
    const until = (isSo: () => boolean): Promise<void> =>
      eventually(async () => {
        await passTime(clock, 2000);
        expect(isSo()).to.equal(true);
      });
    for (const [index, own] of [64512, 64513].entries()) {
      await agent.offers.offer(localOffer(config(own), { acceptLoss: true }));
      await until(() => agent.readings.status().revisions.confirmed?.number === index + 1);
    }
    expect(oddRoutes()).to.equal(undefined);
    hops = { '192.168.3.0/26': ['10.0.0.3', '10.0.0.4'], '192.168.4.0/26': ['10.0.0.4'] };
    await until(
      () =>
        oddRoutes() ===
        '192.168.3.0/26 goes by 10.0.0.4, and went by 10.0.0.3 before the AS numbers changed',
    );
    hops = { ...hops, '192.168.3.0/26': ['10.0.0.3'] };
    await until(() => oddRoutes() === undefined);
    await agent.stop();
    await rm(folder, { recursive: true });
  });
});
