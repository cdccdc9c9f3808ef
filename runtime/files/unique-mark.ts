/**
 * For the name of a file that nobody else makes: unique among the processes of this machine, by the
 * time since its start. Not a secret; node:crypto would take 1 MB for it.
 */
export function uniqueMark(): string {
  return `${String(process.pid)}-${process.hrtime.bigint().toString(36)}`;
}
