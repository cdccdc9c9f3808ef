/** Takes edits of Kubernetes objects back, under the writer lease: one agent does it for all nodes. */
import { hasErrors } from '../../../../core/issue.ts';
import type { ClusterChange } from '../../../../core/platform/cluster/cluster-change.ts';
import type { Rejection } from '../../../../core/revision/revision.ts';
import type { Step } from '../../../../core/plan/plan.ts';
import { refText } from '../../../../core/platform/cluster/object-ref.ts';
import type { WriterRecord } from '../../../../core/writer/writer-record.ts';
import { RightRefused } from '../../../../runtime/kubernetes/right-refused.ts';
import type { ClusterWriter } from '../../apply/cluster-writer.ts';
import { editedCluster } from '../../derive/edited-cluster.ts';
import type { StateStore } from '../../state/agent-state.ts';
import { revisionName } from '../../state/revision-name.ts';
import type { Report } from '../../status/report.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Cluster } from '../../../ports/platform/cluster.ts';

type Editable = Pick<Cluster, 'observe' | 'apply' | 'rollout'>;

export interface TakeBackClusterDeps {
  readonly targets: { readonly cluster?: Editable };
  readonly records: { readonly state: Pick<StateStore, 'current' | 'change'> };
  readonly node: { facts(): { readonly name: string } };
  readonly writer: Pick<
    ClusterWriter,
    'takeTurn' | 'done' | 'read' | 'answerOnce' | 'announceTakeBack'
  >;
  readonly report: Pick<Report, 'logger'>;
  readonly clock: Pick<Clock, 'elapsed'>;
}

/** Pods may need the files of before: after so long the agent puts those back as well. */
const longestMs = 15 * 60_000;

/** Returns what it waits for; undefined: nothing is left that this agent could take back. @throws AppError */
export function createTakeBackCluster(
  deps: TakeBackClusterDeps,
): (rejected: Rejection) => Promise<string | undefined> {
  const { targets, records, writer, report, clock, node } = deps;
  const edited = editedCluster(records);
  /** The revision that is taken back, since when, and whether its time was reported to be over. */
  let since: { digest: string; ms: number; isOver: boolean } | undefined;
  const isTimeOver = ({ digest }: Rejection): boolean => {
    if (since?.digest !== digest) since = { digest, ms: clock.elapsed(), isOver: false };
    if (clock.elapsed() - since.ms <= longestMs) return false;
    if (!since.isOver) {
      report.logger.warn(
        'objects of Kubernetes stay as a rejected configuration left them: the time to put them back is over',
        { minutes: longestMs / 60_000 },
      );
    }
    since.isOver = true;
    return true;
  };
  const forgotten = async (): Promise<undefined> => {
    await edited.forget();
    return undefined;
  };
  /** The recorded revision where it was rejected here, perhaps before another that wrote nothing. */
  const rejectedIn = (record: WriterRecord | undefined): Rejection | undefined =>
    records.state.current().rejected.find(({ digest }) => digest === record?.revision?.digest);
  const attempt = async (cluster: Editable): Promise<string | undefined> => {
    const { backSeen } = await import('../../../../core/plan/cluster/plan-by-hand.ts');
    const { digest } = backSeen({});
    const { record } = await writer.read();
    // Another agent may have done it.
    if (record?.doneOnce?.includes(digest) === true) return forgotten();
    // As long as others work on the revision, they would make the edits again.
    const written = rejectedIn(record);
    if (written !== undefined) {
      if (record?.by !== node.facts().name)
        return `the agent of node "${record?.by ?? ''}" wrote it`;
      if (records.state.current().begun?.digest !== written.digest) {
        report.logger.warn(
          'objects of Kubernetes stay as they are: the rejected configuration was there before this agent got it',
          { revision: revisionName(written) },
        );
        return forgotten();
      }
      await writer.announceTakeBack(written, written.reason);
      return 'the other agents learn of it';
    }
    // Objects are those of another revision by now, and its agents look after them.
    if (record?.revision !== undefined) return forgotten();
    const holder = await writer.takeTurn();
    if (holder !== undefined) return `the agent of node "${holder}" has the writer lease`;
    try {
      // An agent may have written a revision between the reading and the claim.
      const { record: now } = await writer.read();
      if (rejectedIn(now) !== undefined) return 'another agent began the revision again';
      if (now?.revision !== undefined) return await forgotten();
      const { planCluster } = await import('../../../../core/plan/cluster/plan-cluster.ts');
      const { steps, issues } = planCluster([], await cluster.observe([], true));
      if (hasErrors(issues)) {
        const reasons = issues.map(({ message }) => message);
        report.logger.error('cannot put objects of Kubernetes back', { reasons });
        return undefined;
      }
      if (steps.length > 0) return await carryOut(cluster, steps, report);
      await writer.answerOnce(digest);
      return await forgotten();
    } finally {
      await writer.done();
    }
  };
  return async (rejected) => {
    const { cluster } = targets;
    if (!edited.isLeft() || cluster === undefined) return undefined;
    if (isTimeOver(rejected)) return undefined;
    try {
      return await attempt(cluster);
    } catch (error) {
      if (!(error instanceof RightRefused)) throw error;
      report.logger.warn('a person has to put objects of Kubernetes back', {
        reason: error.message,
      });
      return undefined;
    }
  };
}

async function carryOut(
  cluster: Pick<Cluster, 'apply' | 'rollout'>,
  steps: readonly Step<ClusterChange>[],
  { logger }: Pick<Report, 'logger'>,
): Promise<string> {
  for (const { gates, changes } of steps) {
    for (const gate of gates) {
      if (gate.kind !== 'rollout') continue;
      const now = await cluster.rollout(gate.workload);
      if (now.state !== 'complete') return `the pods of ${refText(gate.workload)}: ${now.why}`;
    }
    for (const change of changes) {
      if ('object' in change) {
        logger.warn('putting back what a rejected configuration changed in Kubernetes', {
          object: refText(change.object),
        });
      }
      await cluster.apply(change);
    }
  }
  return 'it reads the objects of Kubernetes again';
}
