/** What a cluster document means: the answer of `calico-agent kops explain`, as data. */
import type { Issue } from '../../issue.ts';
import { checkChange } from '../change/check-change.ts';
import { checkCluster } from '../check/check-cluster.ts';
import { cloudOf, providerOf, type JudgedCluster } from '../document/facts.ts';
import { toFlags, type CreateLine } from '../create/to-flags.ts';
import { refusalOf } from '../table/provider.ts';
import type { KopsTarget } from '../versions.ts';
import { needsOf, type Need } from './needs.ts';
import {
  livingObjects,
  nextCommands,
  providerChange,
  type LivingObject,
  type NextCommand,
  type ProviderChange,
} from './next-steps.ts';
import { valuesOf, type ExplainedValue } from './values.ts';

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
  /** The line of `kops create cluster` for this document. */
  readonly create?: CreateLine;
  readonly issues: readonly Issue[];
}

/** @param before the document in force; absent: there is nothing to compare with */
export function explainCluster(
  cluster: JudgedCluster,
  file: string,
  before?: JudgedCluster,
): ExplainedCluster {
  const { name, api, target } = cluster;
  const cloud = cloudOf(cluster);
  const found = providerOf(cluster);
  const change = providerChange(before, cluster);
  const create = toFlags(cluster);
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
    objects: livingObjects(before, cluster),
    ...(create !== undefined && { create }),
    issues: [
      ...checkCluster(cluster),
      ...(before === undefined ? [] : checkChange(before, cluster)),
    ],
  };
}
