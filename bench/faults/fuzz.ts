/** A million mutated texts at every door together. FUZZ_COUNT and FUZZ_SEED choose how many, and from which seed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { faultOf, type Door } from '../../test/security/doors/door.ts';
import { createDoors } from '../../test/security/doors/doors.ts';
import { mutant } from '../../test/security/texts/mutate.ts';

export async function benchFuzz(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'calico-agent-fuzz-'));
  try {
    await fuzz(createDoors(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fuzz(doors: readonly Door[]): Promise<void> {
  const count = Number(process.env['FUZZ_COUNT'] ?? 1_000_000);
  const first = Number(process.env['FUZZ_SEED'] ?? 1_000_000);
  let slowest = { ms: 0, name: '', seed: 0 };
  let faults = 0;
  for (let index = 0; index < count; index += 1) {
    const door = doors[index % doors.length];
    if (door === undefined) continue;
    const seed = first + Math.floor(index / doors.length);
    const text = mutant(door.samples, seed);
    const started = performance.now();
    const fault = await faultOf(door, text);
    if (index > 0 && index % 50_000 === 0) console.log(`fuzz: ${String(index)} texts`);
    const ms = performance.now() - started;
    if (ms > slowest.ms) slowest = { ms, name: door.name, seed };
    if (fault === undefined) continue;
    faults += 1;
    console.log(`${door.name}, seed ${String(seed)}: ${fault}`);
  }
  const { ms, name, seed } = slowest;
  console.log(
    `fuzz: ${String(count)} texts, ${String(faults)} faults; slowest ${ms.toFixed(0)} ms (${name}, seed ${String(seed)}), ` +
      `${String(Math.round(process.resourceUsage().maxRSS / 1024))} MiB at most`,
  );
}
