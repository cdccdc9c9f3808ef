import { fileURLToPath } from 'node:url';
import type { Logger } from '../log/logger.ts';
import type { Confinement } from './confined-tasks.ts';
import type { ConfinedProgram } from './confined-process.ts';
import type { TaskLimits } from './limits.ts';

/**
 * The worst text that is read to its end, with 16,000 peers, takes 3.2 s of computing and 166 MB. The
 * unit's MemoryHigh has room for the daemon and for these residentMb (docs/decisions/0013).
 */
export const agentLimits: TaskLimits = {
  cpuSeconds: 10,
  seconds: 60,
  heapMb: 128,
  residentMb: 192,
  resultMb: 64,
};

/** The controller compares a text with all nodes of its fleet, and has a unit of 1 GB. */
export const controllerLimits: TaskLimits = {
  cpuSeconds: 30,
  seconds: 120,
  heapMb: 384,
  residentMb: 512,
  resultMb: 64,
};

/** Limits for a process whose outer end was killed; the inner end enforces them. */
export const innerLimits = { seconds: 2 * controllerLimits.seconds };

export function usualConfinement(
  program: ConfinedProgram,
  limits: TaskLimits,
  logger: Pick<Logger, 'warn' | 'error'>,
): Confinement {
  return {
    program,
    limits,
    idleMs: 5000,
    maxWaiting: 16,
    maxWaitMs: 30_000,
    logger,
  };
}

/**
 * A program beside this module: in dist/ it is JavaScript, in the sources TypeScript, which needs a
 * loader.
 * @param bundled its name in dist/
 * @param source its path from the folder of the sources
 */
export function programBeside(bundled: string, source: string): ConfinedProgram {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return { file: fileURLToPath(new URL(bundled, here)), flags: [] };
  const file = fileURLToPath(new URL(`../../${source}`, here));
  return { file, flags: ['--import', import.meta.resolve('tsx')] };
}
