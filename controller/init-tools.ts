/** The work of `calico-controller init`, which needs no running controller. */
import { lstat, mkdir, stat } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import path from 'node:path';
import { AppError, systemCodeOf } from '../runtime/errors.ts';
import { lockFolder } from '../runtime/files/process-lock.ts';
import { silentLogger } from '../runtime/log/logger.ts';
import { storeFileName } from './adapters/embedded-store/embedded-store.ts';
import { earlierFiles, earlierFilesIn } from './adapters/earlier-files/earlier-files.ts';
import { makeAuthority } from './adapters/authority/make-authority.ts';
import { createEnrolmentTokens, type NewToken } from './app/enrolment/tokens.ts';
import { identityName } from './app/store/fleet-keys.ts';
import { createFleetStore, type FleetStoreDeps } from './app/store/fleet-store.ts';
import { createKnownStore } from './app/store/known-store.ts';
import { leadFleet } from './app/store/lead-fleet.ts';
import type { InitTools } from './cli/command-context.ts';
import type { EtcdStoreSettings } from './settings.ts';
import { openEmbedded, openEtcd, storeNoteOf, usualHost } from './stores.ts';

/** As `--cluster` of serve has it. */
const usualCluster = 'default';

const noDigest = (): Promise<undefined> => Promise.resolve(undefined);

/** The names of this machine under which agents may reach the controller. */
export const ownNames: InitTools['ownNames'] = () => {
  const addresses = Object.values(networkInterfaces())
    .flatMap((those) => those ?? [])
    .filter(({ internal, address }) => !internal && !/^fe80:/i.test(address))
    .map(({ address }) => address);
  return [hostname().toLowerCase(), ...new Set(addresses)];
};

/** Looks for the state of a controller of one cluster. @throws AppError */
export const stateIn: InitTools['stateIn'] = async (stateDirectory, etcd) => {
  // A controller with its store in etcd keeps its audit log here; of several, each has its own.
  for (const name of [storeFileName, 'audit']) {
    const file = path.join(stateDirectory, name);
    if (await isThere(file)) return `"${file}"`;
  }
  const [earlier] = await earlierFilesIn(stateDirectory);
  if (earlier !== undefined) return `"${path.join(stateDirectory, earlier)}"`;
  return etcd === undefined ? undefined : stateInEtcd(etcd);
};

/** The store of a controller of one cluster with the usual name, or with the prefix of the settings. */
async function stateInEtcd(etcd: EtcdStoreSettings): Promise<string | undefined> {
  const store = await openEtcd(etcd, usualCluster);
  try {
    const identity = await store.get(identityName);
    return identity === undefined ? undefined : store.place;
  } finally {
    await store.close();
  }
}

/**
 * Makes the authority. Root works as the owner of the state directory, whose controller has to read
 * the files. @throws AppError
 */
export const initAuthority: InitTools['initAuthority'] = ({ stateDirectory, ...wanted }) =>
  asOwner(stateDirectory, async () => {
    await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(await folderFor(wanted.folder));
    try {
      return await makeAuthority({ ...wanted, now: Date.now() });
    } finally {
      await lock.release();
    }
  });

/**
 * Makes the first token in the store.
 * @throws AppError already-running, not-ready: a controller uses the store, and can make one
 */
export const firstToken: InitTools['firstToken'] = (place, wanted) =>
  asOwner(place.stateDirectory, () => makeToken(place, wanted));

async function makeToken(
  { stateDirectory, etcd, cluster }: Parameters<InitTools['firstToken']>[0],
  wanted: Parameters<InitTools['firstToken']>[1],
): Promise<NewToken> {
  if (etcd !== undefined) {
    const holder = `calico-controller init on ${hostname()} (process ${String(process.pid)})`;
    const { store, claim } = leadFleet(await openEtcd(etcd, cluster), { holder });
    const note = storeNoteOf(stateDirectory);
    const { mayBeginEmpty } = createKnownStore({ store, cluster, note, logger: silentLogger });
    // The controller writes the note, as its own user.
    const known = { mayBeginEmpty, remember: () => Promise.resolve() };
    return withStore({ store, cluster, known }, wanted, claim);
  }
  const lock = await lockFolder(stateDirectory);
  try {
    await refuseEarlierFiles(stateDirectory, cluster);
    const options = { cluster, stateDirectory, openHost: usualHost, digestOfText: noDigest };
    const store = openEmbedded(options, silentLogger);
    return await withStore({ store, cluster }, wanted, () => Promise.resolve());
  } finally {
    await lock.release();
  }
}

async function withStore(
  opened: Pick<FleetStoreDeps, 'store' | 'cluster' | 'known'>,
  wanted: Parameters<InitTools['firstToken']>[1],
  claim: () => Promise<void>,
): Promise<NewToken> {
  const { store, cluster } = opened;
  try {
    await claim();
    // Writes down the cluster of a new store, and refuses that of another one.
    const fleet = { ...opened, logger: silentLogger, digestOfText: noDigest };
    const { lastNumber, nodes, unreadable = [] } = await createFleetStore(fleet).load();
    const tokens = createEnrolmentTokens({ store, cluster, now: Date.now });
    if (wanted.inUse === 'refuse') {
      const listed = await tokens.list();
      const found = [nodes, unreadable, listed.tokens, listed.unreadable];
      if (lastNumber > 0 || found.some(({ length }) => length > 0)) {
        throw new AppError('usage', `cannot make a first token: ${store.place} is in use`);
      }
    }
    return await tokens.create(wanted);
  } finally {
    await store.close();
  }
}

/** The controller takes the files of an earlier version over; this command cannot check them. */
async function refuseEarlierFiles(stateDirectory: string, cluster: string): Promise<void> {
  if (await isThere(path.join(stateDirectory, storeFileName))) return;
  const options = { cluster, logger: silentLogger, digestOfText: noDigest };
  if ((await earlierFiles(stateDirectory, options).read()) === undefined) return;
  throw new AppError(
    'not-ready',
    'the controller has to take over the files of an earlier version, when it starts next',
  );
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

async function folderFor(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Files that root makes would be closed to the controller's user. */
async function asOwner<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const user = process.geteuid?.();
  // The folder of a further cluster will be below that of the controller.
  const owner = user === 0 ? await nearestOwner(folder) : await ownerOf(folder);
  if (owner === undefined || user === undefined || owner.uid === user) return work();
  if (user !== 0) {
    throw new AppError(
      'access-denied',
      `cannot use the state directory "${folder}": it belongs to another user; run the same command as root, or as its owner: sudo -u '#${String(owner.uid)}' calico-controller init …`,
    );
  }
  process.setegid?.(owner.gid);
  process.seteuid?.(owner.uid);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

/** The owner of the folder, or of the nearest one above it that is there. */
async function nearestOwner(folder: string): Promise<Awaited<ReturnType<typeof ownerOf>>> {
  const owner = await ownerOf(folder);
  const above = path.dirname(path.resolve(folder));
  return owner !== undefined || above === path.resolve(folder) ? owner : nearestOwner(above);
}

/** Undefined: there is no folder. */
async function ownerOf(
  folder: string,
): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  try {
    return await stat(folder);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
