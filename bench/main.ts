/** npm run bench [-- NAME…]: all benchmarks, or those named. */
import { benchDaemon } from './daemon.ts';
import { benchEtcd } from './etcd.ts';
import { benchFleet } from './fleet.ts';
import { benchHook } from './hook.ts';
import { benchKubernetes } from './kubernetes.ts';
import { describeMachine } from './measure.ts';
import { benchPackage } from './package.ts';
import { benchReconcile } from './reconcile.ts';
import { benchSoak } from './soak.ts';

const benchmarks = new Map<string, () => void | Promise<void>>([
  ['fleet', benchFleet],
  ['daemon', benchDaemon],
  ['kubernetes', benchKubernetes],
  ['etcd', benchEtcd],
  ['reconcile', benchReconcile],
  ['hook', benchHook],
  ['package', benchPackage],
  ['soak', benchSoak],
]);

const names = process.argv.slice(2);
const unknown = names.filter((name) => !benchmarks.has(name));
if (unknown.length > 0) {
  console.error(
    `no benchmark "${unknown.join('", "')}"; there are: ${[...benchmarks.keys()].join(', ')}`,
  );
  process.exitCode = 2;
} else {
  console.log(describeMachine());
  for (const [name, run] of benchmarks) {
    if (names.length === 0 || names.includes(name)) await run();
  }
}
