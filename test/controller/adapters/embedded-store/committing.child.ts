/**
 * Makes a store and changes it, and dies by SIGKILL in its n-th operation on the disk, where it
 * writes after half of it. Prints a line for each change that is on disk.
 *
 *   node --import tsx committing.child.ts FOLDER N
 */
import { writeSync } from 'node:fs';
import { interposeOnDisk } from '../../../support/machine/synchronous-disk.ts';
import { commitSome } from './commit-some.ts';

const [folder = '', dieIn = ''] = process.argv.slice(2);
const stdout = 1;
let left = Number(dieIn);
interposeOnDisk(folder, (_operation, writeHalf) => {
  left -= 1;
  if (left >= 0) return;
  writeHalf();
  process.kill(process.pid, 'SIGKILL');
});
await commitSome(folder, (number) => void writeSync(stdout, `${String(number)}\n`));
