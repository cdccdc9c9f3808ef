/** What a server measures of one push: from the first frame that it sends to the last acknowledgement. */
import { readFileSync } from 'node:fs';

export interface Measured {
  /** Times in ms since 1970. */
  readonly firstSentMs: number;
  readonly lastAckMs: number;
  /** CPU time of the process from the call until the last acknowledgement, in ms. */
  readonly cpuMs: number;
  /** CPU time of its main thread from the first frame until the last acknowledgement, in ms. */
  readonly mainCpuMs: number;
}

export interface Meter {
  /** Called before the push; counts from now on. */
  readonly begin: (acks: number) => void;
  readonly sent: () => void;
  readonly acked: () => void;
  /** Resolves after the last acknowledgement. */
  readonly done: () => Promise<Measured>;
}

export function createMeter(): Meter {
  let left = Infinity;
  let firstSentMs = 0;
  let before = process.cpuUsage();
  let mainBeforeMs = 0;
  let finish: (measured: Measured) => void = () => undefined;
  let finished = new Promise<Measured>(() => undefined);
  return {
    begin: (acks) => {
      left = acks;
      firstSentMs = 0;
      before = process.cpuUsage();
      finished = new Promise((resolve) => {
        finish = resolve;
      });
    },
    sent: () => {
      if (firstSentMs !== 0) return;
      firstSentMs = sinceEpochMs();
      mainBeforeMs = mainCpuMs();
    },
    acked: () => {
      left -= 1;
      if (left !== 0) return;
      const { user, system } = process.cpuUsage(before);
      const cpuMs = (user + system) / 1000;
      const mainMs = mainCpuMs() - mainBeforeMs;
      finish({ firstSentMs, lastAckMs: sinceEpochMs(), cpuMs, mainCpuMs: mainMs });
    },
    done: () => finished,
  };
}

/** With parts of a ms, and comparable between the processes of a machine. */
export function sinceEpochMs(): number {
  return performance.timeOrigin + performance.now();
}

/** CPU time of this process's main thread, in ms. */
export function mainCpuMs(): number {
  const id = String(process.pid);
  const [ran = '0'] = readFileSync(`/proc/${id}/task/${id}/schedstat`, 'latin1').split(' ');
  return Number(ran) / 1e6;
}

export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly heapTotal: number;
  readonly external: number;
}

/** After garbage collections, in bytes. */
export async function settledMemory(): Promise<Memory> {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  return { rss, heapUsed, heapTotal, external };
}
