/** Guard routes that should not be there any more. */
import { counted } from '../../../runtime/cli/issue-report.ts';
import { within } from '../../../runtime/pacing/within.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { CommandContext } from '../command-context.ts';

const check = 'guard routes';
const hint = 'sudo calico-agent guard clear takes them away; calico-agent guard shows them';

/** Never throws. @param isAlive the daemon answers, and takes them away by itself */
export function diagnoseGuard(
  { guardRoutes }: Pick<CommandContext, 'guardRoutes'>,
  deadlineMs: number,
  isAlive: boolean,
): Promise<readonly Finding[]> {
  const looking = look(guardRoutes, isAlive).catch((): Finding[] => []);
  return within<readonly Finding[]>(looking, deadlineMs, () => []);
}

async function look(
  guardRoutes: CommandContext['guardRoutes'],
  isAlive: boolean,
): Promise<Finding[]> {
  const state = await (await guardRoutes()).state();
  if (state.state === 'off') return [];
  const stand = `${counted(state.routes, 'guard route')} of a change`;
  if (state.left <= 0) {
    return [{ check, result: 'warning', message: `${stand}: over the deadline`, hint }];
  }
  const left = `for at most ${String(state.left)} s more`;
  return isAlive
    ? [{ check, result: 'ok', message: `${stand}, ${left}` }]
    : [{ check, result: 'warning', message: `${stand}, and no daemon, ${left}`, hint }];
}
