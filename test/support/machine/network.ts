/** What tests with real BIRDs and network namespaces need of the machine. */
import { spawnSync } from 'node:child_process';
import { lacks } from '../skips/needs.cjs';

/** Skips the test, or all tests of a suite in its `before`, where BIRD is not the one that Calico's comes from. */
export function needsBird1(context: Mocha.Context): void {
  const { error, stderr } = spawnSync('bird', ['--version'], { encoding: 'utf8' });
  if (error === undefined && stderr.includes('version 1.6.')) return;
  lacks('BIRD 1.6', 'bird');
  context.skip();
}

/** As above, where no network namespace can be made. */
export function needsNamespaces(context: Mocha.Context): void {
  const name = `calico-agent-probe-${String(process.pid)}`;
  if (spawnSync('ip', ['netns', 'add', name]).status === 0) {
    spawnSync('ip', ['netns', 'del', name]);
    return;
  }
  lacks('root, and ip netns', 'iproute2');
  context.skip();
}
