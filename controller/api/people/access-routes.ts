/** The routes about tokens of people. Only permitted users of the controller's machine reach them. */
import { AppError } from '../../../runtime/errors.ts';
import { json, type HttpRequest, type Route } from '../../../runtime/http/route.ts';
import type { ApiTokens, TokenView } from '../../app/access/api-tokens.ts';
import { isRole, roles, type Role } from '../../app/access/roles.ts';
import { senderOf } from './person-of-request.ts';

/** GET and DELETE /v1/access/tokens */
export interface TokensAnswer {
  readonly tokens: readonly TokenView[];
}

/** POST /v1/access/tokens */
export interface NewTokenAnswer {
  readonly token: TokenView;
  /** What the person presents; nobody can read it again. */
  readonly text: string;
}

export interface AccessRoutesDeps {
  readonly tokens: ApiTokens;
  /** @throws AppError not-ready */
  readonly ready: (what: string) => void;
}

const path = '/v1/access/tokens';

export function accessRoutes({ tokens, ready }: AccessRoutesDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path,
      access: 'read',
      role: 'socket',
      handle: () => {
        ready('list tokens');
        return json({ tokens: tokens.list() } satisfies TokensAnswer);
      },
    },
    {
      method: 'POST',
      path,
      access: 'write',
      role: 'socket',
      query: ['name', 'role', 'days'],
      handle: async (request) => {
        const { query } = request;
        ready('make a token');
        const { text, ...token } = await tokens.create({
          name: query.get('name') ?? '',
          roles: rolesOf(query),
          days: Number(query.get('days') ?? 90),
          by: (await senderOf(request)).name,
        });
        const audited = { token: token.id, for: token.name, roles: token.roles.join(',') };
        return { ...json({ token, text } satisfies NewTokenAnswer), audited };
      },
    },
    {
      method: 'DELETE',
      path,
      access: 'write',
      role: 'socket',
      query: ['id'],
      handle: async ({ query }) => {
        ready('revoke a token');
        const ids = [...new Set(query.getAll('id'))];
        if (ids.length === 0) {
          throw new AppError('bad-request', 'cannot revoke a token: name it with ?id=ID');
        }
        return json({ tokens: await tokens.revoke(ids) } satisfies TokensAnswer);
      },
    },
  ];
}

function rolesOf(query: HttpRequest['query']): readonly Role[] {
  return query.getAll('role').map((text) => {
    if (isRole(text)) return text;
    throw new AppError(
      'bad-request',
      `"${text.slice(0, 50)}" is no role; the roles are ${roles.join(', ')}`,
    );
  });
}
