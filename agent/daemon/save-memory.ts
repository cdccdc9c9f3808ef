/**
 * Settings of V8 for a daemon that mostly waits. The unit does not give them to node, because V8 refuses
 * the compiled code that node's binary has of node's own modules when a flag differs from the binary's
 * (docs/decisions/0005).
 */
import { setFlagsFromString } from 'node:v8';

/** Those that the daemon needs at its start, with what they load themselves. */
const modules = ['child_process', 'crypto', 'fs/promises', 'http', 'timers/promises', 'url', 'vm'];

const flags = [
  // Its two compilers take 4 to 11 MB.
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  // The young generation keeps its first size.
  '--semi-space-growth-factor=1',
];

/** Call it before much code has run. Node's modules that are loaded later are compiled anew. */
export function saveMemory(): void {
  for (const name of modules) process.getBuiltinModule(name);
  for (const flag of flags) setFlagsFromString(flag);
}
