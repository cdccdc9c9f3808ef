import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createEmbeddedStore } from '../../../../controller/adapters/embedded-store/embedded-store.ts';
import { hostHere } from '../../../../controller/adapters/embedded-store/host-here.ts';
import { createFleetStore, type FleetStore } from '../../../../controller/app/store/fleet-store.ts';
import type { Store } from '../../../../controller/ports/store.ts';
import path from 'node:path';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { StoredAnswer } from '../../../../schemas/generated/node-answer.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';
import { beginTwoWaves, node, revisionOf, withState } from './stored-samples.ts';

describe('the fleet in the store', function () {
  this.timeout(60_000);
  let folder: string;
  let store: Store;
  const openStore = (): Store =>
    createEmbeddedStore({
      folder,
      openHost: hostHere,
      earlierState: () => Promise.resolve([]),
      putAside: () => Promise.resolve(),
      logger: silentLogger,
    });
  const open = (cluster = 'default', over = store): FleetStore =>
    createFleetStore({
      store: over,
      cluster,
      logger: silentLogger,
      digestOfText: inProcessChecker.digest,
    });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-fleet-'));
    store = openStore();
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const revisionKeys = async (): Promise<readonly string[]> =>
    (await store.list({ kind: 'revision', limit: 100 })).records.map(({ key }) => key);
  const change = async (kind: string, key: string, from: string, to: string): Promise<void> => {
    const text = (await store.get({ kind, key }))?.text ?? '';
    await store.commit({ changes: [{ kind, key, text: text.replace(from, to) }] });
  };

  /** Commits, and the answer is lost; then it cannot read revisions either. */
  const forgetful = (fails: () => boolean): Store => ({
    ...store,
    commit: async (transaction) => {
      const committed = await store.commit(transaction);
      if (fails()) throw new Error('the answer was lost');
      return committed;
    },
    get: async (name) => {
      if (fails() && name.kind === 'revision') throw new Error('no answer');
      return store.get(name);
    },
  });

  it('is empty when nothing was stored', async () => {
    expect(await open().load()).to.deep.equal({ nodes: [], lastNumber: 0 });
  });

  it('has the newest revision and the nodes after a restart', async () => {
    const fleet = open();
    await fleet.load();
    for (const number of [9, 10, 11]) await fleet.addRevision(revisionOf(number));
    await fleet.replaceRevision({ ...revisionOf(11), decided: 'confirmed' });
    await fleet.saveNodes([node]);
    await store.close();
    store = openStore();
    expect(await open().load()).to.deep.equal({
      revision: { ...revisionOf(11), decided: 'confirmed' },
      lastNumber: 11,
      nodes: [node],
    });
  });

  for (const [what, from, to] of [
    ['of which one digit was changed', 'a: 11', 'a: 71'],
    ['of another number', '"number":11', '"number":12'],
    ['of another lineage', 'controller:default', 'controller:other'],
    ['without its digest', '"digest"', '"gist"'],
  ] as const) {
    it(`gives nobody a revision ${what}, says what to do, and uses its number no more`, async () => {
      const fleet = open();
      await fleet.load();
      for (const number of [10, 11]) await fleet.addRevision(revisionOf(number));
      await change('revision', 'default/0000000000000011', from, to);
      const { revision, lastNumber, problem } = await open().load();
      expect([revision, lastNumber]).to.deep.equal([undefined, 11]);
      expect(problem).to.contain('push the configuration again');
    });
  }

  it('keeps the newest fifty revisions', async () => {
    const fleet = open();
    await fleet.load();
    for (let number = 1; number <= 53; number += 1) await fleet.addRevision(revisionOf(number));
    const keys = await revisionKeys();
    expect(keys).to.have.length(50);
    expect([keys[0], keys.at(-1)]).to.deep.equal([
      'default/0000000000000004',
      'default/0000000000000053',
    ]);
  });

  it('refuses a node that it could not read again, and keeps the others', async () => {
    const fleet = open();
    await fleet.load();
    await fleet.saveNodes([node]);
    const error = await fleet
      .saveNodes([{ ...node, name: 'bad name' }])
      .catch((reason: unknown) => reason);
    expect(String(error)).to.contain('it could not be read again');
    expect((await open().load()).nodes).to.deep.equal([node]);
  });

  it('writes only the nodes that have changed, and removes those that are gone', async () => {
    const written: number[] = [];
    const counting: Store = {
      ...store,
      commit: (transaction) => {
        written.push(transaction.changes.length);
        return store.commit(transaction);
      },
    };
    const fleet = open('default', counting);
    await fleet.load();
    written.length = 0;
    const nodes = ['a', 'b', 'c'].map((name) => ({ ...node, name }));
    const [a, b] = nodes;
    if (a === undefined || b === undefined) throw new Error('no nodes');
    await fleet.saveNodes(nodes);
    await fleet.saveNodes(nodes);
    await fleet.saveNodes([a, { ...b, agentVersion: '0.2.0' }]);
    expect(written).to.deep.equal([3, 2]);
    const again = open('default', counting);
    expect(
      (await again.load()).nodes.map(({ name, agentVersion }) => [name, agentVersion]),
    ).to.deep.equal([
      ['a', '0.1.0'],
      ['b', '0.2.0'],
    ]);
    await again.saveNodes([a]);
    await again.saveSomeNodes([a, b]);
    expect(written).to.deep.equal([3, 2, 1, 1]);
    const last = await open('default', counting).load();
    expect(last.nodes.map(({ name }) => name)).to.deep.equal(['a', 'b']);
  });

  it('splits what is more than a transaction takes', async () => {
    const sizes: number[] = [];
    const narrow: Store = {
      ...store,
      bounds: { changes: 3, bytes: 1000 },
      commit: (transaction) => {
        sizes.push(transaction.changes.length);
        return store.commit(transaction);
      },
    };
    const fleet = open('default', narrow);
    await fleet.load();
    sizes.length = 0;
    const nodes = Array.from({ length: 7 }, (_, n) => ({ ...node, name: `node-${String(n)}` }));
    await fleet.saveNodes(nodes);
    expect(sizes).to.deep.equal([3, 3, 1]);
    expect((await open().load()).nodes).to.have.length(7);
  });

  it('gives a number to one of two controllers', async () => {
    const [one, other] = [open(), open()];
    await one.load();
    await other.load();
    await one.addRevision(revisionOf(1));
    const error = await other
      .addRevision({ ...revisionOf(1), text: 'a: 2\n', digest: revisionOf(2).digest })
      .catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'datastore-conflict' });
    expect((await open().load()).revision).to.deep.equal(revisionOf(1));
  });

  it('takes the number again after a commit that failed and may be stored', async () => {
    let fails = true;
    const failing: Store = {
      ...store,
      commit: async (transaction) => {
        const committed = await store.commit(transaction);
        if (fails) throw new Error('the answer was lost');
        return committed;
      },
    };
    await open().load();
    const fleet = open('default', failing);
    const error = await fleet.addRevision(revisionOf(1)).catch((reason: unknown) => reason);
    expect(String(error)).to.contain('the answer was lost');
    fails = false;
    const other = { ...revisionOf(1), digest: revisionOf(2).digest, text: revisionOf(2).text };
    await fleet.addRevision(other);
    expect((await open().load()).revision).to.deep.equal(other);
  });

  it('takes a revision back whose commit failed, so that it reaches no agent', async () => {
    let failures = 1;
    const failing: Store = {
      ...store,
      commit: async (transaction) => {
        const committed = await store.commit(transaction);
        failures -= 1;
        if (failures === 0) throw new Error('the answer was lost');
        return committed;
      },
    };
    await open().load();
    await open()
      .addRevision(revisionOf(1))
      .catch(() => undefined);
    await open('default', failing)
      .addRevision(revisionOf(2))
      .catch(() => undefined);
    expect(await revisionKeys()).to.deep.equal(['default/0000000000000001']);
    expect((await open().load()).revision).to.deep.equal(revisionOf(1));
  });

  for (const from of [0, 1]) {
    it(`refuses a commit that arrives after it was given up, above number ${String(from)}`, async () => {
      let late: (() => Promise<unknown>) | undefined;
      const slow: Store = {
        ...store,
        commit: (transaction) => {
          if (late !== undefined) return store.commit(transaction);
          late = () => store.commit(transaction);
          return Promise.reject(new Error('no answer in time'));
        },
      };
      await open().load();
      if (from > 0) await open().addRevision(revisionOf(from));
      const fleet = open('default', slow);
      const error = await fleet
        .addRevision(revisionOf(from + 1))
        .catch((reason: unknown) => reason);
      expect(String(error)).to.contain('no answer in time');
      expect(await late?.()).to.deep.equal({ ok: false });
      expect((await open().load()).lastNumber).to.equal(from);
      await fleet.addRevision(revisionOf(from + 1));
      expect((await open().load()).revision).to.deep.equal(revisionOf(from + 1));
    });
  }

  for (const [what, isOurs] of [
    ['takes it back with the next nodes', true],
    ['leaves a revision of another controller', false],
  ] as const) {
    it(`${what}, where a refused revision could not be taken back at once`, async () => {
      let fails = true;
      const failing: Store = {
        ...store,
        commit: async (transaction) => {
          const committed = await store.commit(transaction);
          if (fails) throw new Error('the answer was lost');
          return committed;
        },
        get: async (name) => {
          if (fails && name.kind === 'revision') throw new Error('no answer');
          return store.get(name);
        },
      };
      await open().load();
      const fleet = open('default', failing);
      await fleet.addRevision(revisionOf(7)).catch(() => undefined);
      const key = 'default/0000000000000007';
      expect(await revisionKeys()).to.deep.equal([key]);
      if (!isOurs) await change('revision', key, 'by', 'by ');
      fails = false;
      await fleet.saveNodes([node]);
      expect(await revisionKeys()).to.deep.equal(isOurs ? [] : [key]);
      expect((await open().load()).lastNumber).to.equal(isOurs ? 0 : 7);
    });
  }

  it('takes a revision of a rollout back before it stores another state of the rollout', async () => {
    let fails = false;
    const fleet = open(
      'default',
      forgetful(() => fails),
    );
    await beginTwoWaves(fleet);
    fails = true;
    const back = withState({ back: 3 }, { phase: 'back' });
    const later = { ...revisionOf(3), clusterShare: 'later' } as const;
    await fleet.addRevision(later, [back]).catch(() => undefined);
    expect(await revisionKeys()).to.have.length(3);
    fails = false;
    const paused = withState({}, { paused: { cause: 'person', by: 'eva', why: 'lunch' } });
    await fleet.rollouts.save(paused);
    const { lastNumber, revision, rollout, problem } = await open().load();
    expect(problem).to.equal(undefined);
    expect([lastNumber, revision?.number, rollout?.rollout]).to.deep.equal([2, 2, paused]);
  });

  it('gives no node a revision without cluster-wide resources of which the rollout is not known', async () => {
    const fleet = open();
    await beginTwoWaves(fleet);
    await fleet.addRevision({ ...revisionOf(3), clusterShare: 'later' });
    const { lastNumber, revision, problem } = await open().load();
    expect([lastNumber, revision]).to.deep.equal([3, undefined]);
    expect(problem).to.match(/^the stored rollout does not have revision 3, .* push the config/);
  });

  it('leaves a rollout that was stored after the revision that it takes back', async () => {
    let fails = false;
    const fleet = open(
      'default',
      forgetful(() => fails),
    );
    await beginTwoWaves(fleet);
    fails = true;
    const back = withState({ back: 3 }, { phase: 'back' });
    await fleet.addRevision(revisionOf(3), [back]).catch(() => undefined);
    fails = false;
    const newer = { ...withState({}), changedAt: '2026-10-26T13:00:00Z' };
    const key = 'default/0000000000000002';
    await store.commit({ changes: [{ kind: 'rollout', key, text: JSON.stringify(newer) }] });
    await fleet.saveNodes([node]);
    expect((await open().load()).rollout?.rollout).to.deep.equal(newer);
  });

  it('takes a decision back whose answer was lost, with the rollout that came with it', async () => {
    let state: 'well' | 'losing' | 'down' = 'well';
    const lossy: Store = {
      ...store,
      commit: async (transaction) => {
        if (state === 'down') throw new Error('no answer');
        const committed = await store.commit(transaction);
        if (state === 'well') return committed;
        state = 'down';
        throw new Error('the answer was lost');
      },
    };
    const fleet = open('default', lossy);
    await beginTwoWaves(fleet);
    const before = await open().load();
    state = 'losing';
    const back = withState({}, { phase: 'back' });
    const decided = { ...revisionOf(2), decided: 'rolled-back' } as const;
    await fleet.replaceRevision(decided, [back]).catch(() => undefined);
    expect((await open().load()).revision?.decided).to.equal('rolled-back');
    state = 'well';
    await fleet.saveNodes([]);
    expect(await open().load()).to.deep.equal(before);
  });

  it('refuses a decision that arrives after it was given up', async () => {
    let late: (() => Promise<unknown>) | undefined;
    let isSlow = false;
    const slow: Store = {
      ...store,
      commit: (transaction) => {
        if (!isSlow) return store.commit(transaction);
        late ??= () => store.commit(transaction);
        return Promise.reject(new Error('no answer in time'));
      },
    };
    const fleet = open('default', slow);
    await fleet.addRevision(revisionOf(2));
    isSlow = true;
    const arrive = fleet.replaceRevision({ ...revisionOf(2), decided: 'rolled-back' });
    await arrive.catch(() => undefined);
    isSlow = false;
    await fleet.saveNodes([]);
    expect(await late?.()).to.deep.equal({ ok: false });
    expect((await open().load()).revision).to.deep.equal(revisionOf(2));
  });

  it('refuses a state of a rollout that arrives after a newer one was stored', async () => {
    let late: (() => Promise<unknown>) | undefined;
    let isSlow = false;
    const slow: Store = {
      ...store,
      commit: (transaction) => {
        if (!isSlow) return store.commit(transaction);
        late = () => store.commit(transaction);
        return Promise.reject(new Error('no answer in time'));
      },
    };
    const fleet = open('default', slow);
    await beginTwoWaves(fleet);
    isSlow = true;
    await fleet.rollouts.save(withState({}, { begun: 1 })).catch(() => undefined);
    isSlow = false;
    const newer = withState({}, { begun: 2 });
    await fleet.rollouts.save(newer);
    expect(await late?.()).to.deep.equal({ ok: false });
    expect((await open().load()).rollout?.rollout).to.deep.equal(newer);
  });

  it('keeps old revisions that a rollout names, and the rollout', async () => {
    const fleet = open();
    await beginTwoWaves(fleet);
    // An agent knew a far newer number.
    const shared = withState({ share: 51 });
    await fleet.addRevision(revisionOf(51), [shared]);
    const back = withState({ share: 51, back: 52 }, { phase: 'back' });
    await fleet.addRevision(revisionOf(52), [back]);
    const { rollout, problem } = await open().load();
    expect(problem).to.equal(undefined);
    expect(rollout?.rollout).to.deep.equal(back);
    expect([...(rollout?.revisions.keys() ?? [])]).to.have.members([1, 2, 51, 52]);
  });

  it('has the last answers of each node, and drops those of nodes that are gone', async () => {
    const { lineage, number, digest } = revisionOf(3);
    const ref = { lineage, number, digest };
    const answers = ['node-0', 'node-1'].map((name): StoredAnswer => ({
      formatVersion: 1,
      node: name,
      revision: ref,
      stage: 'confirmed',
      inForce: ref,
    }));
    const fleet = open();
    await fleet.load();
    await fleet.saveNodes([node, { ...node, name: 'node-1' }]);
    await fleet.saveAnswers(answers.map((answer) => ({ node: answer.node, answer })));
    const loaded = await open().load();
    expect([...(loaded.answers?.values() ?? [])]).to.deep.equal(answers);
    await fleet.saveNodes([node]);
    expect([...((await open().load()).answers?.keys() ?? [])]).to.deep.equal(['node-0']);
    await fleet.saveAnswers([{ node: 'node-0' }]);
    expect((await open().load()).answers).to.equal(undefined);
  });

  const answerTo = (number: number): { node: string; answer: StoredAnswer } => {
    const { lineage, digest } = revisionOf(number);
    const accepted = { lineage, number, digest };
    return { node: 'node-0', answer: { formatVersion: 1, node: 'node-0', accepted } };
  };

  it('writes no answer that it has loaded, until the node has said something else', async () => {
    const first = open();
    await first.load();
    await first.saveNodes([node]);
    await first.saveAnswers([answerTo(3)]);
    let isLost = false;
    const second = open(
      'default',
      forgetful(() => isLost),
    );
    await second.load();
    const version = async (): Promise<number | undefined> =>
      (await store.get({ kind: 'answer', key: 'default/node-0' }))?.version;
    const before = await version();
    await second.saveAnswers([answerTo(3)]);
    expect(await version()).to.equal(before);
    // It is on disk although it seems to have failed, so the first one has to be written again.
    isLost = true;
    await second.saveAnswers([answerTo(4)]).catch(() => undefined);
    isLost = false;
    await second.saveAnswers([answerTo(3)]);
    const loaded = await open().load();
    expect(loaded.answers?.get('node-0')).to.deep.equal(answerTo(3).answer);
  });

  for (const [what, remove] of [
    ['of its own', (fleet: FleetStore) => fleet.saveAnswers([{ node: 'node-0' }])],
    ['with that of its node', (fleet: FleetStore) => fleet.saveNodes([])],
  ] as const) {
    it(`writes an answer again after a removal ${what} that seemed to fail`, async () => {
      const first = open();
      await first.load();
      await first.saveNodes([node]);
      await first.saveAnswers([answerTo(3)]);
      const fleet = open('default', {
        ...store,
        commit: async (transaction) => {
          const committed = await store.commit(transaction);
          const isRemoval = transaction.changes.some(
            ({ kind, text }) => kind === 'answer' && text === undefined,
          );
          if (isRemoval) throw new Error('the answer was lost');
          return committed;
        },
      });
      await fleet.load();
      await remove(fleet).then(
        () => expect.fail('it should fail'),
        () => undefined,
      );
      await fleet.saveNodes([node]);
      await fleet.saveAnswers([answerTo(3)]);
      const { answers } = await open().load();
      expect(answers?.get('node-0')).to.deep.equal(answerTo(3).answer);
    });
  }

  it('leaves out answers that cannot be read, also those of a newer version', async () => {
    const fleet = open();
    await fleet.load();
    await fleet.saveNodes([node]);
    for (const text of ['{', '[]', '{"formatVersion":2,"node":"node-0"}', 'null']) {
      await store.commit({ changes: [{ kind: 'answer', key: 'default/node-0', text }] });
      const loaded = await open().load();
      expect([loaded.answers, loaded.nodes]).to.deep.equal([undefined, [node]]);
    }
  });

  it('goes on without a node whose record cannot be read, and keeps it until it comes back', async () => {
    const fleet = open();
    await fleet.load();
    await fleet.saveNodes([node, { ...node, name: 'node-1' }]);
    await change('node', 'default/node-0', '"0.1.0"', '1');
    const again = open();
    const loaded = await again.load();
    expect(loaded.nodes.map(({ name }) => name)).to.deep.equal(['node-1']);
    expect(loaded.unreadable?.map(({ name }) => name)).to.deep.equal(['node-0']);
    expect(loaded.unreadable?.[0]?.reason).to.contain('cannot read the node "default/node-0"');
    await again.saveNodes(loaded.nodes, ['node-0']);
    expect((await open().load()).unreadable).to.have.length(1);
    await again.saveNodes([...loaded.nodes, node]);
    expect((await open().load()).nodes).to.have.length(2);
  });

  it('knows nodes and answers to which a newer version has added fields', async () => {
    const fleet = open();
    await fleet.load();
    await fleet.saveNodes([node]);
    const answer = { formatVersion: 1, node: 'node-0', peers: 2 } as const;
    await fleet.saveAnswers([{ node: 'node-0', answer }]);
    await change(
      'node',
      'default/node-0',
      '"formatVersion":1',
      '"formatVersion":1,"later":{"a":1}',
    );
    await change('node', 'default/node-0', '"facts":{', '"facts":{"laterFact":true,');
    await change('answer', 'default/node-0', '"peers":2', '"peers":2,"later":[]');
    const loaded = await open().load();
    expect([loaded.nodes, loaded.unreadable]).to.deep.equal([[node], undefined]);
    expect([...(loaded.answers?.values() ?? [])]).to.deep.equal([answer]);
  });

  it('refuses a store whose nodes a newer version wrote', async () => {
    const fleet = open();
    await fleet.load();
    await fleet.saveNodes([node]);
    await change('node', 'default/node-0', '"formatVersion":1', '"formatVersion":2');
    const error = await open()
      .load()
      .catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'newer-format' });
    expect(String(error)).to.contain('install the newer version again');
  });

  it('belongs to one cluster', async () => {
    await open().load();
    const error = await open('other')
      .load()
      .catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'invalid-settings' });
    expect(String(error)).to.contain(
      `cannot use the state directory "${folder}": it belongs to the cluster "default", not "other"`,
    );
  });

  it('does not read records of a newer version', async () => {
    await open().load();
    await change('controller', 'identity', '"formatVersion":1', '"formatVersion":2');
    const error = await open()
      .load()
      .catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'newer-format' });
  });
});
