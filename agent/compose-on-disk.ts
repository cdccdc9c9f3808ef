/** Lets commands use the state directory while the daemon does not run. */
import { findRevision } from '../core/revision/find-revision.ts';
import { stat } from 'node:fs/promises';
import { AppError, systemCodeOf } from '../runtime/errors.ts';
import { createStateLock } from '../runtime/files/state-lock.ts';
import { silentLogger } from '../runtime/log/logger.ts';
import { createJournalFiles } from './adapters/state-directory/journal-files.ts';
import { createRevisionFiles } from './adapters/state-directory/revision-files.ts';
import { stateFolders } from './adapters/state-directory/state-folders.ts';
import { systemClock } from './adapters/system-clock/system-clock.ts';
import { rollBack } from './app/confirm/roll-back.ts';
import { rollbackTarget, type Rollback } from './app/confirm/rollback-target.ts';
import type { RollbackRequest } from './app/operations/confirm.ts';
import { createProven } from './app/state/found-in-force.ts';
import { createRecords } from './app/state/records.ts';
import { readSettings } from './settings.ts';
import { summarizeRevisions, type KeptRevision } from './app/state/history.ts';

const usualStateDirectory = '/var/lib/calico-agent';

/** @param given absent: the one of agent.yaml, or the usual one @throws AppError not-found */
export async function findStateDirectory(given: string | undefined): Promise<string> {
  const settings =
    given === undefined ? await readSettings(undefined).catch(() => undefined) : undefined;
  const directory = given ?? settings?.stateDirectory ?? usualStateDirectory;
  if (await isFolder(directory)) return directory;
  throw new AppError(
    'not-found',
    `cannot use the state directory "${directory}": there is no such folder; name it with --state-directory`,
  );
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    (error: unknown) => systemCodeOf(error) === 'EACCES',
  );
}

/** @throws AppError not-found, corrupt-file */
export async function readRevision(stateDirectory: string, name: string): Promise<KeptRevision> {
  const store = createRevisionFiles(stateDirectory, silentLogger);
  const journal = createJournalFiles(stateDirectory, silentLogger);
  const { revisions } = await summarizeRevisions(store, journal, await store.loadState());
  const found = findRevision(name, revisions);
  if (!found.ok) throw cannotShow('not-found', name, found.why);
  const revision = await store.load(found.revision);
  if (revision === undefined) {
    throw cannotShow('corrupt-file', name, 'its stored text is damaged or missing');
  }
  return { revision, summary: found.revision };
}

function cannotShow(code: 'not-found' | 'corrupt-file', name: string, why: string): AppError {
  return new AppError(code, `cannot show the revision "${name}": ${why}`);
}

/** Makes the next start of the daemon roll back. @throws AppError already-running while one runs */
export async function rollBackOnDisk(
  stateDirectory: string,
  { by, revision }: RollbackRequest,
): Promise<Rollback> {
  const lock = await createStateLock({
    stateDirectory,
    writtenFolders: stateFolders(stateDirectory),
    logger: silentLogger,
  });
  try {
    const store = createRevisionFiles(stateDirectory, silentLogger);
    const journal = createJournalFiles(stateDirectory, silentLogger);
    const records = createRecords({ store, journal, clock: systemClock, claim: lock.claim });
    await records.state.load();
    const rollback = await rollbackTarget(records.state.current(), store, revision);
    const report = {
      emit: () => undefined,
      show: () => undefined,
      logger: silentLogger,
      proven: createProven(),
    };
    const listeners = { moved: () => undefined };
    await rollBack(
      { records, report, listeners, clock: systemClock },
      { revision: rollback.from, target: rollback.to, why: `${by} asked for it`, overrules: true },
    );
    return rollback;
  } finally {
    await lock.release();
  }
}
