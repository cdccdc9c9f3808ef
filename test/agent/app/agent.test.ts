import { expect } from 'chai';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AgentSignal } from '../../../agent/app/status/signals.ts';
import type { RunningAgent } from '../../../agent/app/create-agent.ts';
import { AppError } from '../../../runtime/errors.ts';
import {
  agentOn,
  inForce,
  localOffer,
  statusWhen,
  type AgentOn,
} from '../../support/agents/agent-on.ts';
import { createManualClock } from '../../support/clocks/manual-clock.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../support/twins/memory-datastore.ts';

const as65001 = 'global-as-number: 65001\nnode-to-node-mesh: true\n';
const as65002 = 'global-as-number: 65002\nnode-to-node-mesh: true\n';
const as65003 = 'global-as-number: 65003\nnode-to-node-mesh: true\n';
const broken = 'global-as-number: abc\n';

describe('the agent', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let agent: RunningAgent;
  let events: AgentSignal[];

  const start = async (on: Partial<AgentOn> = {}): Promise<RunningAgent> => {
    agent = agentOn({ folder, datastore, ...on });
    events = [];
    agent.readings.subscribe((event) => void events.push(event));
    await agent.start();
    return agent;
  };
  const apply = async (text: string, changes = {}): Promise<void> => {
    const outcome = await agent.offers.offer(localOffer(text, changes));
    if (outcome.result === 'refused') throw new Error(outcome.message);
    expect(await agent.offers.waitForRevision(outcome.revision, forever)).to.deep.equal({
      result: 'confirmed',
    });
  };
  const asNumber = (): unknown =>
    Reflect.get(Object(datastore.contents()['BGPConfiguration/default']), 'spec');

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-app-'));
    datastore = createMemoryDatastore();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  it('waits while there is no configuration', async () => {
    await start();
    const status = await statusWhen(agent, ({ message }) => message !== 'starting');
    expect(status).to.include({ state: 'waiting', node: 'node-0', message: 'no configuration' });
    expect(agent.readings.derived()).to.equal(undefined);
  });

  it('brings a configuration into force, and reports the stages in order', async () => {
    await start();
    await apply(as65001);
    expect(asNumber()).to.include({ asNumber: 65001 });
    const stages = events.flatMap((event) => (event.type === 'stage' ? [event.stage] : []));
    expect(stages).to.deep.equal(['accepted', 'applied', 'confirmed']);
    const { revisions } = await statusWhen(agent, inForce(1));
    expect(revisions.accepted).to.deep.equal(revisions.inForce);
    expect(revisions.confirmed).to.deep.equal(revisions.inForce);
  });

  it('does not fill the log for a sender of endless refused configurations', async () => {
    const refusals: string[] = [];
    const warn = (message: string): void => void refusals.push(message);
    await start({ logger: { ...silentLogger, warn } });
    for (let n = 0; n < 50; n += 1) await agent.offers.offer(localOffer(broken));
    expect(refusals).to.have.length(20);
  });

  it('changes nothing on disk, in the datastore or in its status for a refused configuration', async () => {
    await start();
    await apply(as65001);
    await statusWhen(agent, inForce(1));
    const before = {
      files: await snapshot(folder),
      status: agent.readings.status(),
      contents: datastore.contents(),
    };
    const outcome = await agent.offers.offer(localOffer(broken));
    expect(outcome).to.include({ result: 'refused', code: 'invalid-config' });
    expect(outcome.result === 'refused' && outcome.issues.length).to.be.greaterThan(0);
    expect({
      files: await snapshot(folder),
      status: agent.readings.status(),
      contents: datastore.contents(),
    }).to.deep.equal(before);
  });

  it('starts nothing for a configuration that is in force already', async () => {
    await start();
    await apply(as65001);
    await statusWhen(agent, inForce(1));
    const log = [...datastore.log];
    const outcome = await agent.offers.offer(localOffer(as65001));
    expect(outcome).to.include({ result: 'already', stage: 'confirmed' });
    expect(datastore.log).to.deep.equal(log);
  });

  it('applies the newest accepted revision, and supersedes those in between', async () => {
    await start();
    const gate = gateOf(datastore);
    const first = await agent.offers.offer(localOffer(as65001));
    await gate.reached;
    const second = await agent.offers.offer(localOffer(as65002));
    const third = await agent.offers.offer(localOffer(as65003));
    if (first.result === 'refused' || second.result === 'refused' || third.result === 'refused') {
      throw new Error('refused');
    }
    const last = agent.offers.waitForRevision(third.revision, forever);
    expect(await agent.offers.waitForRevision(second.revision, forever)).to.deep.equal({
      result: 'superseded',
    });
    gate.open();
    expect(await last).to.deep.equal({ result: 'confirmed' });
    expect(asNumber()).to.include({ asNumber: 65003 });
    const [newest, middle, oldest] = await agent.readings.revisions();
    expect(newest?.states).to.deep.equal(['accepted', 'in-force', 'confirmed']);
    expect(middle?.outcome).to.equal(undefined);
    expect(oldest?.outcome).to.include({ result: 'applied' });
  });

  it('tries again with backoff while the datastore is away, and says so', async () => {
    const clock = createManualClock();
    await start({ clock });
    let away = true;
    datastore.meddle.observe = () => {
      if (away) throw new AppError('datastore-failed', 'no route to etcd', { retryable: true });
    };
    await agent.offers.offer(localOffer(as65001));
    const first = await statusWhen(agent, ({ state }) => state === 'failed');
    expect(first.message).to.match(/no route to etcd; trying again in 1 s/);
    const delays: number[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const delay = await timerOf(clock);
      delays.push(delay);
      const failed = next(agent, 'failed');
      clock.advance(delay);
      await failed;
    }
    expect(delays).to.deep.equal([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    away = false;
    clock.advance(await timerOf(clock));
    await statusWhen(agent, inForce(1));
    expect(
      events
        .filter(({ type }) => type === 'failed')
        .every((event) => event.type === 'failed' && event.retrying),
    ).to.equal(true);
  });

  it('rejects a configuration that cannot be applied, rolls back, and does not take it again until retry', async () => {
    await start();
    await apply(as65001);
    datastore.meddle.write = (write) => {
      datastore.meddle.write = (again) => again();
      write();
      throw new AppError('datastore-failed', 'the server refuses it');
    };
    const outcome = await agent.offers.offer(localOffer(as65002));
    if (outcome.result === 'refused') throw new Error(outcome.message);
    const settled = await agent.offers.waitForRevision(outcome.revision, forever);
    expect(settled).to.have.property('message').that.contains('the server refuses it');
    const status = await statusWhen(agent, inForce(1));
    expect(status.message).to.match(
      /revision \S+#1 is in force; revision \S+#2 was rejected: .*refuses it/,
    );
    expect(status.revisions.rejected.map(({ number }) => number)).to.deep.equal([2]);
    expect(asNumber()).to.include({ asNumber: 65001 });
    expect(await agent.offers.offer(localOffer(as65002))).to.include({
      result: 'refused',
      code: 'rejected-before',
    });
    await apply(as65002, { retry: true });
    expect(agent.readings.status().revisions.rejected).to.deep.equal([]);
    expect(asNumber()).to.include({ asNumber: 65002 });
  });

  it('does not blame a configuration for a passing fault of the program', async () => {
    const clock = createManualClock();
    await start({ clock });
    let faults = 0;
    datastore.meddle.observe = () => {
      faults += 1;
      if (faults <= 3) throw new TypeError('a chunk of code is gone');
    };
    await agent.offers.offer(localOffer(as65001));
    while (faults <= 3) await clock.passNext();
    await statusWhen(agent, inForce(1));
    expect(agent.readings.status().revisions.rejected).to.deep.equal([]);
    datastore.meddle.observe = () => {
      throw new TypeError('a fault for good');
    };
    await agent.offers.offer(localOffer(as65002));
    while (agent.readings.status().revisions.rejected.length === 0) await clock.passNext();
    expect(agent.readings.status().revisions.accepted).to.include({ number: 1 });
    delete datastore.meddle.observe;
  });

  it('keeps the rejection over a restart', async () => {
    await start();
    datastore.meddle.write = () => {
      throw new AppError('datastore-failed', 'the server refuses it');
    };
    await agent.offers.offer(localOffer(as65001));
    await statusWhen(agent, ({ revisions }) => revisions.rejected.length > 0);
    await agent.stop();
    datastore.meddle.write = (write) => write();
    await start();
    const status = await statusWhen(agent, ({ message }) => message !== 'starting');
    expect(status)
      .to.have.property('message')
      .that.matches(/no configuration; revision \S+#1 was rejected/);
    expect(datastore.log).to.deep.equal([]);
    expect(await agent.offers.offer(localOffer(as65001))).to.include({ code: 'rejected-before' });
  });

  it('does not call a revision in force that the datastore took and does not hold', async () => {
    await start();
    datastore.meddle.write = () => undefined;
    await agent.offers.offer(localOffer(as65001));
    const status = await statusWhen(agent, ({ state }) => state === 'failed');
    expect(status.message).to.contain('missing when read back');
    expect(status.revisions.inForce).to.equal(undefined);
  });

  it('corrects drift at its next reading', async () => {
    const clock = createManualClock();
    await start({ clock });
    await apply(as65001);
    datastore.remove('BGPConfiguration/default');
    clock.advance(await timerOf(clock));
    await statusWhen(agent, ({ state }) => state === 'applying');
    await statusWhen(agent, inForce(1));
    expect(asNumber()).to.include({ asNumber: 65001 });
  });

  it('applies new facts by the same path', async () => {
    await start({ settings: { node: { name: 'node-0', addresses: ['10.0.0.2/24'] } } });
    await apply('global-as-number: 65001\nunit-as-numbers: {7: 65007}\n');
    await statusWhen(agent, inForce(1));
    expect(agent.readings.derived()?.resolution.asNumber?.value).to.equal(65001);
    const done = next(agent, 'in-force');
    expect((await agent.facts.put({ units: ['calico/7'] })).units).to.deep.equal(['calico/7']);
    await done;
    expect(agent.readings.derived()?.resolution.asNumber?.value).to.equal(65007);
    await agent.stop();
    await start({ settings: { node: { name: 'node-0', addresses: ['10.0.0.2/24'] } } });
    expect(agent.readings.facts().units).to.deep.equal(['calico/7']);
  });

  it('refuses wrong facts, and keeps the old ones', async () => {
    await start({ settings: { node: { name: 'node-0' } } });
    const error: unknown = await agent.facts
      .put({ addresses: ['10.0.0.300/24'] })
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(AppError).and.to.include({ code: 'invalid-facts' });
    expect(agent.readings.facts().addresses).to.deep.equal([]);
  });

  it('plans without changing anything', async () => {
    await start();
    await apply(as65001);
    const outcome = await agent.offers.plan(as65002);
    expect(outcome.ok && outcome.plan.steps.length).to.be.greaterThan(0);
    expect(asNumber()).to.include({ asNumber: 65001 });
    const nothing = await agent.offers.plan();
    expect(nothing.ok && nothing.plan.steps).to.deep.equal([]);
    expect((await agent.offers.plan(broken)).ok).to.equal(false);
  });

  it('says that there is nothing to plan before the first configuration', async () => {
    await start();
    const error: unknown = await agent.offers.plan().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(AppError).and.to.include({ code: 'not-found' });
  });

  it('keeps the revision in force when the disk is full', async () => {
    await start();
    await apply(as65001);
    const before = await snapshot(folder);
    await agent.stop();
    const full = new AppError('disk-full', 'cannot write: the disk is full', { retryable: true });
    const { createRevisionFiles } =
      await import('../../../agent/adapters/state-directory/revision-files.ts');
    const store = createRevisionFiles(folder, { warn: () => undefined });
    await start({ store: { ...store, saveState: () => Promise.reject(full) } });
    const error: unknown = await agent.offers
      .offer(localOffer(as65002))
      .catch((reason: unknown) => reason);
    expect(error).to.equal(full);
    expect(agent.readings.status().revisions.accepted?.number).to.equal(1);
    expect((await snapshot(folder))['state.json']).to.equal(before['state.json']);
  });

  it('stops waiting when its caller aborts', async () => {
    await start();
    gateOf(datastore);
    const outcome = await agent.offers.offer(localOffer(as65001));
    if (outcome.result === 'refused') throw new Error(outcome.message);
    const error: unknown = await agent.offers
      .waitForRevision(outcome.revision, AbortSignal.abort())
      .catch((reason: unknown) => reason);
    expect(error).to.have.property('name', 'AbortError');
    datastore.meddle.write = (write) => write();
    Reflect.deleteProperty(datastore.meddle, 'observe');
  });
});

const forever = new AbortController().signal;

/** Holds the first write back. */
function gateOf(datastore: MemoryDatastore): { readonly reached: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    datastore.meddle.write = async (write) => {
      resolve();
      await opened;
      write();
    };
  });
  return { reached, open };
}

/** The next event of this kind, or the next status with this state. */
function next(agent: RunningAgent, what: 'failed' | 'in-force'): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = agent.readings.subscribe((event) => {
      const isIt = event.type === what || (event.type === 'status' && event.status.state === what);
      if (!isIt) return;
      unsubscribe();
      resolve();
    });
  });
}

/** The loop sets its timer in a later turn than the one in which it reports. */
async function timerOf(clock: ReturnType<typeof createManualClock>): Promise<number> {
  for (;;) {
    const [delay] = clock.waiting();
    if (delay !== undefined) return delay;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function snapshot(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  const texts = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      return [path.relative(folder, file), await readFile(file, 'utf8')] as const;
    }),
  );
  return Object.fromEntries(texts);
}
