import type { NodeAddress } from '../../../core/facts/facts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterSurvey } from '../../ports/datastore/cluster-survey.ts';

const askMs = 3000;

/** The addresses of Calico's Node; undefined: the datastore did not answer in time. Never throws. */
export async function askCalico(
  survey: ClusterSurvey,
  node: string,
  clock: Clock,
): Promise<readonly NodeAddress[] | undefined> {
  // With the driver "files" there are no Calico Nodes to read.
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
