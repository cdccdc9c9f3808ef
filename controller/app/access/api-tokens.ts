/**
 * Tokens with which people use the API over the network. A token is an id and a secret; the store
 * has a hash of the secret only. The secret has 256 random bits, so one round of SHA-256 is enough:
 * nobody can guess it.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { byText } from '../../../core/by-text.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { AccessToken } from '../../../schemas/generated/access-token.ts';
import { isAccessToken } from '../../../schemas/generated/access-token.validator.js';
import type { Store } from '../../ports/store.ts';
import { allRecords } from '../store/all-records.ts';
import { accessTokenKind, accessTokenName, keysOf } from '../store/fleet-keys.ts';
import { inTransactions } from '../store/in-transactions.ts';
import { personNameOf, type KnownPerson } from './person.ts';
import type { Role } from './roles.ts';

/** A token without its hash. */
export type TokenView = Omit<AccessToken, 'formatVersion' | 'hash'> & { readonly expired?: true };

/** A token that was the right one until its time was over. */
export interface ExpiredToken {
  readonly expired: Pick<AccessToken, 'id' | 'name' | 'roles' | 'expiresAt'>;
}

export interface NewToken {
  readonly name: string;
  readonly roles: readonly Role[];
  /** Days until it expires. */
  readonly days: number;
  readonly by: string;
}

export interface ApiTokens {
  /** Reads the tokens of the store. */
  load(): Promise<void>;
  /** By name, then by time. */
  list(): readonly TokenView[];
  /**
   * Stores a token, which is on disk when this resolves.
   * @returns it, with its text, which nobody can read again @throws AppError bad-request
   */
  create(token: NewToken): Promise<TokenView & { readonly text: string }>;
  /** @throws AppError not-found, and then revokes none of them */
  revoke(ids: readonly string[]): Promise<readonly TokenView[]>;
  /** Whether there is a token with this id, also one that has expired. */
  has(id: string): boolean;
  /** The person with this token; unknown: nobody has it. */
  personWith(text: string): KnownPerson | 'unknown' | ExpiredToken;
  /** The names of people with an unexpired token that allows this, sorted. */
  namesWith(may: (roles: readonly Role[]) => boolean): readonly string[];
}

export interface ApiTokenDeps {
  readonly store: Store;
  readonly cluster: string;
  readonly logger: Pick<Logger, 'warn'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const prefix = 'cac';
const form = /^cac_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
const mostTokens = 1000;
const dayMs = 86_400_000;
const longestDays = 3650;
/** The time of the last use is written at most so often for each token. */
const usedEveryMs = 3_600_000;

export function createApiTokens({ store, cluster, logger, now }: ApiTokenDeps): ApiTokens {
  let tokens: ReadonlyMap<string, AccessToken> = new Map();
  const put = async (token: AccessToken): Promise<void> => {
    const text = JSON.stringify(token);
    await store.commit({ changes: [{ ...accessTokenName(cluster, token.id), text }] });
  };
  const viewOf = (token: AccessToken): TokenView => viewAt(token, now());
  /** Ids that are being revoked: nobody comes in with them, and nothing writes them any more. */
  const revoking = new Set<string>();
  /** Uses that are being written, by id. */
  const writing = new Map<string, Promise<void>>();
  /** Notes the use, but not more than once an hour: whoever uses a token cannot fill the disk. */
  const noteUse = (token: AccessToken): void => {
    const last = token.lastUsedAt === undefined ? 0 : Date.parse(token.lastUsedAt);
    if (now() - last < usedEveryMs) return;
    const used = { ...token, lastUsedAt: new Date(now()).toISOString() };
    tokens = new Map([...tokens, [token.id, used]]);
    const written = put(used)
      .catch((error: unknown) => {
        logger.warn('cannot store when a token was used', {
          id: token.id,
          reason: reasonOf(error),
        });
      })
      .finally(() => {
        if (writing.get(token.id) === written) writing.delete(token.id);
      });
    writing.set(token.id, written);
  };
  const remove = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) revoking.add(id);
    try {
      // A use that is written after the removal would bring the token back.
      await Promise.all(ids.flatMap((id) => writing.get(id) ?? []));
      const changes = ids.map((id) => accessTokenName(cluster, id));
      for (const some of inTransactions(changes, store.bounds)) {
        await store.commit({ changes: some });
        const keys = new Set(some.map(({ key }) => key));
        tokens = new Map([...tokens].filter(([id]) => !keys.has(accessTokenName(cluster, id).key)));
      }
    } finally {
      for (const id of ids) revoking.delete(id);
    }
  };
  return {
    load: async () => {
      tokens = await storedTokens(store, cluster, logger);
    },
    list: () => [...tokens.values()].map(viewOf).toSorted(byNameAndTime),
    create: async (wanted) => {
      refuseUnusable(wanted.roles, wanted.days, tokens.size);
      const secret = randomBytes(32).toString('base64url');
      const token = newToken(wanted, secret, now());
      await put(token);
      tokens = new Map([...tokens, [token.id, token]]);
      return { ...viewOf(token), text: `${prefix}_${token.id}_${secret}` };
    },
    revoke: async (ids) => {
      const known = ids.flatMap((id) => tokens.get(id) ?? []);
      const unknown = ids.filter((id) => !tokens.has(id));
      if (unknown.length > 0) throw noSuch(unknown);
      await remove(ids);
      return known.map(viewOf);
    },
    has: (id) => tokens.has(id) && !revoking.has(id),
    personWith: (text) => {
      const token = tokenWith(text, tokens);
      if (token === undefined || revoking.has(token.id)) return 'unknown';
      const { id, name, roles, expiresAt, by } = token;
      if (hasExpired(token, now())) return { expired: { id, name, roles, expiresAt } };
      noteUse(token);
      return { name, roles, how: `token ${id}`, issuedBy: by };
    },
    namesWith: (may) => {
      const usable = [...tokens.values()].filter(
        (token) => !hasExpired(token, now()) && !revoking.has(token.id),
      );
      return namesOf(usable.filter((token) => may(token.roles)));
    },
  };
}

function newToken({ name, roles, days, by }: NewToken, secret: string, now: number): AccessToken {
  return {
    formatVersion: 1,
    id: randomBytes(6).toString('hex'),
    name: personNameOf(name),
    roles: [...new Set(roles)],
    hash: hashOf(secret).toString('hex'),
    createdAt: new Date(now).toISOString(),
    by: by.slice(0, 256),
    expiresAt: new Date(now + days * dayMs).toISOString(),
  };
}

/** The token with this text, also one that has expired. */
function tokenWith(
  text: string,
  tokens: ReadonlyMap<string, AccessToken>,
): AccessToken | undefined {
  const [, id = '', secret = ''] = form.exec(text) ?? [];
  const token = tokens.get(id);
  // Compared also where there is no such id, so that the time says nothing about ids.
  const expected = Buffer.from(token?.hash ?? noHash, 'hex');
  const isRight = expected.length === 32 && timingSafeEqual(hashOf(secret), expected);
  return isRight ? token : undefined;
}

function viewAt(
  { formatVersion: _version, hash: _hash, ...token }: AccessToken,
  now: number,
): TokenView {
  return { ...token, ...(hasExpired(token, now) && { expired: true }) };
}

function namesOf(tokens: readonly AccessToken[]): readonly string[] {
  return [...new Set(tokens.map(({ name }) => name))].toSorted(byText);
}

async function storedTokens(
  store: Store,
  cluster: string,
  logger: ApiTokenDeps['logger'],
): Promise<ReadonlyMap<string, AccessToken>> {
  const found = new Map<string, AccessToken>();
  const query = { kind: accessTokenKind, prefix: keysOf(cluster) };
  await allRecords(store, query, ({ text, key }) => {
    const parsed = parseJson(text, jsonBounds.state);
    // A damaged one lets nobody in.
    if (parsed.ok && isAccessToken(parsed.data)) found.set(parsed.data.id, parsed.data);
    else logger.warn('a stored token cannot be read, and lets nobody in', { key });
  });
  return found;
}

/** @throws AppError bad-request */
function refuseUnusable(roles: readonly Role[], days: number, known: number): void {
  if (roles.length === 0) throw bad('give the token at least one role');
  if (!(days > 0 && days <= longestDays)) {
    throw bad(`a token is valid for 1 to ${String(longestDays)} days`);
  }
  if (known < mostTokens) return;
  throw bad(`there are ${String(mostTokens)} tokens; revoke those that nobody needs`);
}

function noSuch(ids: readonly string[]): AppError {
  const shown = ids.slice(0, 10).join(', ').slice(0, 200);
  return new AppError(
    'not-found',
    `cannot revoke ${shown}: there is no such token; calico-controller access list shows their ids`,
  );
}

const noHash = '0'.repeat(64);

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Also where the stored time is none. */
function hasExpired({ expiresAt }: Pick<AccessToken, 'expiresAt'>, now: number): boolean {
  return !(now < Date.parse(expiresAt));
}

function byNameAndTime(one: TokenView, other: TokenView): number {
  if (one.name !== other.name) return one.name < other.name ? -1 : 1;
  return one.createdAt < other.createdAt ? -1 : 1;
}

function bad(reason: string): AppError {
  return new AppError('bad-request', `cannot make the token: ${reason}`);
}
