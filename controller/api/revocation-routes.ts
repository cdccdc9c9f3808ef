/** The routes about revoked nodes. */
import { AppError } from '../../runtime/errors.ts';
import { json, type HttpRequest, type Route } from '../../runtime/http/route.ts';
import type { Fleet } from '../app/fleet/fleet.ts';
import type { Revocation, Revocations } from '../app/identity/revocations.ts';

/** GET, POST and DELETE /v1/revocations: the revocations that are in force. */
export interface RevocationsAnswer {
  readonly revoked: readonly Revocation[];
}

export interface RevocationRoutesDeps {
  readonly revocations: Revocations;
  readonly fleet: Pick<Fleet, 'requireKnown'>;
}

const path = '/v1/revocations';

export function revocationRoutes({ revocations, fleet }: RevocationRoutesDeps): readonly Route[] {
  const answer = (): RevocationsAnswer => ({ revoked: revocations.list() });
  return [
    {
      method: 'GET',
      path,
      access: 'read',
      handle: () => {
        fleet.requireKnown('list revoked nodes');
        return json(answer());
      },
    },
    {
      method: 'POST',
      path,
      access: 'write',
      query: ['name'],
      handle: async ({ query }) => {
        fleet.requireKnown('revoke a node');
        await revocations.revoke(named(query), query.get('by') ?? 'unknown');
        return json(answer());
      },
    },
    {
      method: 'DELETE',
      path,
      access: 'write',
      query: ['name'],
      handle: async ({ query }) => {
        fleet.requireKnown('undo a revocation');
        await revocations.restore(named(query));
        return json(answer());
      },
    },
  ];
}

function named(query: HttpRequest['query']): readonly string[] {
  const names = query.getAll('name');
  if (names.length > 0) return names;
  throw new AppError('bad-request', 'name the nodes with ?name=NODE');
}
