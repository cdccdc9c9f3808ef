/** The routes about enrolment tokens. */
import { AppError } from '../../runtime/errors.ts';
import { json, type HttpRequest, type Route } from '../../runtime/http/route.ts';
import type { EnrolmentTokens, ListedTokens, ShownToken } from '../app/enrolment/tokens.ts';
import type { Fleet } from '../app/fleet/fleet.ts';
import type { AuthorityDescription } from '../ports/authority.ts';

/** GET and DELETE /v1/enrolment-tokens */
export interface TokensAnswer {
  readonly tokens: readonly ShownToken[];
  /** IDs of tokens whose record cannot be read; absent: none. */
  readonly unreadable?: readonly string[];
}

/** POST /v1/enrolment-tokens */
export interface NewTokenAnswer {
  readonly token: ShownToken;
  /** The token with its secret; it is not stored. */
  readonly text: string;
  /** Of the controller's authority; absent: the certificate of the controller is of another one. */
  readonly caDigest?: string;
  /** Where agents connect. */
  readonly url: string;
  /** The cluster that they name in their settings. */
  readonly cluster: string;
}

export interface TokenRoutesDeps {
  readonly enrolment: {
    /** Undefined: the controller has no authority of its own. */
    readonly tokens: EnrolmentTokens | undefined;
    readonly describe: () => Promise<AuthorityDescription>;
  };
  readonly fleet: Pick<Fleet, 'requireKnown'>;
  /** `listen`: `host:port` of the agents' endpoint. */
  readonly identity: () => { readonly listen: string; readonly cluster: string };
}

const path = '/v1/enrolment-tokens';
const daySeconds = 86_400;

export function tokenRoutes({ enrolment, fleet, identity }: TokenRoutesDeps): readonly Route[] {
  const tokensFor = (what: string): EnrolmentTokens => {
    fleet.requireKnown(what);
    if (enrolment.tokens !== undefined) return enrolment.tokens;
    throw new AppError(
      'not-found',
      `cannot ${what}: this controller has no authority of its own, and issues no certificates; calico-controller init makes one`,
    );
  };
  return [
    {
      method: 'GET',
      path,
      access: 'read',
      handle: async () => json(answerOf(await tokensFor('list the tokens').list())),
    },
    {
      method: 'POST',
      path,
      access: 'write',
      role: 'socket',
      query: ['uses', 'expires', 'node'],
      handle: async ({ query }) => {
        const tokens = tokensFor('make a token');
        const { digest, names } = await enrolment.describe();
        const made = await tokens.create({
          uses: numberIn(query, 'uses', 1),
          expiresInSeconds: numberIn(query, 'expires', daySeconds),
          nodes: query.getAll('node'),
          by: query.get('by') ?? 'unknown',
        });
        const { listen, cluster } = identity();
        const url = urlOf(names[0], listen);
        const isForServer = names.length > 0;
        const answer = { ...made, ...(isForServer && { caDigest: digest }), url, cluster };
        return { ...json(answer satisfies NewTokenAnswer), audited: { token: made.token.id } };
      },
    },
    {
      method: 'DELETE',
      path,
      access: 'write',
      role: 'socket',
      query: ['id'],
      handle: async ({ query }) => {
        const tokens = tokensFor('revoke a token');
        const ids = query.getAll('id');
        if (ids.length === 0) throw new AppError('bad-request', 'name the tokens with ?id=ID');
        await tokens.revoke(ids);
        return json(answerOf(await tokens.list()));
      },
    },
  ];
}

function answerOf({ tokens, unreadable }: ListedTokens): TokensAnswer {
  return { tokens, ...(unreadable.length > 0 && { unreadable }) };
}

function numberIn(query: HttpRequest['query'], name: string, usual: number): number {
  const text = query.get(name);
  if (text === null) return usual;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new AppError('bad-request', `cannot make a token: ${name} is a number`);
}

/**
 * @param name in the certificate of the controller @param listen `0.0.0.0:7843`
 * @returns with `CONTROLLER` for a host that only a person knows
 */
function urlOf(name: string | undefined, listen: string): string {
  const port = listen.slice(listen.lastIndexOf(':') + 1);
  const own = listen.slice(0, listen.lastIndexOf(':'));
  const host = name ?? (/^(?:0\.0\.0\.0|\[?::\]?)$/.test(own) ? 'CONTROLLER' : own);
  return `wss://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
}
