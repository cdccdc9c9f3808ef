/** How these benchmarks are called, and how they show their results. */
import { loadavg } from 'node:os';

/** FLEET_AGENTS, for whole runs. */
export function agentsFor(usual: number): number {
  return numberFrom('FLEET_AGENTS', usual);
}

/** FLEET_ROUNDS. */
export function roundsFor(usual: number): number {
  return numberFrom('FLEET_ROUNDS', usual);
}

function numberFrom(name: string, usual: number): number {
  const given = Number(process.env[name] ?? usual);
  if (!Number.isSafeInteger(given) || given < 1) throw new Error(`${name} must be a number from 1`);
  return given;
}

/** Other programs make all figures worse, ours and the peer's. */
export function loadText(): string {
  const [minute = 0] = loadavg();
  return `load of this machine before: ${minute.toFixed(1)}`;
}

/** @param most the goal */
export function verdict(what: string, value: number, most: number): void {
  const text = value <= most ? 'met' : 'MISSED';
  console.log(`  ${what}: ${value.toFixed(2)} (goal ≤ ${String(most)}: ${text})`);
}
