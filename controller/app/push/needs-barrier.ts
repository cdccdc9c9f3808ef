/** Asks what a configuration changes for all nodes at once, and what the nodes have to wait for then. */
import {
  barrierFor,
  barrierText,
  checkBarrier,
  uniteBarriers,
} from '../../../core/rollout/barrier.ts';
import { isOver } from '../../../core/rollout/step.ts';
import { wavesAfterShare } from '../../../core/rollout/steps.ts';
import type { Wave } from '../../../core/rollout/plan-waves.ts';
import type { Issue } from '../../../core/issue.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import type { RolloutBarrier } from '../../../schemas/generated/rollout-record.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import type { ConfigChecker } from '../../ports/config-checker.ts';
import type { LiveRollout } from '../assignment/assignment.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { HeldContent } from '../rollout/held-content.ts';
import type { FleetStore } from '../store/fleet-store.ts';

export interface BarrierDeps {
  readonly fleet: Pick<Fleet, 'facts'>;
  readonly checker: Pick<ConfigChecker, 'preview'>;
  readonly store: Pick<FleetStore, 'rollouts' | 'readRevision'>;
}

/**
 * @param held what the nodes have: where they have several contents, each of them counts
 * @param before the rollout that it follows or ends
 * @returns undefined: the nodes need not wait for each other
 */
export async function needsBarrier(
  text: string,
  { contents, isUnread }: Pick<HeldContent, 'contents' | 'isUnread'>,
  before: LiveRollout | undefined,
  deps: BarrierDeps,
): Promise<RolloutBarrier | undefined> {
  const found = isUnread ? [barrierFor(undefined)] : [];
  for (const revision of contents) found.push(await compare(text, revision, deps));
  for (const number of await sharedBefore(before, deps)) {
    const known = before?.revisions.get(number) ?? (await deps.store.readRevision(number));
    found.push(known === undefined ? barrierFor(undefined) : await compare(text, known, deps));
  }
  return uniteBarriers(found);
}

/**
 * The targets whose cluster-wide resources have gone out, and may be in force, beside those of the
 * base: of the rollout that is ended now, and of those that it and others before it had ended.
 */
async function sharedBefore(
  before: LiveRollout | undefined,
  { store }: Pick<BarrierDeps, 'store'>,
): Promise<readonly number[]> {
  if (before?.rollout.kind !== 'rollout' || isOver(before.rollout)) return [];
  const { target: newest } = before.rollout.revisions;
  const earlier = (await store.rollouts.all()).filter(({ revisions }) => revisions.target < newest);
  const end = earlier.findIndex(
    ({ kind, state }) => kind === 'push' || state.phase !== 'superseded',
  );
  const ended = end === -1 ? earlier : earlier.slice(0, end);
  return [before.rollout, ...ended].flatMap(({ revisions: { share, target } }) =>
    share === undefined ? [] : [target],
  );
}

async function compare(
  text: string,
  { lineage, number, digest, text: baseText }: Revision,
  { fleet, checker }: Pick<BarrierDeps, 'fleet' | 'checker'>,
): Promise<RolloutBarrier | undefined> {
  const question = {
    text,
    base: { lineage, number, digest, text: baseText },
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
