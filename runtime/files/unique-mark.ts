/**
 * A part of a file name that is unique among the processes of this machine, made from the time
 * since its start. Not a secret; node:crypto would take 1 MB for it.
 */
export function uniqueMark(): string {
  return `${String(process.pid)}-${process.hrtime.bigint().toString(36)}`;
}
