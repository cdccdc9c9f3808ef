/** A journey: a fabric, one change after another, and the results of the pings. */
import { spawnSync } from 'node:child_process';
import { createLimit } from '../../runtime/pacing/limit.ts';
import { needsEtcd } from '../support/servers/etcd.ts';
import { lacks } from '../support/skips/needs.cjs';
import { needsBird1, needsNamespaces } from '../support/machine/network.ts';
import { startFabric, type Fabric } from './fabric.ts';
import { removeStaleNamespaces } from './network/namespaces.ts';
import { lengthenPacketQueues } from './network/packet-queue.ts';
import type { Topology } from './network/topology.ts';

export interface Journey {
  /** The name with which it is chosen: JOURNEY=rack-as-number */
  readonly name: string;
  readonly title: string;
  readonly topology: Topology;
  /** @returns lines for the output of the test: `0 of 13500 pings lost` */
  run(fabric: Fabric): Promise<readonly string[]>;
}

/** More of them would wait for the processors instead of BIRD. */
const limit = createLimit(4);
/** The limit for the last one, which may have to wait for all others. */
const timeoutMs = 600_000;

/**
 * Declares a test for each. They mostly wait, so all of them run side by side from the first test
 * on; each test waits for its own journey.
 */
export function runJourneys(journeys: readonly Journey[]): void {
  const only = process.env['JOURNEY'];
  const chosen = journeys.filter(({ name }) => only === undefined || name === only);
  const outcomes = new Map<Journey, Promise<readonly string[]>>();
  describe('a change of BGP among real BIRDs', function () {
    this.timeout(timeoutMs);
    let restoreQueues = async (): Promise<void> => undefined;
    before(async function () {
      skipWithoutPrograms(this);
      await removeStaleNamespaces();
      restoreQueues = await lengthenPacketQueues();
      for (const one of chosen) {
        const outcome = limit.run(() => travel(one));
        // A failure is reported by its test, which may come later.
        outcome.catch(() => undefined);
        outcomes.set(one, outcome);
      }
    });
    after(() => restoreQueues());
    for (const one of chosen)
      it(one.title, async () => {
        for (const line of (await outcomes.get(one)) ?? []) console.log(`      ${line}`);
      });
  });
}

async function travel({ name, topology, run }: Journey): Promise<readonly string[]> {
  const fabric = await startFabric(topology);
  let hasFailed = true;
  try {
    await fabric.established(60_000);
    const outcome = await run(fabric);
    hasFailed = false;
    return outcome;
  } finally {
    if (hasFailed) {
      await fabric.recordState();
      console.error(`the logs of the journey ${name} are in ${fabric.folder}`);
    }
    await fabric.stop({ keepsLogs: hasFailed });
  }
}

function skipWithoutPrograms(context: Mocha.Context): void {
  needsBird1(context);
  needsNamespaces(context);
  needsEtcd(context);
  if (spawnSync('perl', ['--version']).error === undefined) return;
  lacks('the program perl', 'perl-base');
  context.skip();
}
