/**
 * Whether a Secret is there, and of which type. Asks for the table that kubectl shows, so that the server does not send
 * the credentials in it, and no memory or log of the agent ever holds them.
 */
import { pathPart } from '../../../../core/input/path-part.ts';
import { listAt, textAt } from '../../../../core/input/plain-data.ts';
import type { ObservedSecret } from '../../../../core/platform/cluster/observed-cluster.ts';
import { ApiRefusal } from '../../../../runtime/kubernetes/api-refusal.ts';
import { RightRefused } from '../../../../runtime/kubernetes/right-refused.ts';
import type { Reader } from '../reader.ts';

const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** A right that is refused is an answer too. @throws AppError where the server does not answer */
export async function readPullSecret(
  reader: Reader,
  namespace: string,
  name: string,
): Promise<ObservedSecret> {
  const found = (state: ObservedSecret['found']): ObservedSecret => ({
    namespace,
    name,
    found: state,
  });
  try {
    const table = await reader.send({
      what: `look for Secret "${namespace}/${name}"`,
      path: `/api/v1/namespaces/${pathPart(namespace)}/secrets/${pathPart(name)}`,
      query: { includeObject: 'None' },
      accept: asTable,
    });
    const column = listAt(table, 'columnDefinitions').findIndex(
      (one) => textAt(one, 'name') === 'Type',
    );
    const type: unknown = listAt(listAt(table, 'rows')[0], 'cells')[column];
    if (typeof type === 'string') return found({ state: 'there', type });
    return found({ state: 'unknown', why: 'the API server does not show its type' });
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return found({ state: 'absent' });
    if (error instanceof RightRefused) return found({ state: 'unknown', why: error.message });
    throw error;
  }
}
