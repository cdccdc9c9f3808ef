/** Profiles of a measured process, for the tools of Chrome: where its CPU time and its memory go. */
import { createWriteStream, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { pipeline } from 'node:stream/promises';
import { getHeapSnapshot } from 'node:v8';

const intervalMicros = 100;

export interface Profiler {
  /** From now on samples of the main thread are taken. */
  begin(): Promise<void>;
  /** Writes them to the file `.cpuprofile`. */
  end(file: string): Promise<void>;
  /** Writes what is in memory to the file `.heapsnapshot`. */
  heap(file: string): Promise<void>;
}

export function createProfiler(): Profiler {
  const session = new Session();
  return {
    begin: async () => {
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: intervalMicros });
      await session.post('Profiler.start');
    },
    end: async (file) => {
      const { profile } = await session.post('Profiler.stop');
      session.disconnect();
      writeFileSync(file, JSON.stringify(profile));
    },
    heap: (file) => pipeline(getHeapSnapshot(), createWriteStream(file)),
  };
}
