/** The checks of doctor for LXD, where the agent has the role lxd-host. */
import { nameSome } from '../../../core/name-some.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import { within } from '../../../runtime/pacing/within.ts';
import type { LxdReport } from '../../app/lxd/report.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import { counted } from '../../../runtime/cli/issue-report.ts';
import type { CommandContext } from '../command-context.ts';

const check = 'LXD';

/** Never throws. */
export async function diagnoseLxd(
  { connectLxd }: Pick<CommandContext, 'connectLxd'>,
  deadlineMs: number,
): Promise<readonly Finding[]> {
  const looking = look(connectLxd).catch((error: unknown): Finding[] => [
    {
      check,
      result: 'failed',
      message: reasonOf(error),
      hint: 'check that LXD runs, with lxc list; doctor needs root for this',
    },
  ]);
  return within<readonly Finding[]>(looking, deadlineMs, () => [
    {
      check,
      result: 'failed',
      message: `it does not answer within ${String(deadlineMs / 1000)} s`,
      hint: 'lxc list; journalctl -u snap.lxd.daemon, or -u lxd, says why',
    },
  ]);
}

async function look(connectLxd: CommandContext['connectLxd']): Promise<Finding[]> {
  const { seeByHand } = await import('../../app/lxd/by-hand.ts');
  return findingsOf(await seeByHand(await connectLxd()));
}

function findingsOf(report: LxdReport): Finding[] {
  if (report.state === 'absent') {
    const message = `there is no LXD on this machine: ${report.why}`;
    const hint = 'install LXD, or take role: lxd-host out of agent.yaml';
    return [{ check, result: 'failed', message, hint }];
  }
  const { server, version, profiles, containers } = report;
  const message = `${server} ${version}, ${counted(containers.length, 'container')} with something of ours`;
  const drifted = profiles.filter((profile) => profile.drifted.length > 0);
  const due = containers.filter(({ needsRestart }) => needsRestart);
  return [
    { check, result: 'ok', message },
    ...warning(drifted, 'profile', {
      what: 'not as they were set',
      hint: 'calico-agent drift shows what somebody changed',
    }),
    ...warning(due, 'container', {
      what: 'running without what their profiles give them',
      hint: 'calico-agent lxd restart restarts them one at a time',
    }),
  ];
}

function warning(
  found: readonly { readonly name: string }[],
  noun: string,
  { what, hint }: { readonly what: string; readonly hint: string },
): Finding[] {
  if (found.length === 0) return [];
  const names = nameSome(found.map(({ name }) => name));
  return [
    { check, result: 'warning', message: `${counted(found.length, noun)} ${what}: ${names}`, hint },
  ];
}
