/** The needs of tests with real BIRDs and network namespaces. */
import { spawnSync } from 'node:child_process';
import { lacks } from '../skips/needs.cjs';

/**
 * Skips the test, or all tests of a suite in its `before`, when BIRD is not the one from which
 * Calico's comes.
 */
export function needsBird1(context: Mocha.Context): void {
  const { error, stderr } = spawnSync('bird', ['--version'], { encoding: 'utf8' });
  if (error === undefined && stderr.includes('version 1.6.')) return;
  lacks('BIRD 1.6', 'bird');
  context.skip();
}

/** The same when no network namespace can be made. */
export function needsNamespaces(context: Mocha.Context): void {
  const name = `calico-agent-probe-${String(process.pid)}`;
  if (spawnSync('ip', ['netns', 'add', name]).status === 0) {
    spawnSync('ip', ['netns', 'del', name]);
    return;
  }
  lacks('root, and ip netns', 'iproute2');
  context.skip();
}
