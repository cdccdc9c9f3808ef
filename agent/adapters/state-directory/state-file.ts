/** The state of the agent in `state.json`. */
import path from 'node:path';
import { modernState } from '../../../core/stored/renamed-fields.ts';
import { writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { readJsonFile } from '../../../runtime/files/read-json-file.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { RevisionStore } from '../../ports/storage/revision-store.ts';
import { makeFolder } from './state-folders.ts';

/**
 * Larger than any state that the schema allows, even with escapes, so that every saved state can be
 * loaded.
 */
const maxStateBytes = 16 * 1024 * 1024;

export function createStateFile(
  directory: string,
  logger: Pick<Logger, 'warn'>,
): Pick<RevisionStore, 'loadState' | 'saveState'> {
  const stateFile = path.join(directory, 'state.json');
  return {
    loadState: async (damaged) => {
      const { isAgentState } = await import('../../../schemas/generated/agent-state.validator.js');
      return readJsonFile(stateFile, {
        maxBytes: maxStateBytes,
        formatVersion: 1,
        isValid: isAgentState,
        errorsOf: () => isAgentState.errors,
        modernize: modernState,
        logger,
        ...(damaged !== undefined && { damaged: ({ aside }) => damaged(aside) }),
      });
    },
    saveState: async (state) => {
      await makeFolder(directory);
      await writeFileAtomic(stateFile, JSON.stringify(state));
    },
  };
}
