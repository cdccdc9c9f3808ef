/** npm run simulate [-- --runs 1000 --seed 1]: seeded runs of controllers and agents with faults. */
import { runScript, script } from '../../build/script.ts';
import { runSeed } from './run-seed.ts';

interface Options {
  readonly runs: string;
  readonly seed: string;
  readonly trace?: true;
}

await runScript(
  script('npm run simulate', 'Runs controllers and agents in a simulated world with faults.')
    .option('--runs <count>', 'how many', '100')
    .option('--seed <number>', 'the seed of the first run; the next ones count up', '1')
    .option('--trace', 'print what happened in each run')
    .action(simulate),
);

async function simulate({ runs, seed, trace }: Options): Promise<void> {
  const began = performance.now();
  const [count, first] = [Number(runs), Number(seed)];
  let failed = 0;
  let events = 0;
  let simulatedMs = 0;
  for (let one = first; one < first + count; one += 1) {
    const run = await runSeed(one);
    events += run.events;
    simulatedMs += run.simulatedMs;
    if (run.broken.length > 0) failed += 1;
    if (trace === true) console.log(run.trace.join('\n'));
    for (const law of run.broken) console.log(`seed ${String(one)}, ${law}`);
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `simulate: ${String(count)} runs from seed ${String(first)}, ${String(failed)} failed; ` +
      `${String(events)} events in ${(simulatedMs / 3_600_000).toFixed(1)} simulated hours, ${seconds} s`,
  );
  if (failed > 0) process.exitCode = 1;
}
