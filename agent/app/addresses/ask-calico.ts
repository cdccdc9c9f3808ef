import type { NodeAddress } from '../../../core/facts/facts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterSurvey } from '../../ports/datastore/cluster-survey.ts';

const askMs = 3000;

/** The addresses of Calico's own Node; undefined: nobody could tell in time. Never throws. */
export async function askCalico(
  survey: ClusterSurvey,
  node: string,
  clock: Clock,
): Promise<readonly NodeAddress[] | undefined> {
  // Files have no Nodes of Calico: there is nothing to be asked.
  if (survey.findNode === undefined) return [];
  let callOff = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    callOff = clock.after(askMs, () => resolve(undefined));
  });
  const found = survey.findNode(node).then(
    (one) => one?.addresses ?? [],
    () => undefined,
  );
  const addresses = await Promise.race([found, late]);
  callOff();
  return addresses;
}
