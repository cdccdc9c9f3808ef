/** Finds out whether another program uses the guard's table or its priorities. */
import { guardProtocol, type GuardSettings } from './guard-settings.ts';
import { isOurRule, type ObservedMain } from './plan-guard.ts';

const mainTable = 254;
const otherTable = 'set changes.guardTable in agent.yaml to a table that no program uses';
const otherPriority =
  'set changes.guardPriority in agent.yaml to the first of two numbers that no rule has';

/** @returns the reason with a hint; undefined: no other program uses them */
export function findObstacle(
  { rules, table: entries }: Pick<ObservedMain, 'rules' | 'table'>,
  { table, priority }: GuardSettings,
): string | undefined {
  const others = rules.filter((rule) => !isOurRule(rule));
  const taken = others.find((rule) => [priority, priority + 1].includes(rule.priority));
  if (taken !== undefined) {
    return `another program has a rule with priority ${String(taken.priority)}: ${otherPriority}`;
  }
  const user = others.find((rule) => rule.table === table);
  if (user !== undefined) {
    return `another program looks up the routing table ${String(table)} with the rule of priority ${String(user.priority)}: ${otherTable}`;
  }
  if (entries.some(({ protocol }) => protocol !== guardProtocol)) {
    return `another program has routes in the routing table ${String(table)}: ${otherTable}`;
  }
  const reachesMain = others.some(
    (rule) => rule.isForAll && rule.table === mainTable && rule.priority > priority + 1,
  );
  return reachesMain
    ? undefined
    : `no rule after priority ${String(priority + 1)} looks up the main table for every packet: ${otherPriority} and before that rule`;
}
