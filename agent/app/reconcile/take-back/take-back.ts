/**
 * Puts back what a first configuration changed before it was rejected: there is no revision to roll back to. In the
 * reverse order: objects of Kubernetes, once for the cluster; then the files of this node, whose services restart node by
 * node; then its cloud.
 */
import type { Reconciling } from '../reconcile-deps.ts';
import { revisionName } from '../../state/revision-name.ts';
import { createTakeBackCluster } from './take-back-cluster.ts';
import { createLeaseTurn } from './lease-turn.ts';
import { takeBackCloud } from './take-back-cloud.ts';
import { takeBackFiles } from './take-back-files.ts';
import { takeBackObjectFiles } from './take-back-object-files.ts';
import { takeBackRejected } from './take-back-lxd-profiles.ts';

const pauseMs = 5000;

/** Returns the ms until it goes on; undefined: nothing is left. @throws AppError */
export function createTakeBack(deps: Reconciling): () => Promise<number | undefined> {
  const { targets, records, writer, report, clock } = deps;
  const { cluster, calico } = targets;
  const takeBackCluster = createTakeBackCluster(deps);
  const turn = createLeaseTurn({
    writer,
    clock,
    ...(cluster !== undefined && { clusterNodes: () => cluster.nodes() }),
    hasOthers: () => calico.reachesCluster,
    logger: report.logger,
  });
  return async () => {
    await takeBackRejected(deps);
    const { inForce, rejected } = records.state.current();
    const last = rejected.at(-1);
    if (inForce === undefined && last !== undefined && writer.holdInForce() === undefined) {
      await takeBackObjectFiles(deps);
      const why = (await takeBackCluster(last)) ?? (await takeBackFiles(deps, turn, last));
      if (why !== undefined) {
        const message = `putting back what ${revisionName(last)} changed: ${why}`;
        report.show({ state: 'rolling-back', message });
        return Math.ceil(pauseMs * (0.5 + clock.random()));
      }
    }
    await takeBackCloud(deps);
    return undefined;
  };
}
