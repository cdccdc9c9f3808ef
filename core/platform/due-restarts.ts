/** Which restarts are due after files changed: a note of its own, so that no crash forgets one. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { DueRestart } from './observed-platform.ts';

/** @param text absent: there is no file */
export function digestOfFile(text: string | undefined): string {
  return text === undefined ? 'absent' : bytesToHex(sha256(utf8ToBytes(text)));
}

export interface ChangedFile {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly restarts: readonly Pick<DueRestart, 'service' | 'why'>[];
}

/** The restarts that are due once this file is changed; none where it gets its text of before. */
export function dueAfter(
  due: readonly DueRestart[],
  { path, before, after, restarts }: ChangedFile,
): readonly DueRestart[] {
  const isBack = digestOfFile(after);
  const kept = due
    .map((one) => ({
      ...one,
      files: one.files.filter((file) => file.path !== path || file.before !== isBack),
    }))
    .filter(({ files }) => files.length > 0);
  const wasDue = (service: string): boolean =>
    due.some((one) => one.service === service && one.files.some((file) => file.path === path));
  const added = restarts.filter(({ service }) => before !== after && !wasDue(service));
  const cause = { path, before: digestOfFile(before) };
  const isAdded = (service: string): boolean => added.some((one) => one.service === service);
  const isKnown = (service: string): boolean => kept.some((one) => one.service === service);
  return [
    ...kept.map((one) => (isAdded(one.service) ? { ...one, files: [...one.files, cause] } : one)),
    ...added
      .filter(({ service }) => !isKnown(service))
      .map(({ service, why }) => ({ service, why, files: [cause] })),
  ];
}
