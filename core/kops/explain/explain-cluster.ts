/** The meaning of a cluster document: the answer of `calico-agent kops explain`, as data. */
import type { Issue } from '../../issue.ts';
import { checkChange } from '../change/check-change.ts';
import { checkCluster } from '../check/check-cluster.ts';
import { cloudOf, providerOf, type JudgedCluster } from '../document/facts.ts';
import { toFlags, type CreateLine } from '../create/to-flags.ts';
import { compareLiving, livingIssues, type ComparedCluster } from '../living/compare-living.ts';
import type { LivingCluster } from '../living/living-cluster.ts';
import type { Reach } from '../../platform/cluster/reach.ts';
import { planLiving, type LivingStep } from '../living/plan-living.ts';
import { refusalOf } from '../table/provider.ts';
import type { KopsTarget } from '../versions.ts';
import type { Need } from './need.ts';
import { needsOf } from './needs.ts';
import {
  livingObjects,
  nextCommands,
  providerChange,
  type LivingObject,
  type NextCommand,
  type ProviderChange,
} from './next-steps.ts';
import { valuesOf, type ExplainedValue } from './values.ts';

export interface ExplainedLive extends ComparedCluster {
  readonly steps: readonly LivingStep[];
}

export interface ExplainedCluster {
  readonly name?: string;
  readonly apiVersion: string;
  readonly target: KopsTarget;
  readonly cloud?: string;
  readonly provider?: {
    readonly key: string;
    readonly title: string;
    readonly about: string;
    readonly isSupported: boolean;
  };
  readonly values: readonly ExplainedValue[];
  readonly needs: readonly Need[];
  readonly change?: ProviderChange;
  readonly commands: readonly NextCommand[];
  readonly objects: readonly LivingObject[];
  /** Absent: the running cluster was not asked for. */
  readonly live?: ExplainedLive;
  /** The line of `kops create cluster` for this document. */
  readonly create?: CreateLine;
  readonly issues: readonly Issue[];
}

/** The other side of a comparison with a document. */
export interface Beside {
  /** The document in force. */
  readonly before?: JudgedCluster | undefined;
  /** The running cluster. */
  readonly live?: LivingCluster | undefined;
  /** How the running cluster was reached. */
  readonly reach?: Reach;
}

/** @param file the document, as a word of a shell */
export function explainCluster(
  cluster: JudgedCluster,
  file: string,
  { before, live, reach = {} }: Beside = {},
): ExplainedCluster {
  const { name, api, target } = cluster;
  const cloud = cloudOf(cluster);
  const found = providerOf(cluster);
  const change = providerChange(before, cluster);
  const create = toFlags(cluster);
  const explainedLive = live && explainLive(cluster, live, file, reach);
  return {
    ...(name !== undefined && { name }),
    apiVersion: `v1alpha${api}`,
    target,
    ...(cloud !== undefined && { cloud }),
    ...(found !== undefined && {
      provider: {
        key: found.entry.key,
        title: found.provider.title,
        about: found.provider.about,
        isSupported: refusalOf(found.provider, target) === undefined,
      },
    }),
    values: valuesOf(cluster),
    needs: needsOf(cluster),
    ...(change !== undefined && { change }),
    commands: nextCommands(cluster, file),
    // The steps of the running cluster know what is there.
    objects: live === undefined ? livingObjects(before, cluster) : [],
    ...(explainedLive !== undefined && { live: explainedLive.live }),
    ...(create !== undefined && { create }),
    issues: [
      ...checkCluster(cluster),
      ...(before === undefined ? [] : checkChange(before, cluster)),
      ...(explainedLive?.issues ?? []),
    ],
  };
}

/** Differences are part of the answer; those that break the network are issues too. */
function explainLive(
  cluster: JudgedCluster,
  live: LivingCluster,
  file: string,
  reach: Reach,
): { readonly live: ExplainedLive; readonly issues: readonly Issue[] } {
  const compared = compareLiving(cluster, live);
  const { differences, notCompared } = compared;
  return {
    live: {
      differences,
      notCompared,
      steps: planLiving(cluster, compared, live.pools, file, reach),
    },
    issues: livingIssues(
      { differences: differences.filter(({ breaks }) => breaks === true), notCompared: [] },
      cluster,
      file,
      reach,
    ),
  };
}
