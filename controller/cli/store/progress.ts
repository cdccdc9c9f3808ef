/** The progress of long copies, on stderr. */
import { write } from '../../../runtime/cli/print.ts';

const everyMs = 1000;

/**
 * Reports at most once a second, and the end where anything was reported, so that a short copy has no such lines.
 * @param what `records are read`
 */
export function reportCounts(
  stderr: NodeJS.WritableStream,
  what: string,
): (done: number, all?: number) => void {
  let reportedAt = performance.now();
  let hasShown = false;
  return (done, all) => {
    // A progress that was shown does not end below the whole.
    const isEnd = hasShown && done === all;
    if (performance.now() - reportedAt < everyMs && !isEnd) return;
    hasShown = !isEnd;
    reportedAt = performance.now();
    const text = `${String(done)}${all === undefined ? '' : ` of ${String(all)}`} ${what}`;
    // A progress that cannot be shown does not end the copy.
    write(stderr, `${text}\n`).catch(() => undefined);
  };
}

export function countText(count: number): string {
  return count === 1 ? '1 record' : `${String(count)} records`;
}
