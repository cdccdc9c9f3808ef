/** The nodes that an earlier version kept in `fleet.json`. */
import { readJsonFile } from '../../../runtime/files/read-json-file.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { StoredFleet } from '../../../schemas/generated/controller-state.ts';
import { isControllerState } from '../../../schemas/generated/controller-state.validator.js';

const maxFleetBytes = 256 * 1024 * 1024;

/** Undefined: there is none, or it was damaged. @throws AppError newer-format */
export function readNodesFile(
  file: string,
  logger: Pick<Logger, 'warn'>,
): Promise<StoredFleet | undefined> {
  return readJsonFile(file, {
    maxBytes: maxFleetBytes,
    formatVersion: 1,
    isValid: isControllerState,
    logger,
  });
}
