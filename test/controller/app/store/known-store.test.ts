import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hostHere } from '../../../../controller/adapters/embedded-store/host-here.ts';
import { createFleetStore } from '../../../../controller/app/store/fleet-store.ts';
import { createKnownStore, type KnownStore } from '../../../../controller/app/store/known-store.ts';
import type { Store } from '../../../../controller/ports/store.ts';
import { openEmbedded, storeNoteOf } from '../../../../controller/stores.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { failure } from '../../../support/failure.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';
import { memoryStore } from '../../../support/twins/memory-store.ts';

describe('a store in etcd that a controller has used', () => {
  let folder: string;
  let warnings: string[];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-known-'));
    warnings = [];
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const digestOfText = (text: string): Promise<string | undefined> => inProcessChecker.digest(text);
  const knownStore = (store: Store): KnownStore => {
    const logger = { warn: (message: string) => void warnings.push(message) };
    return createKnownStore({ store, cluster: 'east', note: storeNoteOf(folder), logger });
  };
  const load = async (store: Store): Promise<unknown> => {
    const known = knownStore(store);
    const deps = { store, cluster: 'east', logger: silentLogger, digestOfText, known };
    return createFleetStore(deps).load();
  };
  const wiped = async (): Promise<string> => {
    const store = memoryStore();
    const refused = await failure(load(store));
    expect(refused).to.include({ code: 'not-ready', retryable: false });
    // Nothing is written: a restore, or a migration, finds it empty.
    expect(await store.list({ kind: 'controller', limit: 1 })).to.deep.equal({ records: [] });
    return refused.message;
  };

  it('is refused when it is empty, until a person removes the note of it', async () => {
    const first = memoryStore();
    await load(first);
    expect(warnings).to.deep.equal([`the controller begins with an empty store in ${first.place}`]);
    await load(first);
    const { file } = storeNoteOf(folder);
    expect(await wiped()).to.contain(`remove "${file}" on each of them`);
    await rm(file);
    await load(memoryStore());
  });

  it('is refused by one that stood by, when the leader is gone with it', async () => {
    const store = memoryStore();
    await knownStore(store).rememberAsStandby();
    await createFleetStore({ store, cluster: 'east', logger: silentLogger, digestOfText }).load();
    await knownStore(store).rememberAsStandby();
    expect(await wiped()).to.contain('calico-controller store restore FILE');
  });

  it('is not begun beside a store in the state directory', async () => {
    await writeFile(path.join(folder, 'store.db'), 'any');
    expect(await wiped()).to.contain('calico-controller store migrate --to etcd');
  });

  it('is not left for an empty one in the state directory', async () => {
    await load(memoryStore());
    const options = { cluster: 'east', stateDirectory: folder, openHost: hostHere, digestOfText };
    const store = openEmbedded(options, silentLogger);
    try {
      const refused = await failure(store.get({ kind: 'controller', key: 'any' }));
      expect(refused.message).to.contain('calico-controller store migrate --to embedded');
    } finally {
      await store.close();
    }
  });

  it('counts where its note is damaged, and not where it cannot be written', async () => {
    await writeFile(storeNoteOf(folder).file, '{');
    expect(await wiped()).to.contain('would be empty');
    await rm(folder, { recursive: true });
    const store = memoryStore();
    await load(store);
    expect(warnings.at(-1)).to.contain('cannot note which store this controller uses');
    await load(store);
  });
});
