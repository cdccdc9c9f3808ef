import { nameSome } from '../../../core/name-some.ts';
import { counted } from '../../../runtime/cli/issue-report.ts';
import type { GuardState } from '../../ports/guard-routes.ts';

export type GuardReport = GuardState & {
  /** Why this agent, or this change, has no guard routes. */
  readonly why?: string;
  /** The state of this node's agent. */
  readonly agent: string;
};

/** @param nowMs the wall clock's time, for people */
export function formatGuard(report: GuardReport, nowMs: number): string {
  const why = report.why === undefined ? [] : [['why', report.why] as const];
  const lines =
    report.state === 'off'
      ? [['guard', 'no guard routes stand'] as const, ...why]
      : standingLines(report, nowMs);
  const all = [...lines, ['agent', report.agent] as const];
  const width = Math.max(...all.map(([name]) => name.length));
  return all.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

function standingLines(
  { tables, priorities, routes, carrying, age, left }: Extract<GuardReport, { state: 'on' }>,
  nowMs: number,
): readonly (readonly [string, string])[] {
  const at = (seconds: number): string => new Date(nowMs + seconds * 1000).toISOString();
  const where = `table ${tables.join(', ') || 'none'}, rules ${priorities.join(', ') || 'none'}`;
  const since = age === undefined ? 'not known' : `${at(-age)}, ${String(age)} s ago`;
  const until =
    left > 0 ? `${at(left)}, in ${String(left)} s` : 'over its deadline: calico-agent guard clear';
  const used =
    carrying.length === 0
      ? 'no: BIRD has a route to each of these destinations'
      : `yes: there is no other route to ${nameSome([...carrying])}`;
  return [
    ['guard', `${counted(routes, 'guard route')} in ${where}`],
    ['since', since],
    ['until', until],
    ['in use', used],
  ];
}
