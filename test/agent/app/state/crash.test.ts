/**
 * kill -9 at every write: the agent finishes a started change after the restart, and repeats
 * nothing.
 */
import { expect } from 'chai';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createJournalFiles } from '../../../../agent/adapters/state-directory/journal-files.ts';
import { createRevisionFiles } from '../../../../agent/adapters/state-directory/revision-files.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { JournalEntry } from '../../../../schemas/generated/journal.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { createManualClock } from '../../../support/clocks/manual-clock.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';

const before = `
global-as-number: 65001
node-to-node-mesh: true
global-bgp-peers: [{address: 10.0.0.1, as-number: 65000}]
`;
const after = `
global-as-number: 65002
node-to-node-mesh: false
subnet-as-numbers: {10.0.0.0/24: 65003}
global-bgp-peers: [{address: 10.0.0.7, as-number: 65000}, {address: 10.0.0.8, as-number: 65000}]
`;

type Moment = 'before' | 'after';

/** A process that dies around its n-th write: from then on none of its writes ever ends. */
class Mortal {
  readonly died: Promise<void>;
  #writes: number;
  readonly #moment: Moment;
  #die = (): void => undefined;
  #dead = false;

  constructor(writes: number, moment: Moment) {
    this.#writes = writes;
    this.#moment = moment;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  async write<T>(write: () => Promise<T> | T): Promise<T> {
    if (this.#dead) return never();
    this.#writes -= 1;
    if (this.#writes >= 0) return write();
    this.#dead = true;
    if (this.#moment === 'after') await write();
    this.#die();
    return never();
  }
}

describe('a kill at any write', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let agents: RunningAgent[];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-crash-'));
    datastore = createMemoryDatastore();
    agents = [];
  });
  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    await rm(folder, { recursive: true });
  });

  const store = createRevisionFiles;
  const start = async (on: Partial<Parameters<typeof agentOn>[0]> = {}): Promise<RunningAgent> => {
    const agent = agentOn({ folder, datastore, ...on });
    if (on.store === undefined) agents.push(agent);
    await agent.start();
    return agent;
  };
  const startMortal = (mortal: Mortal): Promise<RunningAgent> => {
    const revisions = store(folder, silentLogger);
    const journal = createJournalFiles(folder, silentLogger);
    datastore.meddle.write = async (write) => {
      const open = await journal.open();
      const state = await revisions.loadState();
      expect(open?.revision, 'the journal before a write').to.deep.equal(state?.accepted);
      return mortal.write(write);
    };
    return start({
      store: {
        ...revisions,
        save: (revision) => mortal.write(() => revisions.save(revision)),
        saveState: (state) => mortal.write(() => revisions.saveState(state)),
      },
      journal: {
        ...journal,
        write: (entry) => mortal.write(() => journal.write(entry)),
        progress: (entry, done) => mortal.write(() => journal.progress(entry, done)),
        end: (entry) => mortal.write(() => journal.end(entry)),
      },
    });
  };
  const bring = async (agent: RunningAgent, text: string, number: number): Promise<void> => {
    await agent.offers.offer(localOffer(text));
    await statusWhen(agent, inForce(number));
  };
  const changesOf = (log: readonly string[], from: number): readonly string[] =>
    [...log.slice(from)].sort();

  /** The final state, and the writes on the way to it. */
  const undisturbed = async (): Promise<{ contents: unknown; changes: readonly string[] }> => {
    const other = createMemoryDatastore();
    const otherFolder = await mkdtemp(path.join(tmpdir(), 'calico-agent-crash-'));
    const agent = agentOn({ folder: otherFolder, datastore: other });
    await agent.start();
    await bring(agent, before, 1);
    const from = other.log.length;
    await bring(agent, after, 2);
    await agent.stop();
    await rm(otherFolder, { recursive: true });
    return { contents: other.contents(), changes: changesOf(other.log, from) };
  };

  /** Enough for every write of the change; the last of them are never reached. */
  const most = 30;
  for (const moment of ['before', 'after'] as const) {
    it(`finishes the change exactly once when it dies ${moment} it`, async () => {
      const wanted = await undisturbed();
      let recovered = 0;
      let reached = true;
      let deaths = 0;
      for (; deaths < most; deaths += 1) {
        const first = await start();
        await bring(first, before, 1);
        await first.stop();
        const from = datastore.log.length;

        const mortal = new Mortal(deaths, moment);
        const victim = await startMortal(mortal);
        const offered = victim.offers
          .offer(localOffer(after))
          .then(() => statusWhen(victim, inForce(2)));
        reached = (await Promise.race([mortal.died.then(() => 'died'), offered])) === 'died';
        if (!reached) {
          await victim.stop();
          break;
        }

        datastore.meddle.write = (write) => write();
        const next = await start();
        const status = await statusWhen(next, ({ state }) => state === 'in-force');
        const accepted = status.revisions.accepted?.number;
        if (accepted === 1) await bring(next, after, 2);
        else recovered += 1;
        await next.stop();

        expect(datastore.contents(), `death ${String(deaths)}`).to.deep.equal(wanted.contents);
        expect(changesOf(datastore.log, from), `death ${String(deaths)}`).to.deep.equal(
          wanted.changes,
        );
        const journal = createJournalFiles(folder, silentLogger);
        expect(await journal.open()).to.equal(undefined);
        const applied = (await journal.summaries()).filter(({ revision }) => revision.number === 2);
        expect(applied.map(({ ended }) => ended.result)).to.deep.equal(['applied']);
        const state = await store(folder, silentLogger).loadState();
        expect([state?.accepted?.number, state?.inForce?.number]).to.deep.equal([2, 2]);

        await rm(folder, { recursive: true });
        datastore = createMemoryDatastore();
      }
      expect(reached, 'a run without a death').to.equal(false);
      expect(recovered).to.be.greaterThan(8);
    }).timeout(180_000);
  }

  it('waits with the interrupted change until the datastore answers, and says so', async () => {
    const mortal = new Mortal(4, 'after');
    const victim = await startMortal(mortal);
    await victim.offers.offer(localOffer(before));
    await mortal.died;
    const clock = createManualClock();
    datastore.meddle.write = (write) => write();
    datastore.meddle.observe = () => {
      throw new AppError('datastore-failed', 'connection refused', { retryable: true });
    };
    const next = await start({ clock });
    const status = await statusWhen(next, ({ message }) => message.includes('connection refused'));
    expect(status).to.include({ state: 'recovering' });
    datastore.meddle.observe = () => undefined;
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(60_000);
    await statusWhen(next, inForce(1));
  });

  it('treats an entry in the history as ended, though it lies open as well', async () => {
    const journal = createJournalFiles(folder, silentLogger);
    const first = await start();
    await bring(first, before, 1);
    await first.stop();
    const [entry] = await journal.summaries();
    if (entry === undefined) throw new Error('no history');
    const { ended } = entry;
    const file = path.join(folder, 'history', `${String(entry.id)}.json`);
    const { ended: _ended, ...open }: JournalEntry = JSON.parse(await readFile(file, 'utf8'));
    await createJournalFiles(folder, silentLogger).write(open);
    expect(await journal.open()).to.equal(undefined);
    expect((await journal.summaries()).map((one) => one.ended)).to.deep.equal([ended]);
  });
});

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
