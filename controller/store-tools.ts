/** The work of `calico-controller store` that needs no running controller. */
import { lstat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { AppError } from '../runtime/errors.ts';
import { lockFolder } from '../runtime/files/process-lock.ts';
import { silentLogger } from '../runtime/log/logger.ts';
import type { BackupRecord } from '../schemas/generated/store-backup.ts';
import { createDatabaseMaker, storeFileName } from './adapters/embedded-store/embedded-store.ts';
import { requireOwner } from './adapters/embedded-store/require-owner.ts';
import { linesOfFile, writeNewFile } from './app/backup/backup-file.ts';
import { backupLines, readBackup } from './app/backup/backup-text.ts';
import { fillStore, verify, type Progress } from './app/backup/fill-store.ts';
import { recordsOf } from './app/backup/store-records.ts';
import type { FilledStore, StorePlace, StoreTools } from './cli/command-context.ts';
import { identityName } from './app/store/fleet-keys.ts';
import { clusterOf } from './app/store/fleet-texts.ts';
import { leadFleet } from './app/store/lead-fleet.ts';
import type { LeaderNotice, Store } from './ports/store.ts';
import type { EtcdStoreSettings } from './settings.ts';
import { openEmbedded, openEtcd, usualHost } from './stores.ts';

/** Writes a new file. @throws AppError also where there is such a file */
export const writeBackup: StoreTools['writeBackup'] = (file, head, records) =>
  writeNewFile(file, backupLines(head, records));

/**
 * Restores a backup into a store that has nothing yet. No controller may run.
 * @throws AppError; then the store is as it was, or a further attempt begins anew
 */
export async function restoreBackup(
  file: string,
  placeOf: (cluster: string) => StorePlace,
  progress: Progress,
): Promise<FilledStore> {
  const { head, records } = await readBackup(file, linesOfFile(file));
  const { cluster } = head;
  if (identityOf(records) !== cluster) {
    throw new AppError('corrupt-file', `cannot restore "${file}": it does not name its cluster`);
  }
  return write({ cluster, records }, placeOf(cluster), progress);
}

/**
 * Copies the store to the other engine. The old one stays as it is. No controller may run.
 * @param cluster of the store in etcd
 * @param isNamed a person named the cluster, so that no other one is copied
 * @throws AppError; then both are as they were, or a further attempt begins anew
 */
export async function migrateStore(
  to: 'etcd' | 'embedded',
  {
    stateDirectory,
    etcd,
    cluster,
    isNamed,
  }: Required<StorePlace> & { readonly cluster: string; readonly isNamed: boolean },
  progress: Progress,
): Promise<FilledStore> {
  const inFile = { stateDirectory };
  const inEtcd = { stateDirectory, etcd };
  const content =
    to === 'etcd' ? await readEmbedded(stateDirectory) : await readEtcd(etcd, cluster);
  if (isNamed && content.cluster !== cluster) {
    throw new AppError(
      'usage',
      `cannot copy ${content.place}: it belongs to the cluster "${content.cluster}", not "${cluster}"; name that one with --cluster, or leave the option out`,
    );
  }
  return write(content, to === 'etcd' ? inEtcd : inFile, progress);
}

interface Content {
  readonly cluster: string;
  readonly records: readonly BackupRecord[];
}

interface FoundContent extends Content {
  /** Of the store, for messages. */
  readonly place: string;
}

async function write(
  { cluster, records }: Content,
  { stateDirectory, etcd }: StorePlace,
  progress: Progress,
): Promise<FilledStore> {
  const place =
    etcd === undefined
      ? await writeEmbedded(stateDirectory, records)
      : await writeEtcd(etcd, cluster, records, progress);
  return { cluster, records: records.length, place };
}

async function writeEmbedded(
  stateDirectory: string,
  records: readonly BackupRecord[],
): Promise<string> {
  await requireOwner(stateDirectory);
  const lock = await lockFolder(stateDirectory);
  try {
    const maker = createDatabaseMaker(stateDirectory, usualHost);
    try {
      await maker.create(records);
    } finally {
      await maker.close();
    }
    const store = openFile(stateDirectory);
    try {
      await verify(store, records);
    } finally {
      await store.close();
    }
    return store.place;
  } finally {
    await lock.release();
  }
}

async function writeEtcd(
  settings: EtcdStoreSettings,
  cluster: string,
  records: readonly BackupRecord[],
  progress: Progress,
): Promise<string> {
  return withLead(settings, cluster, async (store) => {
    await fillStore(store, records, progress);
    return store.place;
  });
}

async function readEmbedded(stateDirectory: string): Promise<FoundContent> {
  const file = path.join(stateDirectory, storeFileName);
  const isThere = await lstat(file).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    throw new AppError(
      'not-found',
      `cannot read the store "${file}": there is none; where an earlier version kept files, start the controller once: it takes them over`,
    );
  }
  // Reading it makes its log, too.
  await requireOwner(stateDirectory);
  const lock = await lockFolder(stateDirectory);
  const store = openFile(stateDirectory);
  try {
    return await contentOf(store);
  } finally {
    await store.close();
    await lock.release();
  }
}

function readEtcd(settings: EtcdStoreSettings, cluster: string): Promise<FoundContent> {
  return withLead(settings, cluster, contentOf);
}

async function contentOf(store: Store): Promise<FoundContent> {
  const identity = await store.get(identityName);
  if (identity === undefined) {
    throw new AppError('not-found', `cannot read ${store.place}: no controller has used it`);
  }
  const snapshot = await store.snapshot();
  try {
    const records: BackupRecord[] = [];
    for await (const record of recordsOf(snapshot)) records.push(record);
    return { cluster: clusterOf(identity), records, place: store.place };
  } finally {
    await snapshot.close();
  }
}

/** Leads, so that no controller works meanwhile. @throws AppError not-ready while one leads */
async function withLead<T>(
  settings: EtcdStoreSettings,
  cluster: string,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const holder = `calico-controller store on ${hostname()} (process ${String(process.pid)})`;
  const { store, claim, leader } = leadFleet(await openEtcd(settings, cluster), { holder });
  try {
    await claim().catch((error: unknown) => {
      throw runningElsewhere(store, leader()) ?? error;
    });
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Undefined: nobody else leads, so that something else is wrong. */
function runningElsewhere(
  { place }: Store,
  leader: LeaderNotice | undefined,
): AppError | undefined {
  if (leader === undefined) return undefined;
  return new AppError(
    'not-ready',
    `cannot use ${place}: ${leader.holder} leads; stop all controllers of the cluster first`,
    { retryable: true },
  );
}

function openFile(stateDirectory: string): Store {
  const digestOfText = (): Promise<undefined> => Promise.resolve(undefined);
  const options = { cluster: '', stateDirectory, openHost: usualHost, digestOfText };
  return openEmbedded(options, silentLogger);
}

/** The cluster that the records name. */
function identityOf(records: readonly BackupRecord[]): string | undefined {
  const { kind, key } = identityName;
  const found = records.find((one) => one.kind === kind && one.key === key);
  return found && clusterOf({ ...found, version: 0 });
}
