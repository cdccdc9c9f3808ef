/** Asks what a configuration changes for all nodes at once, and what the nodes have to wait for then. */
import { barrierFor, barrierText, checkBarrier } from '../../../core/rollout/barrier.ts';
import { wavesAfterShare } from '../../../core/rollout/steps.ts';
import type { Wave } from '../../../core/rollout/plan-waves.ts';
import type { Issue } from '../../../core/issue.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import type { RolloutBarrier } from '../../../schemas/generated/rollout-record.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import type { ConfigChecker } from '../../ports/config-checker.ts';
import type { Fleet } from '../fleet/fleet.ts';

/**
 * @param base what the nodes have; undefined: nothing, or each another one, so there is no way from it
 * @returns undefined: the nodes need not wait for each other
 */
export async function needsBarrier(
  text: string,
  base: Revision | undefined,
  {
    fleet,
    checker,
  }: { readonly fleet: Pick<Fleet, 'facts'>; readonly checker: Pick<ConfigChecker, 'preview'> },
): Promise<RolloutBarrier | undefined> {
  if (base === undefined) return undefined;
  const { lineage, number, digest } = base;
  const question = {
    text,
    base: { lineage, number, digest, text: base.text },
    nodes: fleet.facts(),
    ...{ away: [], unreadable: [], chosen: [] },
  };
  const answer = await checker.preview(question, { isUrgent: true });
  return barrierFor(answer.ok ? answer.preview.needsStep : undefined);
}

/** What the strategy says against it. */
export function barrierIssues(
  barrier: RolloutBarrier | undefined,
  strategy: RolloutStrategy,
  waves: readonly Wave[],
): readonly Issue[] {
  if (barrier === undefined) return [];
  const counted = waves.map((wave) => ({ ...wave, nodes: wave.nodes.length }));
  const planned = { strategy, barrier, waves: counted };
  return checkBarrier(strategy, barrier, wavesAfterShare(planned));
}

/** Why older agents cannot take part, as a clause about them. */
export function whyNotOlder(barrier: RolloutBarrier | undefined): string {
  const share = 'would change the cluster-wide resources with the first wave';
  return barrier === undefined
    ? share
    : `${share}, before all nodes are prepared (${barrierText(barrier)})`;
}
