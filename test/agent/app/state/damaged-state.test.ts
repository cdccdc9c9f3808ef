/**
 * The agent reports lost or damaged data on disk, changes nothing because of it, and repairs it
 * when it can.
 */
import { expect } from 'chai';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRevisionFiles } from '../../../../agent/adapters/state-directory/revision-files.ts';
import type { AgentSignal } from '../../../../agent/app/status/signals.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import {
  createStorageProblems,
  type StorageProblems,
} from '../../../../agent/ports/storage/storage-problems.ts';
import type { RevisionRef } from '../../../../core/revision/revision.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import {
  agentOn,
  inForce,
  localOffer,
  statusWhen,
  type AgentOn,
} from '../../../support/agents/agent-on.ts';
import { eventually } from '../../../support/eventually.ts';
import { failure } from '../../../support/failure.ts';
import { createManualClock } from '../../../support/clocks/manual-clock.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';
import { createMemoryWriterLease } from '../../../support/twins/memory-writer-lease.ts';

const as65001 = 'global-as-number: 65001\nnode-to-node-mesh: true\n';
const as65002 = 'global-as-number: 65002\nnode-to-node-mesh: true\n';

describe('an agent whose disk is damaged', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let agents: RunningAgent[];
  let events: AgentSignal[];
  let problems: StorageProblems;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-damaged-'));
    datastore = createMemoryDatastore();
    agents = [];
  });
  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    await rm(folder, { recursive: true });
  });

  const start = async (on: Partial<AgentOn> = {}): Promise<RunningAgent> => {
    problems = createStorageProblems();
    const store = createRevisionFiles(folder, silentLogger, { problems });
    const agent = agentOn({ folder, datastore, store, problems, ...on });
    events = [];
    agent.readings.subscribe((event) => void events.push(event));
    agents.push(agent);
    await agent.start();
    return agent;
  };
  const apply = async (agent: RunningAgent, text: string): Promise<RevisionRef> => {
    const outcome = await agent.offers.offer(localOffer(text));
    if (outcome.result === 'refused') throw new Error(outcome.message);
    expect(await agent.offers.waitForRevision(outcome.revision, forever)).to.deep.equal({
      result: 'confirmed',
    });
    return outcome.revision;
  };
  const asNumber = (): unknown =>
    Reflect.get(
      Object(Reflect.get(Object(datastore.contents()['BGPConfiguration/default']), 'spec')),
      'asNumber',
    );
  const flip = async (number: number): Promise<void> => {
    const names = await readdir(path.join(folder, 'revisions'));
    const name = names.find((one) => one.startsWith(`${String(number)}-`)) ?? '';
    const file = path.join(folder, 'revisions', name);
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('65001', '65009'));
  };
  const stages = (): string[] =>
    events.flatMap((event) => (event.type === 'stage' ? [event.stage] : []));

  it('does not apply a revision with a flipped digit, says so, and takes it again', async () => {
    const before = await start();
    await apply(before, as65001);
    await before.stop();
    await flip(1);
    const agent = await start();
    const failed = await statusWhen(agent, ({ state }) => state === 'failed');
    expect(failed.message).to.contain('its stored text is damaged or missing');
    expect(failed.storage?.problems[0]?.message).to.contain('is damaged, and was set aside');
    expect(asNumber()).to.equal(65001);
    expect(failed.revisions.inForce?.number).to.equal(1);

    const outcome = await agent.offers.offer(localOffer(as65001));
    expect(outcome).to.include({ result: 'already', stage: 'accepted' });
    if (outcome.result === 'refused') throw new Error(outcome.message);
    expect(await agent.offers.waitForRevision(outcome.revision, forever)).to.deep.equal({
      result: 'confirmed',
    });
    expect(stages()).to.deep.equal(['applied', 'confirmed']);
    const mended = await statusWhen(agent, inForce(1));
    expect(mended.storage).to.equal(undefined);
    expect(asNumber()).to.equal(65001);
  });

  it('does not reject a revision whose text was lost before it was applied', async () => {
    const clock = createManualClock();
    const agent = await start({ clock });
    datastore.meddle.observe = () => {
      throw new AppError('datastore-failed', 'no route', { retryable: true });
    };
    await agent.offers.offer(localOffer(as65001));
    await statusWhen(agent, ({ state }) => state === 'failed');
    await agent.stop();
    delete datastore.meddle.observe;
    await flip(1);
    const next = await start({ clock });
    const status = await statusWhen(next, ({ state }) => state === 'failed');
    expect(status.revisions.rejected).to.deep.equal([]);
    expect(status.revisions.accepted?.number).to.equal(1);
    await next.offers.offer(localOffer(as65001));
    await statusWhen(next, inForce(1));
  });

  for (const [what, damage] of [
    ['missing', () => rm(path.join(folder, 'state.json'))],
    ['damaged', () => writeFile(path.join(folder, 'state.json'), '{"formatV')],
    ['empty', () => writeFile(path.join(folder, 'state.json'), '')],
  ] as const) {
    it(`continues above the numbers that it used, and says what happened: state.json is ${what}`, async () => {
      const before = await start();
      await apply(before, as65001);
      await apply(before, as65002);
      await before.stop();
      await damage();
      for (const restart of [1, 2]) {
        const agent = await start();
        const status = await statusWhen(agent, ({ message }) => message !== 'starting');
        expect(status, String(restart)).to.include({ state: 'waiting', needsPerson: true });
        expect(status.message).to.match(
          /no configuration: the file state\.json (is missing|was damaged)/,
        );
        expect(status.message).to.contain('revision local:node-0#2 was applied last');
        expect(asNumber()).to.equal(65002);
        expect(status.source).to.equal('local');
        await agent.stop();
      }
      const agent = await start();
      expect((await apply(agent, as65001)).number).to.equal(3);
      expect((await statusWhen(agent, inForce(3))).needsPerson).to.equal(undefined);
    });
  }

  it('continues above the number in the datastore’s record when all of its files were lost', async () => {
    const scopes = createMemoryWriterLease();
    const before = await start({ lease: scopes.connect('node-0') });
    await apply(before, as65001);
    await apply(before, as65002);
    await apply(before, as65001);
    await before.stop();
    await rm(folder, { recursive: true });
    const agent = await start({ lease: scopes.connect('node-0') });
    expect((await apply(agent, as65002)).number).to.equal(4);
  });

  it('keeps a content rejected when only the journal knows of it', async () => {
    const before = await start();
    await apply(before, as65001);
    datastore.meddle.write = () => {
      throw new AppError('apply-failed', 'never');
    };
    await before.offers.offer(localOffer(as65002));
    await statusWhen(before, ({ revisions }) => revisions.rejected.length === 1);
    delete datastore.meddle.write;
    await before.stop();
    await rm(path.join(folder, 'state.json'));
    const agent = await start();
    const outcome = await agent.offers.offer(localOffer(as65002));
    expect(outcome).to.include({ result: 'refused', code: 'rejected-before' });
  });

  it('starts on the state of a newer version, changes nothing, and goes on when it can be read', async () => {
    const clock = createManualClock();
    const before = await start({ clock });
    await apply(before, as65001);
    await before.stop();
    const file = path.join(folder, 'state.json');
    const good = await readFile(file, 'utf8');
    const newer = good.replace('"formatVersion":1', '"formatVersion":2');
    await writeFile(file, newer);
    const agent = await start({ clock });
    const status = agent.readings.status();
    expect(status).to.include({ state: 'failed', needsPerson: true });
    expect(status.message).to.contain('format version 2').and.contain('the agent changes nothing');
    expect(status.storage?.stateUnknown).to.equal(true);
    const refused = await failure(agent.offers.offer(localOffer(as65002)));
    expect(refused.code).to.equal('newer-format');
    expect(await readFile(file, 'utf8')).to.equal(newer);
    expect(asNumber()).to.equal(65001);
    await writeFile(file, good);
    while (agent.readings.status().state !== 'in-force') {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(60_000);
    }
  });

  it('answers and changes nothing while the state directory cannot be taken, and then goes on', async () => {
    const clock = createManualClock();
    let isFull = true;
    const claim = (): Promise<void> =>
      isFull
        ? Promise.reject(new AppError('disk-full', 'cannot lock: full', { retryable: true }))
        : Promise.resolve();
    const agent = await start({ clock, claim });
    expect(agent.readings.status()).to.include({ state: 'failed' });
    expect(agent.readings.status().message).to.contain('cannot lock: full');
    expect((await failure(agent.offers.offer(localOffer(as65001)))).code).to.equal('disk-full');
    expect((await failure(agent.facts.put({ labels: { a: 'b' } }))).code).to.equal('disk-full');
    expect(await readdir(folder)).to.deep.equal([]);
    isFull = false;
    const { revision } = Object(await agent.offers.offer(localOffer(as65001)));
    expect(revision.number).to.equal(1);
    await statusWhen(agent, inForce(1));
  });

  it('does not reject a configuration because this machine cannot write', async () => {
    const clock = createManualClock();
    const agent = await start({ clock });
    let isClosed = true;
    datastore.meddle.write = (write) => {
      if (isClosed) throw new AppError('access-denied', 'cannot write: permission denied');
      write();
    };
    await agent.offers.offer(localOffer(as65001));
    const status = await statusWhen(agent, ({ state }) => state === 'failed');
    expect(status).to.include({ needsPerson: true });
    expect(status.revisions.rejected).to.deep.equal([]);
    isClosed = false;
    expect(await agent.offers.offer(localOffer(as65001))).to.include({
      result: 'already',
      stage: 'accepted',
    });
    await statusWhen(agent, inForce(1));
  });

  it('waits for the end when waiting helps, and answers at once when it does not', async () => {
    const clock = createManualClock();
    const agent = await start({ clock });
    let error = new AppError('datastore-failed', 'no route to etcd', { retryable: true });
    let isAway = true;
    datastore.meddle.observe = () => {
      if (isAway) throw error;
    };
    const outcome = await agent.offers.offer(localOffer(as65001));
    if (outcome.result === 'refused') throw new Error(outcome.message);
    const settled = agent.offers.waitForRevision(outcome.revision, forever);
    await statusWhen(agent, ({ state }) => state === 'failed');
    isAway = false;
    expect(await agent.offers.offer(localOffer(as65001))).to.include({ result: 'already' });
    expect(await settled).to.deep.equal({ result: 'confirmed' });

    isAway = true;
    error = new AppError('access-denied', 'no right');
    const second = await agent.offers.offer(localOffer(as65002));
    if (second.result === 'refused') throw new Error(second.message);
    const refused = await agent.offers.waitForRevision(second.revision, forever);
    expect(refused).to.deep.include({ result: 'failed' });
  });

  it('records what brought a revision into force, and apart from it what was corrected', async () => {
    const agent = await start();
    await apply(agent, as65001);
    const [first] = await agent.readings.revisions();
    const changes = first?.outcome?.changes ?? 0;
    expect(changes).to.be.greaterThan(0);
    datastore.remove('BGPConfiguration/default');
    await agent.operations.correctDrift();
    await eventually(async () => {
      const [now] = await agent.readings.revisions();
      expect(now?.outcome?.corrected).to.not.equal(undefined);
    });
    const [corrected] = await agent.readings.revisions();
    expect(corrected?.outcome).to.include({ result: 'applied', changes });
    expect(corrected?.outcome?.corrected).to.include({ times: 1, changes: 1 });
    await apply(agent, `${as65001}global-bgp-peers: []\n`);
    const [newest] = await agent.readings.revisions();
    expect(newest?.states).to.include('confirmed');
    expect(newest?.outcome).to.include({ result: 'applied', changes: 0 });
  });
});

const forever = new AbortController().signal;
