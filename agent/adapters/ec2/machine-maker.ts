import { readTextFile } from '../../../runtime/files/read-text-file.ts';

/** The maker of this machine by its firmware: `Amazon EC2`; undefined: not known. */
export async function machineMaker(
  file = '/sys/class/dmi/id/sys_vendor',
): Promise<string | undefined> {
  const text = await readTextFile(file, 4096).catch(() => undefined);
  const maker = text?.trim();
  return maker === '' ? undefined : maker;
}
