/** How these benchmarks are called, and how they show their results. */
import { loadavg } from 'node:os';

/**
 * @param usual a number with which a run takes a minute or two
 * @param full as in the goals, with `--full`
 * @returns FLEET_AGENTS, where it is set
 */
export function agentsFor(usual: number, full: number): number {
  return numberFrom('FLEET_AGENTS', isFull() ? full : usual);
}

/** As agentsFor, FLEET_ROUNDS. */
export function roundsFor(usual: number, full: number): number {
  return numberFrom('FLEET_ROUNDS', isFull() ? full : usual);
}

function isFull(): boolean {
  return process.env['FLEET_FULL'] === '1';
}

/** FLEET_PROFILE: the folder for profiles of the controller; undefined: none are made. */
export function profileFolder(): string | undefined {
  return process.env['FLEET_PROFILE'];
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

export type Outcome = 'met' | 'MISSED' | 'NOT MEASURED';

interface Verdict {
  readonly text: string;
  readonly outcome: Outcome;
}

const verdicts: Verdict[] = [];

/**
 * @param value not a number: it could not be measured
 * @param most the goal
 */
export function verdict(what: string, value: number, most: number): void {
  const outcome = Number.isNaN(value) ? 'NOT MEASURED' : value <= most ? 'met' : 'MISSED';
  const text = `${what}: ${value.toFixed(2)} (goal ≤ ${String(most)}: ${outcome})`;
  console.log(`  ${text}`);
  verdicts.push({ text, outcome });
}

/** What was compared with a goal so far, at the end of all. */
export function showTotals(): void {
  if (verdicts.length === 0) return;
  const count = (wanted: Outcome): string =>
    String(verdicts.filter(({ outcome }) => outcome === wanted).length);
  console.log(
    `goals: ${count('met')} met, ${count('MISSED')} missed, ${count('NOT MEASURED')} not measured; load at the end: ${(loadavg()[0] ?? 0).toFixed(1)}`,
  );
  for (const { text, outcome } of verdicts) if (outcome !== 'met') console.log(`  ${text}`);
}

/** For whoever waits: to the standard error, which no result goes to. */
export function progress(text: string): void {
  console.error(`  … ${text}`);
}
