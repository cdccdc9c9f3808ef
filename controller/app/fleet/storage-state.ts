/** Whether the stored state is known yet, and its faults. */
import { AppError } from '../../../runtime/errors.ts';
import type { StoredFleetState } from '../store/fleet-store.ts';
import type { Fleet, FleetRole } from './fleet.ts';

export interface StorageState extends Pick<Fleet, 'requireKnown' | 'unknownBecause' | 'role'> {
  readonly isKnown: () => boolean;
  readonly restore: (stored: StoredFleetState) => void;
  /** @param unreadable names of nodes whose stored records cannot be read */
  readonly problem: (hasRevision: boolean, unreadable: readonly string[]) => string | undefined;
  /** The nodes of which the stored record could not be read, and that were not forgotten since. */
  readonly unreadable: () => readonly string[];
  readonly forgetUnreadable: (name: string) => void;
}

/** The most names in one text. */
const mostNamed = 10;

export function createStorageState(): StorageState {
  let stored: StoredFleetState | undefined;
  let unknown = 'the stored state has not been read yet';
  let roleUntilKnown: FleetRole | undefined;
  const unreadable = new Set<string>();
  return {
    isKnown: () => stored !== undefined,
    restore: (found) => {
      stored = found;
      for (const { name } of found.unreadable ?? []) unreadable.add(name);
    },
    unknownBecause: (reason, role) => {
      unknown = reason;
      roleUntilKnown = role;
    },
    role: () => (stored === undefined ? roleUntilKnown : 'leader'),
    requireKnown: (what) => {
      if (stored !== undefined) return;
      throw new AppError('not-ready', `cannot ${what}: ${unknown}`, { retryable: true });
    },
    problem: (hasRevision, names) => {
      // One that stands by waits for nothing but the end of the leader, which has the agents meanwhile.
      if (stored === undefined && roleUntilKnown === 'standby') return unknown;
      if (stored === undefined) return `${unknown}; ${meanwhile}`;
      const problems = [
        hasRevision ? undefined : stored.problem,
        names.length === 0 ? undefined : unreadableText(names),
      ].filter((one) => one !== undefined);
      return problems.length === 0 ? undefined : problems.join('; ');
    },
    unreadable: () => [...unreadable],
    forgetUnreadable: (name) => void unreadable.delete(name),
  };
}

const meanwhile = 'agents keep their configuration; the controller tries again';

function unreadableText(names: readonly string[]): string {
  const more = names.length > mostNamed ? ', …' : '';
  const shown = names.slice(0, mostNamed).join(', ');
  return (
    `cannot read the stored facts of ${String(names.length)} nodes, which no push is checked against: ` +
    `${shown}${more}; they are known again when their agents connect; forget those that will not come back`
  );
}
