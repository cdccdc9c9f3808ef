/** The running cluster beside a metallb section: `--live`, which explain and install share. */
import type { MetalLbSettings } from '../../../core/config/metallb/settings.ts';
import type { Issue } from '../../../core/issue.ts';
import type { ListedServices } from '../../../core/metallb/explain/services.ts';
import type { LivingMetalLb } from '../../../core/metallb/living/living-metallb.ts';
import { AppError } from '../../../runtime/errors.ts';
import { write } from '../../../runtime/cli/print.ts';
import { whereText } from '../input/live-options.ts';
import type { RunningCluster } from '../../ports/platform/running-cluster.ts';
import type { ClusterChoice, CommandContext } from '../command-context.ts';

/** @throws AppError where no part of it can be read */
export async function readLiving(
  choice: ClusterChoice,
  context: CommandContext,
): Promise<LivingMetalLb & { readonly runningCluster: RunningCluster }> {
  const cluster = await context.connectLivingMetalLb(choice);
  try {
    const runningCluster = await cluster.where();
    await write(context.stderr, whereText(runningCluster));
    return { ...(await cluster.read()), runningCluster };
  } finally {
    await cluster.close();
  }
}

/** @throws AppError where the Services are not known; without Namespaces their labels are not */
export function listedOf({ services, namespaces }: LivingMetalLb): ListedServices {
  if (!services.isRead) throw new AppError('datastore-failed', services.why);
  return {
    services: services.value,
    namespaces: namespaces.isRead ? namespaces.value : new Map(),
  };
}

export async function liveIssues(
  metallb: MetalLbSettings,
  living: LivingMetalLb | undefined,
  howToInstall?: string,
): Promise<readonly Issue[]> {
  if (living === undefined) return [];
  const { checkLivingMetalLb } = await import('../../../core/metallb/living/check-living.ts');
  return checkLivingMetalLb(metallb, living, howToInstall);
}
