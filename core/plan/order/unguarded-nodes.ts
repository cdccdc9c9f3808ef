import type { Issue } from '../../issue.ts';
import { nameSome } from '../../name-some.ts';
import type { Step } from '../plan.ts';
import type { Traffic } from '../traffic.ts';

/** Nodes on which nobody guards the routes while the steps run; one issue for all of them. */
export function unguardedNodes(
  steps: readonly Step[],
  { withoutReport = [] }: Pick<Traffic, 'withoutReport'>,
): readonly Issue[] {
  const isGuarded = steps.some(({ gates }) => gates.some(({ kind }) => kind === 'fleet-guarding'));
  if (!isGuarded || withoutReport.length === 0) return [];
  const [who, have, routes] =
    withoutReport.length === 1
      ? ['it has no agent, or its agent', 'has', 'its routes are']
      : ['they have no agents, or their agents', 'have', 'their routes are'];
  return [
    {
      severity: 'note',
      code: 'node-without-report',
      pointer: '',
      message: `${nameSome(withoutReport)} did not report in the last change: ${who} ${have} not got the configuration; ${routes} not guarded`,
      hint: 'install calico-agent there, or remove Nodes whose machines are gone: calico-agent stale-nodes',
    },
  ];
}
