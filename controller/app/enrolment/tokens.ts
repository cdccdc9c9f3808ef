/**
 * Enrolment tokens: with one a node gets its first certificate. The store has a digest of the
 * secret only, and the number of uses, which changes in the transaction that records the
 * certificate (enrol.ts).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isNodePattern } from '../../../core/enrolment/node-patterns.ts';
import { isTokenId, tokenText, type TokenParts } from '../../../core/enrolment/token.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { EnrolmentToken } from '../../../schemas/generated/enrolment-token.ts';
import { isEnrolmentToken } from '../../../schemas/generated/enrolment-token.validator.js';
import type { Store, StoredRecord } from '../../ports/store.ts';
import { allRecords } from '../store/all-records.ts';
import { enrolmentTokenKind, enrolmentTokenName, keysOf } from '../store/fleet-keys.ts';
import { inTransactions } from '../store/in-transactions.ts';

export interface WantedToken {
  readonly uses: number;
  readonly expiresInSeconds: number;
  /** Names of nodes, or patterns; none: any node. */
  readonly nodes: readonly string[];
  readonly by: string;
}

/** A token without its secret. */
export type ShownToken = Omit<EnrolmentToken, 'secret' | 'formatVersion'>;

export interface NewToken {
  readonly token: ShownToken;
  /** The text with the secret, which nobody can read again. */
  readonly text: string;
}

export interface ListedTokens {
  /** The newest first, also expired ones. */
  readonly tokens: readonly ShownToken[];
  /** IDs of tokens whose record cannot be read; nobody can use them. */
  readonly unreadable: readonly string[];
}

export interface EnrolmentTokens {
  /** The token is in the store when this resolves. @throws AppError bad-request, limit-reached */
  create(wanted: WantedToken): Promise<NewToken>;
  list(): Promise<ListedTokens>;
  /** @throws AppError not-found, and then removes none of them */
  revoke(ids: readonly string[]): Promise<void>;
}

export interface TokenDeps {
  readonly store: Store;
  readonly cluster: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A token that was found by its secret. */
export interface FoundToken {
  readonly token: EnrolmentToken;
  /** Of its record. */
  readonly version: number;
}

const mostUses = 100_000;
const mostTokens = 1000;
const mostNodes = 1000;
const longestSeconds = 365 * 86_400;
const secretBytes = 32;
/** Expired tokens are listed for so long. */
const shownExpiredMs = 30 * 86_400_000;

export function createEnrolmentTokens(deps: TokenDeps): EnrolmentTokens {
  const { store, cluster, now } = deps;
  return {
    create: async (wanted) => {
      const nodes = checkedNodes(wanted);
      await makeRoom(deps);
      const parts = { id: newId(), secret: randomBytes(secretBytes).toString('base64url') };
      const token: EnrolmentToken = {
        formatVersion: 1,
        id: parts.id,
        secret: digest(parts.secret).toString('hex'),
        at: new Date(now()).toISOString(),
        by: wanted.by.slice(0, 256),
        expiresAt: new Date(now() + wanted.expiresInSeconds * 1000).toISOString(),
        uses: wanted.uses,
        used: 0,
        ...(nodes.length > 0 && { nodes: [...nodes] }),
      };
      const name = enrolmentTokenName(cluster, token.id);
      const { ok } = await store.commit({
        compare: [{ ...name, version: 0 }],
        changes: [{ ...name, text: JSON.stringify(token) }],
      });
      if (!ok) throw new AppError('datastore-conflict', 'cannot make a token: make it again');
      return { token: shown(token), text: tokenText(parts) };
    },
    list: () => listTokens(store, cluster),
    revoke: async (ids) => {
      const named = [...new Set(ids)];
      const found = await Promise.all(
        named.map(async (id) =>
          isTokenId(id) ? store.get(enrolmentTokenName(cluster, id)) : undefined,
        ),
      );
      const missing = named.filter((_id, at) => found[at] === undefined);
      if (missing.length > 0) {
        const names = missing.map((id) => id.slice(0, 20)).join(', ');
        throw new AppError(
          'not-found',
          `cannot revoke the token ${names}: there is no such token; calico-controller token list shows them`,
        );
      }
      const changes = named.map((id) => enrolmentTokenName(cluster, id));
      for (const some of inTransactions(changes, store.bounds)) {
        await store.commit({ changes: some });
      }
    },
  };
}

/** The token with this secret; undefined: there is none. Takes the same time for each secret. */
export async function findToken(
  { store, cluster }: Pick<TokenDeps, 'store' | 'cluster'>,
  { id, secret }: TokenParts,
): Promise<FoundToken | undefined> {
  const record = await store.get(enrolmentTokenName(cluster, id));
  const token = record === undefined ? undefined : tokenOf(record);
  const expected = token === undefined ? Buffer.alloc(32) : Buffer.from(token.secret, 'hex');
  const isIt = expected.length === 32 && timingSafeEqual(digest(secret), expected);
  if (!isIt || token === undefined || record === undefined) return undefined;
  return { token, version: record.version };
}

async function listTokens(store: Store, cluster: string): Promise<ListedTokens> {
  const tokens: ShownToken[] = [];
  const unreadable: string[] = [];
  const query = { kind: enrolmentTokenKind, prefix: keysOf(cluster) };
  await allRecords(store, query, (record) => {
    const token = tokenOf(record);
    if (token === undefined) unreadable.push(record.key.slice(keysOf(cluster).length));
    else tokens.push(shown(token));
  });
  return { tokens: tokens.toSorted((one, other) => (one.at < other.at ? 1 : -1)), unreadable };
}

/** Removes tokens that expired long ago. @throws AppError limit-reached */
async function makeRoom({ store, cluster, now }: TokenDeps): Promise<void> {
  const { tokens, unreadable } = await listTokens(store, cluster);
  const old = tokens.filter(({ expiresAt }) => Date.parse(expiresAt) + shownExpiredMs < now());
  for (const { id } of old) await store.commit({ changes: [enrolmentTokenName(cluster, id)] });
  if (tokens.length - old.length + unreadable.length < mostTokens) return;
  throw new AppError(
    'limit-reached',
    `cannot make a token: there are ${String(mostTokens)}; revoke some: calico-controller token list`,
  );
}

function checkedNodes({ uses, expiresInSeconds, nodes: given }: WantedToken): readonly string[] {
  if (!Number.isInteger(uses) || uses < 1 || uses > mostUses)
    throw refused(`uses is a number from 1 to ${String(mostUses)}`);
  if (!(expiresInSeconds >= 1 && expiresInSeconds <= longestSeconds))
    throw refused('it has to expire within 365 days');
  const nodes = [...new Set(given.map((name) => name.toLowerCase()))];
  const wrong = nodes.find((name) => !isNodePattern(name));
  if (wrong !== undefined)
    throw refused(`"${wrong.slice(0, 100)}" is neither the name of a node nor a pattern with *`);
  if (nodes.length > mostNodes)
    throw refused(`it names more than ${String(mostNodes)} nodes; use a pattern with *`);
  return nodes;
}

function refused(reason: string): AppError {
  return new AppError('bad-request', `cannot make a token: ${reason}`);
}

/** Undefined: the record cannot be read. */
function tokenOf({ text }: StoredRecord): EnrolmentToken | undefined {
  const data = jsonValue(text, jsonBounds.enrolment);
  return isEnrolmentToken(data) ? data : undefined;
}

function shown({ secret: _secret, formatVersion: _version, ...rest }: EnrolmentToken): ShownToken {
  return rest;
}

function newId(): string {
  return randomBytes(5).toString('hex');
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
