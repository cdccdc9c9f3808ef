/** `npm test`: all tests, several files at the same time. One file alone: `npx mocha FILE`. */
import os from 'node:os';
import process from 'node:process';
import { Option } from 'commander';
import { runScript, script } from '../../../build/script.ts';
import { findTestFiles } from './files.ts';
import { describeTotals, runFiles, type Totals } from './run-files.ts';
import { createWorker, type Worker } from './worker.ts';

interface Options {
  readonly grep?: string;
  readonly fgrep?: string;
  readonly jobs: number;
}

await runScript(
  script('npm test', 'Builds the programs, and runs the tests, several files at the same time.')
    .allowExcessArguments(true)
    .argument('[places...]', 'test files, or folders with tests', ['test'])
    .option('-g, --grep <pattern>', 'only tests whose title matches this regular expression')
    .option('-f, --fgrep <text>', 'only tests whose title contains this text')
    .addOption(
      new Option('-j, --jobs <number>', 'how many files run at the same time')
        .argParser((text) => Math.max(1, Math.trunc(Number(text)) || 1))
        // One more than processors: many tests wait for a deadline, and use none meanwhile.
        .default(os.availableParallelism() + 1),
    )
    .action(runTests),
);

async function runTests(places: readonly string[], options: Options): Promise<void> {
  const { jobs, ...selection } = options;
  const files = await findTestFiles(places);
  const workers = Array.from({ length: Math.min(jobs, files.length) }, () =>
    createWorker({ ...selection, color: process.stdout.isTTY }),
  );
  const run = runFiles(files, workers, (text) => process.stdout.write(text));
  const signal = endOnSignal(workers, () => run.abort());
  const totals = await run.ended;
  await Promise.all(workers.map((worker) => worker.stop()));
  process.stdout.write(describeTotals(totals));
  const status = statusOf(totals);
  process.exitCode = signal.received() ? 130 : status;
}

/** A gate knows why each test is skipped, so one without a reason fails it. */
function statusOf({ passed, failed, skipped, unexplained }: Totals): number {
  if (process.env['CI'] === 'true' && unexplained.length > 0) {
    const titles = unexplained.join(', ');
    console.error(`skipped without a word about what this machine lacks: ${titles}`);
    return 1;
  }
  if (passed + failed + skipped.length === 0) console.error('no test matches');
  return failed > 0 ? 1 : 0;
}

/** The first one lets tests clean up; the second one, or 60 s, ends everything. */
function endOnSignal(
  workers: readonly Worker[],
  abort: () => void,
): { readonly received: () => boolean } {
  let received = false;
  const killAll = (): void => {
    for (const worker of workers) void worker.stop('SIGKILL');
    process.exit(130);
  };
  const onSignal = (): void => {
    if (received) killAll();
    received = true;
    console.error('\nending the tests that run, and cleaning up; once more ends them at once');
    abort();
    setTimeout(killAll, 60_000).unref();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return { received: () => received };
}
