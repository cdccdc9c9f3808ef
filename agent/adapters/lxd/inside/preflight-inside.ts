/**
 * Finds changes with which running containers would not start again: links on the path of a mount,
 * and missing sysctls.
 */
import type { Issue, Place } from '../../../../core/issue.ts';
import type { ContainerId } from '../../../../core/lxd/observed-lxd.ts';
import { printable } from '../../../../core/printable.ts';
import { placeOf, type SetProfile } from '../change-place.ts';
import { readSysctls, sysctlsIn } from './read-sysctls.ts';
import { realPathBelow } from './real-path.ts';

export interface RunningContainer extends ContainerId {
  readonly profilesIn: string;
  readonly profiles: readonly string[];
  /** The host's pid of its init. */
  readonly pid: number;
}

/** Names only the first container of a profile that could not start. */
export async function preflightInside(
  change: SetProfile,
  running: readonly RunningContainer[],
): Promise<readonly Issue[]> {
  const own = running.filter(
    ({ profilesIn, profiles }) =>
      profilesIn === change.project && profiles.includes(change.profile),
  );
  const issues = new Map<string, Issue>();
  for (const container of own) {
    for (const [what, issue] of [
      ...(await linkedPaths(change, container)),
      ...(await missingSysctls(change, container.pid, `container "${container.name}"`)),
    ]) {
      if (!issues.has(what)) issues.set(what, issue);
    }
  }
  if (own.length > 0) return [...issues.values()];
  return (await missingSysctls(change, 1, 'this host')).map(([, issue]) => issue);
}

/** Whether the change needs a look inside containers. */
export function needsLook(change: SetProfile): boolean {
  return newPaths(change).length + newSysctls(change).length > 0;
}

type Found = readonly [what: string, issue: Issue];

async function linkedPaths(
  change: SetProfile,
  { name, pid }: RunningContainer,
): Promise<readonly Found[]> {
  const found = await Promise.all(
    newPaths(change).map(async ([device, target]) => {
      const real = await realPathBelow(`/proc/${String(pid)}/root`, target);
      if (real === target.replace(/(?<=.)\/+$/, '')) return [];
      const place = placeOf(change.fields, `devices.${device}`);
      return [[`devices.${device}`, pathLinked(target, real, name, place)] as const];
    }),
  );
  return found.flat();
}

function newPaths({ before, after }: SetProfile): readonly (readonly [string, string])[] {
  return Object.entries(after.devices).flatMap(([device, { type, path }]) =>
    type !== 'disk' ||
    path === undefined ||
    path === '/' ||
    before.devices[device]?.['path'] === path
      ? []
      : [[device, path] as const],
  );
}

/** Does not refuse sysctls that cannot be read. */
async function missingSysctls(
  change: SetProfile,
  pid: number,
  where: string,
): Promise<readonly Found[]> {
  const found = await readSysctls(pid, newSysctls(change)).catch(() => undefined);
  return Object.entries(found ?? {}).flatMap(([name, value]) => {
    if (value !== null) return [];
    const key = `config.linux.sysctl.${name}`;
    return [[key, sysctlMissing(name, where, placeOf(change.fields, key))] as const];
  });
}

function newSysctls({ before, after }: SetProfile): readonly string[] {
  return sysctlsIn(after.config).filter(
    (name) => before.config[`linux.sysctl.${name}`] === undefined,
  );
}

function pathLinked(target: string, real: string | undefined, name: string, place: Place): Issue {
  return {
    ...place,
    severity: 'error',
    code: 'lxd-path-linked',
    message: `the path "${printable(target)}" leads over a symbolic link in container "${printable(name)}"`,
    hint:
      real === undefined
        ? 'containers with a mount on such a path do not start'
        : `containers with a mount on such a path do not start; name the real one: ${printable(real)}`,
  };
}

function sysctlMissing(name: string, where: string, place: Place): Issue {
  return {
    ...place,
    severity: 'error',
    code: 'lxd-sysctl-missing',
    message: `${printable(where)} has no sysctl "${printable(name)}"`,
    hint: 'containers with a sysctl that is not there do not start; take it out of sysctls, or mend its name',
  };
}
