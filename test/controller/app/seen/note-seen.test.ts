/** When nodes were seen last, as a controller knows it that begins after a kill, or takes over. */
import { expect } from 'chai';
import { createFleet } from '../../../../controller/app/fleet/create-fleet.ts';
import type { Fleet, FleetLink } from '../../../../controller/app/fleet/fleet.ts';
import { createNodeKeeper } from '../../../../controller/app/fleet/keep-nodes.ts';
import { createSeenNotes, type SeenNotes } from '../../../../controller/app/seen/note-seen.ts';
import { seenOf, seenText } from '../../../../controller/app/seen/seen-record.ts';
import { createFleetStore } from '../../../../controller/app/store/fleet-store.ts';
import { recordsOf } from '../../../../controller/app/backup/store-records.ts';
import { fillStore } from '../../../../controller/app/backup/fill-store.ts';
import type { Store } from '../../../../controller/ports/store.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { BackupRecord } from '../../../../schemas/generated/store-backup.ts';
import { helloOf } from '../../../core/protocol/sample.ts';
import { overEachStore } from '../../../support/servers/each-store.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';
import { memoryStore } from '../../../support/twins/memory-store.ts';

const begin = Date.parse('2026-01-01T10:00:00Z');
let minutes = 0;
const timeAt = (minute: number): string => new Date(begin + minute * 60_000).toISOString();
const now = (): string => timeAt(minutes);

/** A controller over a store. It is killed where nothing more is done with it. */
class Controller {
  readonly fleet: Fleet;
  readonly seen: SeenNotes;
  /** The names that each transaction changed. */
  readonly written: string[][] = [];
  readonly warned: string[] = [];
  isFull = false;
  readonly #keeper: ReturnType<typeof createNodeKeeper>;
  readonly #links = new Map<string, FleetLink>();

  static async over(store: Store): Promise<Controller> {
    const controller = new Controller(store);
    await controller.#load();
    return controller;
  }

  /** It has not read the stored state yet. */
  static before(store: Store): Controller {
    return new Controller(store);
  }

  readonly #load: () => Promise<void>;

  private constructor(plain: Store) {
    const store: Store = {
      ...plain,
      commit: (transaction) => {
        const names = transaction.changes.map(({ kind, key }) => `${kind} ${key}`);
        if (this.isFull) return Promise.reject(new Error('the disk is full'));
        this.written.push(names);
        return plain.commit(transaction);
      },
    };
    const logger = { ...silentLogger, warn: (text: string) => void this.warned.push(text) };
    const cluster = 'default';
    const { digest: digestOfText } = inProcessChecker;
    const fleetStore = createFleetStore({ store, cluster, logger: silentLogger, digestOfText });
    const keeping = { fleet: () => this.fleet, store: fleetStore, delayMs: 60_000 };
    this.#keeper = createNodeKeeper({ ...keeping, logger: silentLogger });
    const onKept = this.#keeper.changed;
    const deps = { lineage: 'controller:default', logger: silentLogger, now, onKept };
    this.fleet = createFleet(undefined, deps);
    this.seen = createSeenNotes({
      ...{ store, cluster, fleet: this.fleet, nodeStore: this.#keeper, logger },
    });
    this.#load = async () => {
      const state = await fleetStore.load();
      this.fleet.restore({ ...state, nodes: await this.seen.date(state.nodes) });
      this.written.length = 0;
    };
  }

  join(node: string, silentMs = 0): void {
    const link: FleetLink = {
      remote: '10.0.0.9',
      silentMs: () => silentMs,
      setTarget: () => undefined,
      decide: () => undefined,
      end: () => undefined,
    };
    this.#links.set(node, link);
    this.fleet.join(link, { ...helloOf(), node, facts: {} });
  }

  leave(node: string): void {
    const link = this.#links.get(node);
    if (link !== undefined) this.fleet.leave(link, 'it went');
  }

  /** The nodes of this moment are on disk. */
  async settle(): Promise<void> {
    await this.#keeper.flush();
  }

  times(): Readonly<Record<string, string>> {
    const { records, lastSeenAt } = this.fleet;
    return Object.fromEntries(records().map((record) => [record.name, lastSeenAt(record)]));
  }
}

describe('when nodes were seen last, after a controller was killed', function () {
  this.timeout(60_000);
  beforeEach(() => {
    minutes = 0;
  });

  overEachStore((open) => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    it('is the last note for those that were connected, and their own time for the others', async () => {
      const first = await Controller.over(store);
      for (const node of ['node-0', 'node-1', 'node-2']) first.join(node);
      await first.settle();
      minutes = 10;
      first.leave('node-1');
      minutes = 50;
      await first.seen.note();
      minutes = 52;
      first.leave('node-2');
      first.join('node-3');
      await first.settle();
      await store.close();
      store = await open();
      const next = await Controller.over(store);
      expect(next.times()).to.deep.equal({
        'node-0': timeAt(50),
        'node-1': timeAt(10),
        'node-2': timeAt(52),
        'node-3': timeAt(52),
      });
    });

    it('is in a backup, and in a store that was filled from it', async () => {
      const first = await Controller.over(store);
      first.join('node-0');
      minutes = 50;
      await first.seen.note();
      const records: BackupRecord[] = [];
      const snapshot = await store.snapshot();
      for await (const record of recordsOf(snapshot)) records.push(record);
      await snapshot.close();
      for (const { kind, key } of records) await store.commit({ changes: [{ kind, key }] });
      await fillStore(store, records, () => undefined);
      expect((await Controller.over(store)).times()).to.deep.equal({ 'node-0': timeAt(50) });
    });
  });

  it('stays the same when further controllers note others, and are killed', async () => {
    const records = memoryStore();
    const first = await Controller.over(records);
    for (const node of ['node-0', 'node-1']) first.join(node);
    minutes = 50;
    await first.seen.note();
    minutes = 55;
    const second = await Controller.over(records);
    second.join('node-0');
    minutes = 58;
    await second.seen.note();
    const third = await Controller.over(records);
    expect(third.times()).to.deep.equal({ 'node-0': timeAt(58), 'node-1': timeAt(50) });
  });

  it('is not later than the last word of a connected node that has fallen silent', async () => {
    const records = memoryStore();
    const first = await Controller.over(records);
    first.join('node-0', 40_000);
    first.join('node-1');
    await first.settle();
    minutes = 50;
    await first.seen.note();
    const silentSince = new Date(begin + 50 * 60_000 - 40_000).toISOString();
    const times = (await Controller.over(records)).times();
    expect(times).to.deep.equal({ 'node-0': silentSince, 'node-1': silentSince });
  });

  it('takes one record, however many nodes there are', async () => {
    const first = await Controller.over(memoryStore());
    for (let node = 0; node < 500; node += 1) first.join(`node-${String(node)}`);
    for (let node = 0; node < 300; node += 1) first.leave(`node-${String(node)}`);
    await first.settle();
    await first.seen.note();
    first.written.length = 0;
    minutes = 5;
    await first.seen.note();
    expect(first.written).to.deep.equal([['seen default']]);
  });

  it('is not noted where no agent is connected, or the stored state is not known', async () => {
    const records = memoryStore();
    await (await Controller.over(records)).seen.note();
    const unread = Controller.before(records);
    unread.join('node-0');
    await unread.seen.note();
    expect(records.texts('seen')).to.deep.equal([]);
  });

  it('is not noted while the times of nodes that have gone are not on disk', async () => {
    const records = memoryStore();
    const first = await Controller.over(records);
    for (const node of ['node-0', 'node-1']) first.join(node);
    await first.seen.note();
    minutes = 20;
    first.leave('node-1');
    first.isFull = true;
    await first.settle();
    first.isFull = false;
    await first.seen.note();
    expect(records.texts('seen')).to.have.length(1);
    expect(records.texts('seen')[0]).to.contain(timeAt(0));
  });

  it('says once why it cannot be noted', async () => {
    const first = await Controller.over(memoryStore());
    first.join('node-0');
    await first.settle();
    first.isFull = true;
    await first.seen.note();
    await first.seen.note();
    expect(first.warned).to.deep.equal(['cannot note which nodes are connected: the disk is full']);
  });

  it('is that of the records of the nodes where the note cannot be read', async () => {
    const records = memoryStore();
    const first = await Controller.over(records);
    first.join('node-0');
    await first.settle();
    const at = timeAt(50);
    for (const text of ['{', '{}', `{"formatVersion":2,"at":"${at}","away":[]}`]) {
      records.put({ kind: 'seen', key: 'default' }, text);
      expect((await Controller.over(records)).times()).to.deep.equal({ 'node-0': timeAt(0) });
    }
  });
});

describe('the record of the connected nodes', () => {
  const names = (count: number, head = 'node'): readonly string[] =>
    Array.from({ length: count }, (_, index) => `${head}-${String(index)}`);

  for (const [connected, away] of [
    [names(5), names(2, 'away')],
    [names(2), names(5, 'away')],
    [names(1), []],
  ] as const) {
    it(`knows ${String(connected.length)} connected nodes from ${String(away.length)} others`, () => {
      const text = seenText('2026-01-01T10:00:00.000Z', connected, away) ?? '';
      const seen = seenOf(text);
      expect(connected.map((node) => seen?.wasConnected(node))).not.to.include(false);
      expect(away.map((node) => seen?.wasConnected(node))).not.to.include(true);
    });
  }

  it('has room for half of the most nodes with usual names, and no more than etcd takes', () => {
    const head = 'ip-10-20-30-40.eu-central-1.compute';
    const at = '2026-01-01T10:00:00.000Z';
    expect(seenText(at, names(10_000, head), names(10_000, head))).to.be.a('string');
    const long = names(10_000, 'x'.repeat(240));
    expect(seenText(at, long, long)).to.equal(undefined);
  });
});
