/**
 * Memory for a daemon that mostly waits. What runs once per configuration is not worth optimizing:
 * V8's optimizing compilers bring about 5 MB of their own code into memory, and a young generation
 * that has grown 2 MB more (bench/daemon.ts). So they rest while a configuration is worked on, and
 * work for what is asked again and again.
 *
 * Node warns of flags that change while it runs. V8 looks at these each time that it decides to
 * compile a function or to grow the young generation, and for nothing else
 * (v8/src/codegen/compiler.cc, src/baseline/baseline.cc, src/heap/new-spaces.cc).
 */
import { setFlagsFromString } from 'node:v8';

/** Once, at the start of the process. */
export function startFrugally(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  restCompilers();
}

/** Works without the optimizing compilers, and lets them work afterwards. */
export async function frugally<T>(work: () => Promise<T>): Promise<T> {
  restCompilers();
  try {
    return await work();
  } finally {
    setFlagsFromString('--opt');
    setFlagsFromString('--sparkplug');
  }
}

function restCompilers(): void {
  setFlagsFromString('--no-opt');
  setFlagsFromString('--no-sparkplug');
}
