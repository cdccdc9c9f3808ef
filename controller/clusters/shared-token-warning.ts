/** A shared token lets agents in, and does not say which node an agent is. */
import { documentHint } from '../../core/document-hint.ts';
import type { ControllerSettings, SeveralClusters } from '../settings.ts';

/** @returns undefined: all agents present certificates */
export function sharedTokenWarning(
  settings: Pick<ControllerSettings, 'tokenFile'> | Pick<SeveralClusters, 'clusters'>,
): string | undefined {
  const where = 'clusters' in settings ? placesIn(settings.clusters) : placeOf(settings);
  if (where === undefined) return undefined;
  return (
    `agents may present the shared token${where}: it is no identity, and each of them can say that it is any node; ` +
    `the way to certificates of their own: ${documentHint('identities.md')}`
  );
}

function placeOf({ tokenFile }: Pick<ControllerSettings, 'tokenFile'>): string | undefined {
  return tokenFile === undefined ? undefined : '';
}

function placesIn(clusters: SeveralClusters['clusters']): string | undefined {
  const names = clusters.filter(({ tokenFile }) => tokenFile !== undefined);
  if (names.length === 0) return undefined;
  return ` of ${names.map(({ cluster }) => `"${cluster}"`).join(', ')}`;
}
