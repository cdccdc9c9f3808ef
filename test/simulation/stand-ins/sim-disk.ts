/**
 * The disk of a simulated machine, with what its agent keeps. Files are replaced whole, as the
 * product does it: a write that is under way when the process dies has happened, or has not.
 */
import type { Journal } from '../../../agent/ports/storage/journal.ts';
import type { RevisionStore } from '../../../agent/ports/storage/revision-store.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { StoredAgentState } from '../../../schemas/generated/agent-state.ts';
import type { JournalSummary } from '../../../schemas/generated/journal-summary.ts';
import type { SimProcess } from '../world/sim-process.ts';

/**
 * full: writes fail. failing: reads and writes fail. flaky: some writes fail. lying: writes fail that have happened, as where
 * the folder cannot be synced.
 */
export type DiskFault = 'full' | 'failing' | 'flaky' | 'lying';

/** The product keeps more; it is enough that old ones go away. */
const keptRevisions = 10;

export class SimDisk {
  fault: DiskFault | undefined;
  state: StoredAgentState | undefined;
  readonly revisions = new Map<string, Revision>();
  readonly history: JournalSummary[] = [];
  /** Called when a state is on disk. */
  stateWritten: (state: StoredAgentState) => void = () => undefined;
  #isDamaged = false;

  /** The next reading finds a file that is no JSON. */
  damageState(): void {
    this.#isDamaged = true;
  }

  damageRevision(ref: RevisionRef): void {
    this.revisions.delete(nameOf(ref));
  }

  storeOf(process: SimProcess): RevisionStore {
    const read = <T>(work: () => T): Promise<T> => this.#read(process, work);
    const write = (work: () => void): Promise<void> => this.#write(process, work);
    return {
      save: (revision) => write(() => void this.revisions.set(nameOf(revision), revision)),
      load: (ref) => read(() => this.revisions.get(nameOf(ref))),
      holds: (ref) => read(() => this.revisions.has(nameOf(ref))),
      list: () =>
        read(() =>
          [...this.revisions.values()]
            .reverse()
            .map(({ text: _text, formatVersion: _version, ...rest }) => rest),
        ),
      prune: (keep) => write(() => this.#prune(new Set(keep.map(nameOf)))),
      loadState: (damaged) =>
        read(() => {
          if (!this.#isDamaged) return this.state;
          this.#isDamaged = false;
          this.state = undefined;
          damaged?.('state.json.damaged');
          return undefined;
        }),
      saveState: (state) =>
        write(() => {
          this.state = structuredClone(state);
          this.stateWritten(state);
        }),
    };
  }

  /** Only the history: what a running change has done is not simulated. */
  journalOf(process: SimProcess): Journal {
    const none = (): Promise<never> => Promise.reject(new Error('this is not simulated'));
    return {
      open: () => Promise.resolve(undefined),
      nextId: none,
      write: none,
      progress: none,
      end: none,
      summaries: none,
      readableHistory: () =>
        this.#read(process, () => ({ summaries: this.history.toReversed(), unread: [] })),
    };
  }

  /** Writes down the end of a change. */
  note(process: SimProcess, summary: Omit<JournalSummary, 'id'>): Promise<void> {
    return this.#write(
      process,
      () => void this.history.push({ id: this.history.length, ...summary }),
    );
  }

  #prune(keep: ReadonlySet<string>): void {
    for (const name of [...this.revisions.keys()].slice(0, -keptRevisions)) {
      if (!keep.has(name)) this.revisions.delete(name);
    }
  }

  async #read<T>(process: SimProcess, work: () => T): Promise<T> {
    await process.sleep(this.#workMs(process));
    if (this.fault === 'failing') throw failed('read');
    return work();
  }

  #write(process: SimProcess, work: () => void): Promise<void> {
    const { world } = process;
    return new Promise((resolve, reject) => {
      world.after(this.#workMs(process), () => {
        if (process.isDead && world.chance(0.5)) return;
        const { fault } = this;
        const isFlaw = fault === 'flaky' && world.chance(0.5);
        if (fault === 'full' || fault === 'failing' || isFlaw) {
          return void process.after(0, () => reject(fault === 'full' ? full() : failed('write')));
        }
        work();
        const isLie = this.fault === 'lying';
        process.after(this.#workMs(process), () => (isLie ? reject(failed('sync')) : resolve()));
      });
    });
  }

  #workMs({ world }: SimProcess): number {
    return world.chance(0.02) ? world.between(1, 2000) : world.between(1, 10);
  }
}

function nameOf({ lineage, number, digest }: RevisionRef): string {
  return `${lineage} ${String(number)} ${digest}`;
}

function full(): AppError {
  return new AppError('disk-full', 'cannot write the state: no space left', { retryable: true });
}

function failed(what: string): AppError {
  return new AppError('io-failed', `cannot ${what} the state: input/output error`, {
    retryable: true,
  });
}
