/** Tasks that misbehave, for the tests of their limits. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { serveTasks, type TaskTable } from '../../../runtime/confined/serve-tasks.ts';
import type { BadTasks } from './bad-tasks.ts';

const forever = (): never => {
  for (;;) Math.random();
};

const left: Buffer[] = [];

const table: TaskTable<BadTasks> = {
  echo: (value) => value,
  pid: () => process.pid,
  spin: (_input, enter) => {
    enter('turning in circles');
    return forever();
  },
  spinAndTell: (file) => {
    writeFileSync(file, String(process.pid));
    return forever();
  },
  enlarge: (file) => {
    appendFileSync(file, 'once\n');
    return 'x'.repeat(2 ** 21);
  },
  allocate: (_input, enter) => {
    enter('filling its memory');
    const all: number[][] = [];
    for (;;) all.push(Array.from({ length: 1000 }, (_one, index) => index / 3));
  },
  leave: (mebibytes) => {
    left.push(Buffer.alloc(mebibytes * 2 ** 20, 1));
    const until = performance.now() + 500;
    while (performance.now() < until) Math.random();
    return process.pid;
  },
  forget: (input) => {
    const { file } = input;
    const held = new WeakRef(input);
    const looking = setInterval(() => {
      globalThis.gc?.();
      if (held.deref() !== undefined) return;
      clearInterval(looking);
      writeFileSync(file, 'forgotten');
    }, 10);
    return undefined;
  },
  fill: (bytes) => {
    const all: object[][] = [];
    while (getHeapStatistics().used_heap_size < bytes) {
      all.push(Array.from({ length: 2000 }, (_one, index) => ({ index: index / 3 })));
    }
    for (let times = 0; times < 8; times += 1) globalThis.gc?.();
    return all.length > 0 ? 'filled' : 'full before';
  },
  recurse: () => {
    const deeper = (depth: number): number => 1 + deeper(depth + 1);
    return deeper(0);
  },
  fail: () => {
    throw new TypeError('secret detail');
  },
  exit: () => process.exit(7),
};

await serveTasks(table, { seconds: 60 });
