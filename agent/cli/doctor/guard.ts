/** Warns of guard routes that should be gone, or that this agent cannot make. */
import { documentHint } from '../../../core/document-hint.ts';
import { counted } from '../../../runtime/cli/issue-report.ts';
import { within } from '../../../runtime/pacing/within.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { CommandContext } from '../command-context.ts';

const check = 'guard routes';
const hint = 'sudo calico-agent guard clear takes them away; calico-agent guard shows them';

interface KnownOfGuard {
  /** Absent: no daemon answers, so none takes guard routes away. */
  readonly status?: Pick<AgentStatus, 'guard'> | undefined;
  /** The setting in agent.yaml. */
  readonly setting?: 'auto' | 'never' | undefined;
}

/** Never throws. */
export function diagnoseGuard(
  { guardRoutes }: Pick<CommandContext, 'guardRoutes'>,
  deadlineMs: number,
  known: KnownOfGuard,
): Promise<readonly Finding[]> {
  const looking = look(guardRoutes, known).catch((): Finding[] => []);
  return within<readonly Finding[]>(looking, deadlineMs, () => []);
}

async function look(
  guardRoutes: CommandContext['guardRoutes'],
  known: KnownOfGuard,
): Promise<Finding[]> {
  const state = await (await guardRoutes()).state();
  if (state.state === 'off') return absent(known);
  const stand = `${counted(state.routes, 'guard route')} of a change`;
  if (state.left <= 0) {
    return [{ check, result: 'warning', message: `${stand}: over the deadline`, hint }];
  }
  const left = `for at most ${String(state.left)} s more`;
  return known.status !== undefined
    ? [{ check, result: 'ok', message: `${stand}, ${left}` }]
    : [{ check, result: 'warning', message: `${stand}, and no daemon, ${left}`, hint }];
}

/**
 * Takes the reason from the daemon, because its sandbox may allow less than this command may do.
 */
function absent({ status, setting }: KnownOfGuard): Finding[] {
  const { state, why = 'the reason is not known' } = status?.guard ?? {};
  if (state !== 'never') return [];
  const message = `this agent has none: ${why}`;
  if (setting === 'never') return [{ check, result: 'ok', message }];
  return [
    {
      check,
      result: 'warning',
      message,
      hint: `${documentHint('guard-routes.md')} says what to do`,
    },
  ];
}
