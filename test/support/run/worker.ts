/** A process that runs test files, one after the other. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FileReport, Order, WorkerOptions } from './messages.ts';

export interface Worker {
  /** @returns the output beside mocha's, and its report; one failure when the process ended */
  run(file: string): Promise<{ readonly report: FileReport; readonly besides: string }>;
  /** Lets the tests that run end early, with their clean-up. */
  abort(): void;
  /** @param signal SIGKILL: without any clean-up */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const script = fileURLToPath(new URL('worker.child.ts', import.meta.url));

/** The memory of files adds up: then the next file gets a new process. */
const retiredMb = 1024;

export function createWorker(options: WorkerOptions): Worker {
  let child: ChildProcess | undefined;
  let besides = '';
  const start = (): ChildProcess => {
    const started = fork(script, [JSON.stringify(options)], {
      execArgv: ['--import', 'tsx/esm'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [started.stdout, started.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        besides += text;
      });
    return started;
  };
  const stop: Worker['stop'] = async (signal) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    if (signal === undefined) child.disconnect();
    else child.kill(signal);
    await ended;
  };
  const tell = (order: Order): void => void child?.send(order);
  return {
    run: async (file) => {
      child ??= start();
      const report = nextReport(child, file);
      tell({ run: file });
      const outcome = await report;
      if (outcome.residentMb > retiredMb) await stop();
      if (child.exitCode !== null || child.signalCode !== null) child = undefined;
      const printed = besides;
      besides = '';
      return { report: outcome, besides: printed };
    },
    abort: () => tell('abort'),
    stop,
  };
}

/** A test may end its process: that is a failure of the file. */
function nextReport(child: ChildProcess, file: string): Promise<FileReport> {
  return new Promise((resolve) => {
    const onExit = (status: number | null, signal: NodeJS.Signals | null): void => {
      child.off('message', onMessage);
      const failures = `  ${file}: its process ended with ${String(signal ?? status)}\n`;
      const nothing = {
        passed: 0,
        skipped: [],
        unexplained: [],
        needs: [],
        text: '',
        residentMb: 0,
      };
      resolve({ ...nothing, failed: 1, failures });
    };
    const onMessage = (report: FileReport): void => {
      child.off('exit', onExit);
      resolve(report);
    };
    child.once('exit', onExit);
    child.once('message', onMessage);
  });
}
