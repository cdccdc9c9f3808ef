/**
 * npm run bench [-- NAME…]: all benchmarks, or those named. What they measure is in folders: the process
 * of the agent, its changes, its datastores, what decides, the controller, and both under faults.
 */
import { Argument } from 'commander';
import { runScript, script } from '../build/script.ts';
import { benchChange } from './changes/change.ts';
import { benchControllerKills } from './faults/controller-kills.ts';
import { benchFleetMemory } from './controller/memory.ts';
import { benchFleetOutage } from './controller/outage.ts';
import { benchFleetPush } from './controller/push.ts';
import { showTotals } from './controller/shown.ts';
import { benchFleetSoak } from './controller/soak.ts';
import { benchFleetStalled } from './controller/stalled.ts';
import { benchFleetStorm } from './controller/storm.ts';
import { benchDaemon } from './agent/daemon.ts';
import { benchEc2 } from './deciding/ec2.ts';
import { benchEtcd } from './datastores/etcd.ts';
import { benchFleet } from './deciding/fleet.ts';
import { benchFuzz } from './faults/fuzz.ts';
import { benchHook } from './agent/hook.ts';
import { benchKills } from './faults/kills.ts';
import { benchKubernetes } from './datastores/kubernetes.ts';
import { describeMachine } from './measure.ts';
import { benchMetalLb } from './deciding/metallb.ts';
import { benchObserve } from './agent/observe.ts';
import { benchPackage } from './agent/package.ts';
import { benchReading } from './datastores/reading.ts';
import { benchReconcile } from './changes/reconcile.ts';
import { benchSoak } from './agent/soak.ts';

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
