/**
 * A journey: a fabric, one change after another, and what became of the pings. Journeys mostly wait, so
 * those of all files that mocha has loaded run side by side, from the moment the first is due. To run
 * one alone, give mocha its file alone.
 */
import { spawnSync } from 'node:child_process';
import { createLimit } from '../../runtime/pacing/limit.ts';
import { needsEtcd } from '../support/etcd.ts';
import { lacks } from '../support/needs.cjs';
import { needsBird1, needsNamespaces } from '../support/network.ts';
import { startFabric, type Fabric } from './fabric.ts';
import { removeStaleNamespaces } from './namespaces.ts';
import type { Topology } from './topology.ts';

export interface Journey {
  readonly title: string;
  readonly topology: Topology;
  /** @returns lines for whoever reads the test's output: `0 of 13500 pings lost` */
  run(fabric: Fabric): Promise<readonly string[]>;
}

/** More of them would wait for the processors, and not for BIRD. */
const limit = createLimit(4);
/** Of the last one, which may have to wait for all others. */
const timeoutMs = 400_000;

const declared: (() => void)[] = [];
let preparation: Promise<void> | undefined;

/** Declares the test. Call it once in a file. */
export function journey({ title, topology, run }: Journey): void {
  let outcome: Promise<readonly string[]> | undefined;
  declared.push(() => {
    outcome = limit.run(() => travel(topology, run));
    // A failure is reported by the test, which may come later.
    outcome.catch(() => undefined);
  });
  describe('a change of BGP among real BIRDs', function () {
    this.timeout(timeoutMs);
    before(async function () {
      skipWithoutPrograms(this);
      preparation ??= beginAll();
      await preparation;
    });
    it(title, async () => {
      for (const line of (await outcome) ?? []) console.log(`      ${line}`);
    });
  });
}

async function beginAll(): Promise<void> {
  await removeStaleNamespaces();
  for (const begin of declared) begin();
}

async function travel(topology: Topology, run: Journey['run']): Promise<readonly string[]> {
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
      console.error(`the logs of a failed journey are in ${fabric.folder}`);
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
