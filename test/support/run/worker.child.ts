/** Runs one test file after the other, each with a mocha of its own, as its parent asks. */
import { readFile } from 'node:fs/promises';
import { format } from 'node:util';
import Mocha from 'mocha';
import { leaveAtOnceWhenDone } from '../../../runtime/process/leave-at-once.ts';
import { noted } from '../skips/needs.cjs';
import { observeSkips } from '../skips/skips.cjs';
import type { FileReport, Order, WorkerOptions } from './messages.ts';

const { Base, Spec } = Mocha.reporters;
const options: WorkerOptions = JSON.parse(process.argv[2] ?? '{}');
const settings: { readonly timeout: number } = JSON.parse(await readFile('.mocharc.json', 'utf8'));

let printed = '';
Base.useColors = options.color;
Base.consoleLog = (...values: readonly unknown[]) => {
  printed += `${format(...values)}\n`;
};

function takePrinted(): string {
  const text = printed;
  printed = '';
  return text;
}

let running: Mocha.Runner | undefined;

async function run(file: string): Promise<FileReport> {
  let skips: ReturnType<typeof observeSkips> = { titles: [], unexplained: [] };
  let text = '';
  const failed: Mocha.Test[] = [];
  class Collector extends Spec {
    constructor(runner: Mocha.Runner, mochaOptions: Mocha.MochaOptions) {
      super(runner, mochaOptions);
      skips = observeSkips(runner);
    }
    override epilogue(): void {
      text = takePrinted();
      failed.push(...this.failures);
    }
  }
  const { color, ...selection } = options;
  const mocha = new Mocha({
    ...selection,
    color,
    timeout: settings.timeout,
    forbidOnly: true,
    reporter: Collector,
  });
  mocha.addFile(file);
  await mocha.loadFilesAsync();
  const stats = await new Promise<Mocha.Stats | undefined>((resolve) => {
    running = mocha.run(() => resolve(running?.stats));
  });
  running = undefined;
  // Removes its listeners from this process.
  mocha.dispose();
  if (failed.length > 0) Base.list(failed);
  return {
    passed: stats?.passes ?? 0,
    failed: stats?.failures ?? 0,
    skipped: skips.titles,
    unexplained: skips.unexplained,
    needs: noted(),
    residentMb: residentMb(),
    text,
    failures: takePrinted(),
  };
}

async function obey(order: Order): Promise<void> {
  if (order === 'abort') {
    running?.abort();
    return;
  }
  const report = await run(order.run).catch((error: unknown): FileReport => {
    const failures = `  ${order.run} cannot be loaded:\n${format(error)}\n`;
    return { ...nothing, failed: 1, failures, text: takePrinted() };
  });
  process.send?.(report);
}

const nothing = { passed: 0, failed: 0, skipped: [], unexplained: [], needs: [], residentMb: 0 };

function residentMb(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}

// Tests may leave something open, which must not keep this process alive.
leaveAtOnceWhenDone();
// Ctrl-C at a terminal reaches every process; the parent decides what happens.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => void obey(order));
