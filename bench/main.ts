/** npm run bench [-- NAME…]: all benchmarks, or those named. */
import { Argument } from 'commander';
import { runScript, script } from '../build/script.ts';
import { benchChange } from './change.ts';
import { benchControllerKills } from './controller-kills.ts';
import { benchFleetMemory } from './controller/memory.ts';
import { benchFleetOutage } from './controller/outage.ts';
import { benchFleetPush } from './controller/push.ts';
import { showTotals } from './controller/shown.ts';
import { benchFleetSoak } from './controller/soak.ts';
import { benchFleetStalled } from './controller/stalled.ts';
import { benchFleetStorm } from './controller/storm.ts';
import { benchDaemon } from './daemon.ts';
import { benchEc2 } from './ec2/ec2.ts';
import { benchEtcd } from './etcd.ts';
import { benchFleet } from './fleet.ts';
import { benchFuzz } from './fuzz.ts';
import { benchHook } from './hook.ts';
import { benchKills } from './kills.ts';
import { benchKubernetes } from './kubernetes.ts';
import { describeMachine } from './measure.ts';
import { benchMetalLb } from './metallb.ts';
import { benchObserve } from './observe.ts';
import { benchPackage } from './package.ts';
import { benchReading } from './reading.ts';
import { benchReconcile } from './reconcile.ts';
import { benchSoak } from './soak.ts';

const benchmarks = new Map<string, () => void | Promise<void>>([
  ['fleet', benchFleet],
  ['fleet-push', benchFleetPush],
  ['fleet-memory', benchFleetMemory],
  ['fleet-storm', benchFleetStorm],
  ['fleet-outage', benchFleetOutage],
  ['fleet-stalled', benchFleetStalled],
  ['fleet-soak', benchFleetSoak],
  ['daemon', benchDaemon],
  ['ec2', benchEc2],
  ['kubernetes', benchKubernetes],
  ['etcd', benchEtcd],
  ['reconcile', benchReconcile],
  ['change', benchChange],
  ['reading', benchReading],
  ['metallb', benchMetalLb],
  ['observe', benchObserve],
  ['hook', benchHook],
  ['package', benchPackage],
  ['fuzz', benchFuzz],
  ['kills', benchKills],
  ['controller-kills', benchControllerKills],
  ['soak', benchSoak],
]);

await runScript(
  script('npm run bench', 'Measures; each benchmark prints the ratio to its peer.')
    .addArgument(new Argument('[names...]', 'which; default: all').choices([...benchmarks.keys()]))
    .option('--full', 'the fleet benchmarks with the numbers of their goals, which takes an hour')
    .action(runBenchmarks),
);

async function runBenchmarks(
  names: readonly string[],
  { full = false }: { readonly full?: boolean },
): Promise<void> {
  console.log(describeMachine());
  if (full) process.env['FLEET_FULL'] = '1';
  for (const [name, run] of benchmarks) {
    if (names.length === 0 || names.includes(name)) await run();
  }
  showTotals();
}
