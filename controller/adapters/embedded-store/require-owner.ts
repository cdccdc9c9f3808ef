/** Refuses to work in the state directory of another user. */
import { stat } from 'node:fs/promises';
import { AppError, fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';

/**
 * The files of the store are open to their owner only: a controller could not use those that another
 * user makes, such as root. A folder that is not there is no fault.
 * @throws AppError access-denied
 */
export async function requireOwner(folder: string): Promise<void> {
  const owner = await ownerOf(folder);
  const user = process.geteuid?.();
  if (owner === undefined || user === undefined || owner === user) return;
  throw new AppError(
    'access-denied',
    `cannot use the state directory "${folder}": it belongs to the user with the ID ${String(owner)}, ` +
      `whose controller could not use the files that the user with the ID ${String(user)} makes; ` +
      `run the same command as its owner: sudo -u '#${String(owner)}' calico-controller store …`,
  );
}

/** Undefined: there is no folder. */
async function ownerOf(folder: string): Promise<number | undefined> {
  try {
    return (await stat(folder)).uid;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw fromSystemError(`cannot use the state directory "${folder}"`, error);
  }
}
