/** The report on LXD as text. */
import type { ContainerReport, Effect } from '../../../core/lxd/container-report.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { LxdReport, OwnedProfile } from '../../app/lxd/report.ts';
import type { FailedRestart, RestartReport } from '../../app/lxd/restart-containers.ts';

export function formatLxd(report: LxdReport): string {
  const mounted = report.bpffsMounted ? 'is mounted' : 'is not mounted';
  const bpffs = `/sys/fs/bpf ${mounted} on this host`;
  if (report.state === 'absent') return `no LXD on this machine: ${report.why}\n${bpffs}\n`;
  const { server, version, profiles, containers } = report;
  return [
    `${server} ${version}; ${bpffs}`,
    ...restartLines(report),
    '',
    profiles.length === 0 ? 'nothing of ours in any profile' : profileTable(profiles),
    '',
    containers.length === 0 ? 'no container gets anything of it' : containerTable(containers),
    '',
  ].join('\n');
}

function restartLines({ restart }: LxdReport): readonly string[] {
  if (restart === undefined) return [];
  const { policy, halted } = restart;
  const stopped = halted === undefined ? [] : [`restarting stopped at ${halted.at}: ${halted.why}`];
  return [`restart policy: ${policy}`, ...stopped];
}

function profileTable(profiles: readonly OwnedProfile[]): string {
  const rows = profiles.map(({ project, name, ours, drifted }) => [
    project,
    name,
    ours
      .map((one) => (drifted.includes(one) ? `${one} (changed by somebody else)` : one))
      .join(', '),
  ]);
  return formatTable(['PROJECT', 'PROFILE', 'OURS IN IT'], rows);
}

function containerTable(containers: readonly ContainerReport[]): string {
  const rows = containers.map((one) => [
    one.project,
    one.name,
    one.profiles.join(', '),
    one.effects.map(effectText).join(', '),
    one.running ? (one.needsRestart ? 'needed' : 'no') : 'does not run',
    one.effects.flatMap(({ what, why }) => (why === undefined ? [] : `${what}: ${why}`)).join('; '),
  ]);
  return formatTable(['PROJECT', 'CONTAINER', 'PROFILES', 'INSIDE', 'RESTART', 'WHY'], rows);
}

function effectText({ what, present, why }: Effect): string {
  if (present === undefined) return `${what} ${why === undefined ? 'when it starts' : 'unknown'}`;
  return `${what} ${present ? 'yes' : 'no'}`;
}

export function formatRestart({ restarted, failed, left }: RestartReport): string {
  if (restarted.length + failed.length + left.length === 0) return 'no container needs a restart\n';
  return [
    ...restarted.map(({ name }) => `restarted ${name}`),
    ...failed.map(({ why }: FailedRestart) => `failed: ${why}`),
    ...left.map(({ name }) => `left as it is: ${name}`),
    '',
  ].join('\n');
}
