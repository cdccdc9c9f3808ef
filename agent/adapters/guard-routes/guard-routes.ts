/** Guard routes with the program `ip`, which every machine with Calico has. */
import { copyRoutes } from '../../../core/guard/copy-routes.ts';
import { findObstacle } from '../../../core/guard/find-obstacle.ts';
import { guardProtocol, type GuardSettings } from '../../../core/guard/guard-settings.ts';
import {
  copyLines,
  endLines,
  isWhole,
  leaveOutLines,
  markerLines,
  ruleLines,
  type GuardTimes,
  type ObservedFamily,
  type ObservedMain,
} from '../../../core/guard/plan-guard.ts';
import { readStandingGuard } from '../../../core/guard/standing-guard.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { GuardBegun, GuardRoutes, GuardState } from '../../ports/guard-routes.ts';
import { IpFailure, type IpProgram } from './ip-program.ts';
import { observeCarried, observeFamilies, observeFamily, observeMain } from './observe-guard.ts';

export interface GuardRoutesDeps {
  readonly program: IpProgram;
  readonly settings: () => GuardSettings;
  /** Seconds since the boot: the clock of all programs that read the markers. */
  readonly uptime: () => number;
}

export function createGuardRoutes(deps: GuardRoutesDeps): GuardRoutes {
  const { program, settings } = deps;
  return {
    state: () => readState(deps),
    obstacle: () => obstacleOf(deps),
    begin: async (seconds) => {
      try {
        return await begin(deps, seconds);
      } catch (error) {
        return { guard: 'never', why: reasonText(error) };
      }
    },
    leaveOut: async (destinations) => {
      const gone = new Set(destinations);
      for (const observed of await observeFamilies(program)) {
        await tell(program, observed, leaveOutLines(observed, gone), 'all');
      }
    },
    end: () => end(program),
  };

  async function obstacleOf({ uptime }: GuardRoutesDeps): Promise<string | undefined> {
    try {
      await probeRights(program, settings(), uptime());
      const found = await Promise.all((await observeFamilies(program)).map(obstacleIn));
      return found.find((why) => why !== undefined);
    } catch (error) {
      return reasonText(error);
    }
  }

  async function obstacleIn(observed: ObservedFamily): Promise<string | undefined> {
    if (observed.rules.length === 0) return undefined;
    return findObstacle(await observeMain(program, observed, settings().table), settings());
  }
}

async function readState({ program, uptime }: GuardRoutesDeps): Promise<GuardState> {
  const families = await observeFamilies(program);
  const standing = readStandingGuard(families);
  if (standing === undefined) return { state: 'off' };
  const carried = await Promise.all(families.map((one) => observeCarried(program, one)));
  const { since, until, ...rest } = standing;
  const now = uptime();
  return {
    state: 'on',
    ...rest,
    carrying: carried.flat(),
    ...(Number.isFinite(since) && { age: Math.max(0, Math.round(now - since)) }),
    left: Math.round(until - now),
  };
}

async function begin(
  { program, settings, uptime }: GuardRoutesDeps,
  seconds: number,
): Promise<GuardBegun> {
  const own = settings();
  const observed = await observeFamilies(program);
  const mains = await Promise.all(observed.map((one) => observeMain(program, one, own.table)));
  const guarding = mains.filter((main) => isWhole(main, own) || hasCopies(main));
  if (guarding.length === 0) {
    await probeRights(program, own, uptime());
    return { guard: 'on', routes: 0, uncopied: 0 };
  }
  for (const main of guarding) {
    const why = findObstacle(main, own);
    if (why !== undefined) return { guard: 'never', why };
  }
  const standing = readStandingGuard(observed);
  try {
    await mark(program, observed[0], own, timesOf(standing, uptime(), seconds));
    for (const main of guarding) await putUp(program, main, own);
  } catch (error) {
    // Half of a guard does no harm, but no process would remove it later.
    if (!guarding.some((main) => isWhole(main, own))) await end(program).catch(() => undefined);
    throw error;
  }
  const routes = readStandingGuard(await observeFamilies(program))?.routes ?? 0;
  const uncopied = mains.reduce(
    (sum, { bird, family }) => sum + copyRoutes(bird, family).uncopied,
    0,
  );
  return { guard: 'on', routes, uncopied };
}

/**
 * Makes the guard routes. Existing ones stay as they are, because they may be better than BIRD's
 * current ones.
 */
async function putUp(
  program: IpProgram,
  main: ObservedMain,
  settings: GuardSettings,
): Promise<void> {
  if (isWhole(main, settings)) return;
  await tell(program, main, copyLines(main, settings), 'all');
  await tell(program, main, ruleLines(main, settings), 'until-one-fails');
  await expectWhole(program, main, settings);
}

function hasCopies({ bird, family }: ObservedMain): boolean {
  return copyRoutes(bird, family).copies.size > 0;
}

/** Guard routes that continue keep their beginning, and get the new deadline at once. */
function timesOf(standing: GuardTimes | undefined, uptime: number, seconds: number): GuardTimes {
  const now = Math.max(1, Math.floor(uptime));
  const since = standing !== undefined && Number.isFinite(standing.since) ? standing.since : now;
  return { since, until: now + Math.ceil(seconds) };
}

async function mark(
  program: IpProgram,
  observed: ObservedFamily,
  settings: GuardSettings,
  times: GuardTimes,
): Promise<void> {
  await tell(program, observed, markerLines(observed, settings, times), 'until-one-fails');
}

/**
 * Linux before 4.17 keeps no protocol of a rule, so the agent could not recognise its rules again.
 */
async function expectWhole(
  program: IpProgram,
  { family }: ObservedFamily,
  settings: GuardSettings,
): Promise<void> {
  if (isWhole(await observeFamily(program, family), settings)) return;
  const { priority, table } = settings;
  const lines = [
    `rule del priority ${String(priority + 1)} lookup ${String(table)}`,
    `rule del priority ${String(priority)} lookup 254 suppress_prefixlength 0`,
  ];
  await program.run([`-${family}`, '-force', '-batch', '-'], batchOf(lines)).catch(() => undefined);
  throw new AppError('io-failed', 'the rules of the guard routes are missing when read back');
}

async function end(program: IpProgram): Promise<void> {
  // IPv4 is last, because its table has the markers.
  const [fourth, sixth] = await observeFamilies(program);
  for (const observed of [sixth, fourth]) await tell(program, observed, endLines(observed), 'all');
  if (readStandingGuard(await observeFamilies(program)) === undefined) return;
  throw new AppError('io-failed', 'cannot take the guard routes away: they are still there');
}

/**
 * @param how all: a failing line does not stop those after it, because routes come and go
 * meanwhile. The caller reads the result back.
 * @throws IpFailure
 */
async function tell(
  program: IpProgram,
  { family }: ObservedFamily,
  lines: readonly string[],
  how: 'all' | 'until-one-fails',
): Promise<void> {
  if (lines.length === 0) return;
  const force = how === 'all' ? ['-force'] : [];
  try {
    await program.run([`-${family}`, ...force, '-batch', '-'], batchOf(lines));
  } catch (error) {
    const isPartial = error instanceof IpFailure && error.kind === 'other' && how === 'all';
    if (!isPartial) throw error;
  }
}

function batchOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * Deletes a route that does not exist: the kernel checks the right to do so first. @throws
 * IpFailure
 */
async function probeRights(
  program: IpProgram,
  { table }: GuardSettings,
  uptime: number,
): Promise<void> {
  const metric = String(Math.max(1, Math.floor(uptime)));
  const route = `route del throw 255.255.255.253/32 table ${String(table)} metric ${metric}`;
  try {
    await program.run(['-4', '-batch', '-'], `${route} protocol ${String(guardProtocol)}\n`);
  } catch (error) {
    // The kernel makes a table with its first route.
    const isMissing = error instanceof IpFailure && ['other', 'no-table'].includes(error.kind);
    if (!isMissing) throw error;
  }
}

function reasonText(error: unknown): string {
  const isRights = error instanceof IpFailure && error.kind === 'not-permitted';
  return isRights ? `${error.message} (CAP_NET_ADMIN)` : reasonOf(error);
}
