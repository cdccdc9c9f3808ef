/** Runs test files in several processes at the same time, and prints each file's output in one piece. */
import type { Need } from '../skips/needs.cjs';
import { summary } from '../skips/needs.cjs';
import { inOrder, nextToRun, type TestFile } from './files.ts';
import type { FileReport } from './messages.ts';
import type { Worker } from './worker.ts';

export interface Run {
  /** Resolves when all files have run, or when those that ran at `abort` have ended. */
  readonly ended: Promise<Totals>;
  abort(): void;
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
  readonly unexplained: readonly string[];
  readonly needs: readonly Need[];
  readonly failures: readonly string[];
}

const sayAfterMs = 60_000;

/** @param print gets whole lines */
export function runFiles(
  files: readonly TestFile[],
  workers: readonly Worker[],
  print: (text: string) => void,
): Run {
  const waiting = [...inOrder(files)];
  const running = new Set<TestFile>();
  const reports: FileReport[] = [];
  const idle = [...workers];
  const { promise, resolve } = withResolver<Totals>();
  let said = performance.now();
  const say = (text: string): void => {
    said = performance.now();
    print(text);
  };
  const ticking = setInterval(() => {
    if (performance.now() - said >= sayAfterMs)
      say(`(still running: ${[...running].map(({ file }) => file).join(', ')})\n`);
  }, sayAfterMs / 4);
  const run = async (worker: Worker, test: TestFile): Promise<void> => {
    running.add(test);
    const began = performance.now();
    const { report, besides } = await worker.run(test.file);
    running.delete(test);
    reports.push(report);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    say(`\n== ${test.file} (${seconds} s)\n${report.text}${besides}${report.failures}`);
    idle.push(worker);
    giveOut();
  };
  const giveOut = (): void => {
    for (;;) {
      const next = nextToRun(waiting, [...running]);
      const worker = next === undefined ? undefined : idle.pop();
      if (next === undefined || worker === undefined) break;
      waiting.splice(waiting.indexOf(next), 1);
      void run(worker, next);
    }
    if (running.size > 0) return;
    clearInterval(ticking);
    resolve(totalsOf(reports));
  };
  giveOut();
  return {
    ended: promise,
    abort: () => {
      waiting.length = 0;
      for (const worker of workers) worker.abort();
    },
  };
}

function withResolver<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function totalsOf(reports: readonly FileReport[]): Totals {
  const sum = (count: (report: FileReport) => number): number =>
    reports.reduce((total, report) => total + count(report), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: reports.flatMap(({ skipped }) => skipped),
    unexplained: reports.flatMap(({ unexplained }) => unexplained),
    needs: [...new Map(reports.flatMap(({ needs }) => needs))],
    failures: reports.map(({ failures }) => failures).filter((text) => text !== ''),
  };
}

/**
 * The end of the run: failures in full, the skipped tests with their reasons, and the totals in one
 * line.
 */
export function describeTotals(totals: Totals): string {
  const { passed, failed, skipped, needs, failures } = totals;
  const lines = [
    ...(failures.length > 0 ? ['Failed:', ...failures] : []),
    ...(skipped.length > 0 ? ['Skipped:', ...skipped.map((title) => `  ${title}`)] : []),
    ...(skipped.length > 0 ? summary(needs) : []),
    `${String(passed)} passed, ${String(failed)} failed, ${String(skipped.length)} skipped`,
  ];
  return `\n${lines.join('\n')}\n`;
}
