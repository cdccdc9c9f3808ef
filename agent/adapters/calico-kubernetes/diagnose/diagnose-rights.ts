import { documentHint } from '../../../../core/document-hint.ts';
import { groupBy } from '../../../../core/group-by.ts';
import { valueAt } from '../../../../core/input/plain-data.ts';
import { reasonOf } from '../../../../runtime/errors.ts';
import type { KubernetesClient } from '../../../../runtime/kubernetes/client.ts';
import type { Finding } from '../../../ports/diagnosis.ts';
import type { CalicoApi } from '../calico-api.ts';
import { neededRights, type NeededRight } from './needed-rights.ts';
import type { Session } from '../api-server.ts';

const check = 'rights';

/** Asks the server for each right, which every user may do. */
export async function diagnoseRights(
  { client }: Session,
  api: CalicoApi,
  namespace: string,
): Promise<readonly Finding[]> {
  const needed = neededRights(api, namespace);
  try {
    const missing = await missingRights(client, needed);
    if (missing.length === 0) {
      return [{ check, result: 'ok', message: 'the agent has all rights that it needs' }];
    }
    const message = `missing: ${missingText(missing)}`;
    const hint = `apply the ClusterRole and the Role of ${documentHint('kubernetes.md')} and bind them to this user`;
    return [{ check, result: 'failed', message, hint }];
  } catch (error) {
    return [{ check, result: 'warning', message: reasonOf(error) }];
  }
}

export async function missingRights(
  client: KubernetesClient,
  needed: readonly NeededRight[],
): Promise<readonly NeededRight[]> {
  const allowed = await Promise.all(needed.map((right) => mayI(client, right)));
  return needed.filter((_, index) => allowed[index] === false);
}

async function mayI(
  client: KubernetesClient,
  { group, resource, verb, namespace, name }: NeededRight,
): Promise<boolean> {
  const resourceAttributes = {
    group,
    resource,
    verb,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
  };
  const { data } = await client.send({
    what: 'ask for the rights that the agent has',
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    },
  });
  return valueAt(data, 'status', 'allowed') === true;
}

/** The missing rights, as `create, patch bgppeers.crd.projectcalico.org; list nodes`. */
export function missingText(missing: readonly NeededRight[]): string {
  const byResource = groupBy(missing, ({ group, resource, namespace }) => {
    const whole = group === '' ? resource : `${resource}.${group}`;
    return namespace === undefined ? whole : `${whole} in namespace ${namespace}`;
  });
  return [...byResource]
    .map(([resource, rights]) => `${rights.map(({ verb }) => verb).join(', ')} ${resource}`)
    .join('; ');
}
