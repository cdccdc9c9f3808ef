/** Reads the kernel's rules and routes for the guard. */
import type { Family } from '../../../core/config/model.ts';
import { birdProtocol, guardProtocol } from '../../../core/guard/guard-settings.ts';
import { parseRoutes, type PrintedRoute } from '../../../core/guard/parse-routes.ts';
import { parseRules } from '../../../core/guard/parse-rules.ts';
import type { ObservedFamily, ObservedMain } from '../../../core/guard/plan-guard.ts';
import { carriedDestinations } from '../../../core/guard/standing-guard.ts';
import type { Read } from '../../../core/sessions/session.ts';
import { askIp, IpFailure, type IpProgram } from './ip-program.ts';

/** Empty for a family that the kernel does not have. @throws IpFailure */
export async function observeFamily(program: IpProgram, family: Family): Promise<ObservedFamily> {
  try {
    const rules = valueOf(parseRules(await askIp(program, [`-${family}`, 'rule', 'show'])));
    const ours = await routesOf(program, family, 'all', guardProtocol);
    return { family, rules, ours };
  } catch (error) {
    if (error instanceof IpFailure && error.kind === 'no-family') {
      return { family, rules: [], ours: [] };
    }
    throw error;
  }
}

/** Observes both families, IPv4 first. @throws IpFailure */
export function observeFamilies(
  program: IpProgram,
): Promise<readonly [ObservedFamily, ObservedFamily]> {
  return Promise.all([observeFamily(program, 4), observeFamily(program, 6)]);
}

/** Observes also the routes that the beginning of a guard needs. @throws IpFailure */
export async function observeMain(
  program: IpProgram,
  observed: ObservedFamily,
  table: number,
): Promise<ObservedMain> {
  if (observed.rules.length === 0) return { ...observed, table: [], bird: [] };
  const [entries, bird] = await Promise.all([
    routesOf(program, observed.family, table),
    routesOf(program, observed.family, 'main', birdProtocol),
  ]);
  return { ...observed, table: entries, bird };
}

/** Destinations for which only the guard has a route. @throws IpFailure */
export async function observeCarried(
  program: IpProgram,
  observed: ObservedFamily,
): Promise<readonly string[]> {
  if (!observed.ours.some(({ kind }) => kind === 'unicast')) return [];
  return carriedDestinations(observed, await routesOf(program, observed.family, 'main'));
}

async function routesOf(
  program: IpProgram,
  family: Family,
  table: number | 'main' | 'all',
  protocol?: number,
): Promise<readonly PrintedRoute[]> {
  const only = protocol === undefined ? [] : ['proto', String(protocol)];
  const args = [`-${family}`, 'route', 'show', 'table', String(table), ...only];
  try {
    return valueOf(parseRoutes(await askIp(program, args), family));
  } catch (error) {
    // The kernel makes a table with its first route.
    if (error instanceof IpFailure && error.kind === 'no-table') return [];
    throw error;
  }
}

function valueOf<T>(read: Read<T>): T {
  if (read.ok) return read.value;
  throw new IpFailure('other', read.why);
}
