import type { ConfinedTasks } from '../../../runtime/confined/confined-tasks.ts';
import type { StoredEntries } from '../../ports/storage/stored-entries.ts';
import type { DecideTasks } from './decide-tasks.ts';

/**
 * Reading the open entry is urgent, because a pass waits for it; the history is only for clients.
 */
export function createConfinedEntries(tasks: ConfinedTasks<DecideTasks>): StoredEntries {
  return {
    entry: (file) => tasks.run('read-entry', file, { what: 'read the journal', isUrgent: true }),
    summary: (file) => tasks.run('summarize-entry', file, { what: 'read the history' }),
  };
}
