import { expect } from 'chai';
import { noCalico } from '../../../agent/adapters/no-calico/no-calico.ts';
import { createAutoDatastore } from '../../../agent/datastores/auto-datastore.ts';
import type {
  DatastoreEvent,
  WatchListener,
} from '../../../agent/ports/datastore/calico-datastore.ts';
import type { WriterLease } from '../../../agent/ports/datastore/writer-lease.ts';
import type { ConnectedDatastore } from '../../../agent/ports/datastore/connected-datastore.ts';
import { AppError } from '../../../runtime/errors.ts';
import { peerOf } from '../../support/samples/changes.ts';
import { failure } from '../../support/failure.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../support/twins/memory-datastore.ts';

interface World {
  /** The content of calicoctl's settings; undefined: they cannot be read. */
  said: string | undefined;
  /** The place where Calico answers. */
  readonly reachable: Set<string>;
  readonly stores: Map<string, MemoryDatastore>;
  readonly closed: string[];
  /** For each record of a revision, whether it is marked as a correction of drift. */
  readonly corrections: (boolean | undefined)[];
  chosen: number;
}

describe('a datastore that is chosen as calicoctl would choose it', () => {
  let world: World;
  let events: DatastoreEvent[];
  const listener: WatchListener = {
    changed: (event) => void events.push(event),
    failing: () => undefined,
  };
  const connect = (name: string): Promise<ConnectedDatastore> => {
    const memory = createMemoryDatastore();
    memory.meddle.observe = () => {
      if (!world.reachable.has(name)) throw new AppError('datastore-failed', `no ${name}`);
    };
    world.stores.set(name, memory);
    const datastore = { ...memory, message: name, close: () => closed(name) };
    const writerLease: WriterLease = {
      ...noCalico.writerLease,
      record: (_revision, fence, notes) => {
        world.corrections.push(notes?.isCorrection);
        return Promise.resolve(fence);
      },
    };
    return Promise.resolve({ ...noCalico, datastore, writerLease });
  };
  const closed = (name: string): Promise<void> => {
    world.closed.push(name);
    return Promise.resolve();
  };
  const open = (): Promise<ConnectedDatastore> =>
    createAutoDatastore({
      choose: () => {
        world.chosen += 1;
        if (world.said !== undefined) return Promise.resolve(world.said);
        return Promise.reject(new AppError('invalid-settings', 'calicoctl.cfg is half written'));
      },
      connect,
    });
  beforeEach(() => {
    world = {
      said: 'kubernetes',
      reachable: new Set(['etcd']),
      stores: new Map(),
      closed: [],
      corrections: [],
      chosen: 0,
    };
    events = [];
  });

  it('changes as soon as the settings name another one, as long as nothing was reached', async () => {
    const { datastore, writerLease: lease } = await open();
    expect(datastore.message).to.equal('kubernetes');
    expect((await failure(datastore.observe('a'))).message).to.equal('no kubernetes');
    await lease.read();
    world.said = 'etcd';
    expect((await datastore.observe('a')).resources).to.deep.equal([]);
    expect(datastore.message).to.equal('etcd');
    expect(world.closed).to.deep.equal(['kubernetes']);
  });

  it('stays the one that was reached', async () => {
    world.said = 'etcd';
    const { datastore } = await open();
    await datastore.observe('a');
    world.said = 'kubernetes';
    world.reachable.clear();
    const { chosen } = world;
    expect((await failure(datastore.observe('a'))).message).to.equal('no etcd');
    expect([world.chosen, world.closed]).to.deep.equal([chosen, []]);
  });

  it('keeps its connection when the settings stay the same', async () => {
    const { datastore } = await open();
    await failure(datastore.observe('a'));
    await failure(Promise.all([datastore.observe('a'), datastore.observe('a')]));
    expect([world.stores.size, world.closed]).to.deep.equal([1, []]);
    await datastore.close();
    expect(world.closed).to.deep.equal(['kubernetes']);
  });

  it('records that a write corrects drift, so that all agents count it', async () => {
    const { writerLease } = await open();
    const revision = { lineage: 'local:a', number: 1, digest: `sha256:${'0'.repeat(64)}` };
    await writerLease.record(revision, { term: 'x' }, { isCorrection: true });
    expect(world.corrections).to.deep.equal([true]);
  });

  it('starts, and tries again, when the settings cannot be read', async () => {
    world.said = undefined;
    const { datastore, diagnosis } = await open();
    const reason = 'cannot tell which datastore Calico uses: calicoctl.cfg is half written';
    expect(datastore.message).to.equal(reason);
    const error = await failure(datastore.observe('a'));
    expect(error).to.include({ code: 'datastore-failed', retryable: true, message: reason });
    expect(await diagnosis.diagnose()).to.deep.equal([
      { check: 'datastore', result: 'failed', message: reason },
    ]);
    world.said = 'etcd';
    await datastore.observe('a');
  });

  it('is watched once the choice is certain, and only as long as somebody needs it', async () => {
    const { datastore } = await open();
    const watch = datastore.watch('a', listener);
    const stopped = datastore.watch('a', {
      ...listener,
      changed: () => {
        throw new Error('it was stopped');
      },
    });
    await stopped.stop();
    world.said = 'etcd';
    await datastore.observe('a');
    const etcd = world.stores.get('etcd');
    const before = events.length;
    etcd?.put(peerOf('x'));
    expect(events.slice(before).map(({ type }) => type)).to.deep.equal(['object']);
    const late = datastore.watch('a', listener);
    await Promise.all([watch.stop(), late.stop()]);
    const after = events.length;
    etcd?.put(peerOf('y'));
    expect(events).to.have.length(after);
  });
});
