/**
 * The disk fails at any write of any file: nothing is half done, and the agent goes on when it can.
 */
import { expect } from 'chai';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCalicoFiles } from '../../../../agent/adapters/calico-files/driver.ts';
import { createJournalFiles } from '../../../../agent/adapters/state-directory/journal-files.ts';
import { createRevisionFiles } from '../../../../agent/adapters/state-directory/revision-files.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import { locateAll } from '../../../../core/config/yaml/located-yaml.ts';
import { textBounds } from '../../../../core/input/bounds.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { failingDisk, type FailingDisk } from '../../../support/machine/failing-disk.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';

const before = `
global-as-number: 65001
node-to-node-mesh: true
global-bgp-peers: [{address: 10.0.0.1, as-number: 65000}]
`;
const after = `
global-as-number: 65002
node-to-node-mesh: false
subnet-as-numbers: {10.0.0.0/24: 65003}
global-bgp-peers: [{address: 10.0.0.7, as-number: 65000}]
`;

/** Enough for every write of the change; the last of them are never reached. */
const most = 120;

describe('a disk that fails at any write of the agent', function () {
  this.timeout(240_000);
  let folder: string;
  let disk: FailingDisk;
  let clock: ManualClock;
  let agents: RunningAgent[];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-disk-'));
    disk = failingDisk(folder);
    agents = [];
  });
  afterEach(async () => {
    disk.mend();
    await Promise.all(agents.map((agent) => agent.stop()));
    disk.restore();
    await rm(folder, { recursive: true });
  });

  const start = async (): Promise<RunningAgent> => {
    clock = createManualClock();
    const connection = createCalicoFiles({ folder: at('resources'), tool: 'calicoctl' });
    const agent = agentOn({
      folder: at('state'),
      datastore: connection.datastore,
      connection,
      clock,
    });
    agents.push(agent);
    await agent.load();
    await agent.start();
    return agent;
  };
  const at = (name: string): string => path.join(folder, name);
  const resources = async (): Promise<ReadonlyMap<string, string>> => {
    const names = (await readdir(at('resources'))).filter((name) =>
      /^[^.].*\.(yaml|sh)/.test(name),
    );
    const texts = await Promise.all(names.map((name) => readFile(at(`resources/${name}`), 'utf8')));
    return new Map(names.map((name, index) => [name, texts[index] ?? '']));
  };
  /** The clock goes on, because failed writes are repeated later. */
  const until = async (
    agent: RunningAgent,
    isSo: (status: AgentStatus) => boolean,
  ): Promise<AgentStatus> => {
    const waiting = statusWhen(agent, isSo).then(() => true);
    for (;;) {
      clock.advance(60_000);
      const turn = new Promise<boolean>((resolve) => setTimeout(resolve, 2, false));
      if (await Promise.race([waiting, turn])) return agent.readings.status();
    }
  };
  const named = (reason: RegExp): RegExp =>
    new RegExp(`cannot [^"]+"${folder}/[^"]+": ${reason.source}`);

  interface Case {
    readonly failure: Parameters<FailingDisk['failAfter']>[1];
    readonly reason: RegExp;
  }
  const cases: readonly Case[] = [
    { failure: 'ENOSPC', reason: /the disk is full; free some space on it/ },
    { failure: 'EROFS', reason: /the file system is read-only; mount it for writing again/ },
    { failure: 'EIO', reason: /the disk reports an error; dmesg says more/ },
  ];
  for (const { failure, reason } of cases) {
    it(`names the file and the cause, leaves no half-written file, and recovers by itself: ${failure}`, async () => {
      let reached = true;
      let refused = 0;
      let failed = 0;
      let count = 0;
      for (; reached && count < most; count += 1) {
        const agent = await start();
        await agent.offers.offer(localOffer(before));
        await until(agent, inForce(1));
        const old = await resources();

        disk.failAfter(count, failure);
        const offered = await agent.offers
          .offer(localOffer(after))
          .catch((error: unknown) => error);
        if (offered instanceof AppError) {
          refused += 1;
          expect(offered.message, `write ${String(count)}`).to.match(named(reason));
          expect(offered).to.include({ retryable: true });
        } else {
          const status = await until(agent, (one) => inForce(2)(one) || reason.test(one.message));
          if (status.state !== 'in-force') {
            failed += 1;
            expect(status.message, `write ${String(count)}`).to.match(named(reason));
          }
        }
        reached = disk.hasFailed();
        const halfway = await resources();
        expectWhole(halfway);
        if (offered instanceof AppError) {
          expect([...halfway], `write ${String(count)}`).to.deep.equal([...old]);
          expect(agent.readings.status().revisions.inForce?.number).to.equal(1);
        }

        disk.mend();
        if (offered instanceof AppError) await agent.offers.offer(localOffer(after));
        await until(agent, inForce(2));
        await expectDone(String(count));
        // On a disk that became read-only meanwhile even unfinished files cannot be removed.
        if (failure !== 'EROFS') expect(await unfinished(), String(count)).to.deep.equal([]);
        await agent.stop();
        await rm(at('state'), { recursive: true });
        await rm(at('resources'), { recursive: true });
      }
      expect(reached, 'a run without a failure').to.equal(false);
      expect([refused > 2, failed > 8], `${String(refused)} ${String(failed)}`).to.deep.equal([
        true,
        true,
      ]);
    });
  }

  for (const [what, change] of [
    ['facts', (agent) => agent.facts.put({ labels: { rack: 'a' } })],
    ['a hold', (agent) => agent.operations.hold({ scope: 'agent', by: 'root', why: 'work' })],
    ['only to report drift', (agent) => agent.operations.onlyReportDrift(true)],
  ] as const satisfies readonly (readonly [string, (agent: RunningAgent) => Promise<unknown>])[]) {
    it(`refuses a request that it cannot store, and takes it when it can: ${what}`, async () => {
      const agent = await start();
      await agent.offers.offer(localOffer(before));
      const { message } = await until(agent, inForce(1));
      const kept = await readFile(at('state/state.json'), 'utf8');
      disk.failAfter(0, 'ENOSPC');
      const error = await change(agent).catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'disk-full' });
      expect(error)
        .to.have.property('message')
        .that.matches(named(/the disk is full/));
      expect(agent.readings.facts().labels).to.deep.equal({});
      expect(agent.readings.status()).to.include({ message });
      expect(await readFile(at('state/state.json'), 'utf8')).to.equal(kept);
      disk.mend();
      await change(agent);
      expect(await readFile(at('state/state.json'), 'utf8')).to.not.equal(kept);
    });
  }

  const unfinished = async (): Promise<readonly string[]> =>
    (await readdir(folder, { recursive: true })).filter((name) => name.includes('unfinished'));
  const expectWhole = (texts: ReadonlyMap<string, string>): void => {
    for (const [name, text] of texts) {
      if (name.endsWith('.yaml')) {
        expect(locateAll(text, textBounds.resources).ok, name).to.equal(true);
        expect(text, name).to.match(/\n$/);
      }
    }
  };
  const expectDone = async (what: string): Promise<void> => {
    const written = [...(await resources()).values()].join('');
    expect(written, what).to.include('10.0.0.7').and.not.include('10.0.0.1\n');
    const journal = createJournalFiles(at('state'), silentLogger);
    expect(await journal.open(), what).to.equal(undefined);
    const applied = (await journal.summaries()).filter(({ revision }) => revision.number === 2);
    expect(
      applied.map(({ ended }) => ended.result),
      what,
    ).to.deep.equal(['applied']);
    const state = await createRevisionFiles(at('state'), silentLogger).loadState();
    expect([state?.accepted?.number, state?.inForce?.number], what).to.deep.equal([2, 2]);
  };
});
