/**
 * Issues certificates: the first one of a node by a token, and later ones by the certificate that
 * it has. A certificate is in the store before it leaves the controller, in the same transaction as
 * the use of its token, so that two controllers, or two requests at once, do not use a token twice.
 */
import { createHash } from 'node:crypto';
import {
  enrolmentRefusals,
  judgeEnrolment,
  type EnrolmentRefusal,
} from '../../../core/enrolment/judge-enrolment.ts';
import { readToken, type TokenParts } from '../../../core/enrolment/token.ts';
import { identityOf, type NodeIdentity } from '../../../core/protocol/node-identity.ts';
import { AppError } from '../../../runtime/errors.ts';
import { createLimit, type Limit } from '../../../runtime/pacing/limit.ts';
import type { IssuedCertificate } from '../../../schemas/generated/issued-certificate.ts';
import type { Authority, CertificateRequest, SignedCertificate } from '../../ports/authority.ts';
import type { Store } from '../../ports/store.ts';
import { enrolmentTokenName, issuedCertificateName } from '../store/fleet-keys.ts';
import { issuedOf } from './issued-certificate.ts';
import { findToken, type FoundToken } from './tokens.ts';

export interface IssueDeps {
  readonly store: Store;
  readonly cluster: string;
  readonly authority: Authority;
  /** The controller serves other clusters too; a token is made for one. */
  readonly mustNameCluster: boolean;
  /** The node's agent is connected with a certificate. */
  readonly isCertified: (node: string) => boolean;
  /** A certificate of the node that begins before this time is refused, in ms; undefined: none is. */
  readonly revokedAt: (node: string) => number | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Issuing {
  /**
   * @param token the text that was presented
   * @returns what issues the certificate for a request (PEM)
   * @throws AppError unauthorized for an unknown token; the returned function also bad-request, and
   *   EnrolmentRefused
   */
  admit(token: string): Promise<(request: string) => Promise<IssuedTo>>;
  /**
   * A further certificate for the same name and key. @throws AppError
   */
  renew(presented: PresentedCertificate): Promise<IssuedTo>;
}

/** The certificate with which a node asks for the next one. */
export interface PresentedCertificate {
  readonly node: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  /** In ms since 1970. */
  readonly validFrom: number;
}

export interface IssuedTo extends SignedCertificate {
  readonly node: string;
  /** The ID of the token; absent: the node renewed its certificate. */
  readonly token?: string;
}

/** Refused to somebody who presented a valid secret. */
export class EnrolmentRefused extends AppError {
  readonly refusal: EnrolmentRefusal;

  constructor(refusal: EnrolmentRefusal, hint: string) {
    super('access-denied', `cannot enrol: ${enrolmentRefusals[refusal]}${hint}`);
    this.refusal = refusal;
  }
}

/** Another controller may use the same token at the same time. */
const mostAttempts = 64;

export function createIssuing(deps: IssueDeps): Issuing {
  const { cluster, authority } = deps;
  const inTurn = turnsByKey();
  const enrol = async (parts: TokenParts, request: string): Promise<IssuedTo> => {
    const asked = await authority.readRequest(request);
    if (typeof asked === 'string') throw badRequest(asked);
    const wanted = namedIn(asked);
    return inTurn(parts.id, async () => {
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const found = await findToken(deps, parts);
        if (found === undefined) throw unknownToken();
        const issued = await issueOnce(deps, wanted, asked.publicKey, found);
        if (issued !== undefined) return issued;
      }
      throw busy();
    });
  };
  return {
    admit: async (text) => {
      const parts = readToken(text);
      const found = parts && (await findToken(deps, parts));
      if (parts === undefined || found === undefined) throw unknownToken();
      return (request) => enrol(parts, request);
    },
    renew: async ({ node, publicKey, validFrom }) => {
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const issued = await issueOnce(deps, { node, cluster }, publicKey, validFrom);
        if (issued !== undefined) return issued;
      }
      throw busy();
    },
  };
}

/** Work with the same key runs one after the other, so that it does not undo each other's. */
function turnsByKey(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const queues = new Map<string, { readonly limit: Limit; users: number }>();
  return async (key, work) => {
    const queue = queues.get(key) ?? { limit: createLimit(1), users: 0 };
    queues.set(key, queue);
    queue.users += 1;
    try {
      return await queue.limit.run(work);
    } finally {
      queue.users -= 1;
      if (queue.users === 0) queues.delete(key);
    }
  };
}

function namedIn({ uris }: CertificateRequest): Required<NodeIdentity> {
  const [uri = ''] = uris;
  const identity = identityOf({ alternativeNames: `URI:${uri}` });
  const named = identity?.cluster === undefined || uris.length !== 1 ? undefined : identity;
  if (named === undefined) {
    throw badRequest('it does not name exactly one node as calico-agent://CLUSTER/node/NODE');
  }
  return { cluster: '', ...named };
}

/**
 * @param by the token, or the begin of the certificate that was presented
 * @returns undefined: a record changed meanwhile, so try again
 */
async function issueOnce(
  { store, cluster, mustNameCluster, authority, isCertified, revokedAt, now }: IssueDeps,
  wanted: Required<NodeIdentity>,
  publicKey: Buffer,
  by: FoundToken | number,
): Promise<IssuedTo | undefined> {
  const { node } = wanted;
  const clusterOption = mustNameCluster ? ` --cluster ${cluster}` : '';
  const found = typeof by === 'number' ? undefined : by;
  const name = issuedCertificateName(cluster, node);
  const before = await store.get(name);
  const last = before && issuedOf(before.text);
  const key = createHash('sha256').update(publicKey).digest('hex');
  const at = now();
  const revoked = revokedAt(node);
  const isRepeated = revoked === undefined && isAnswerAgain(last, key, found);
  if (typeof by === 'number' && revoked !== undefined && !(by > revoked)) {
    throw new AppError('access-denied', 'cannot renew: the certificate was revoked');
  }
  if (found !== undefined) {
    // One that cannot be read counts as valid.
    const isOther = before !== undefined && isValidFor(last, key, at);
    const hasCertificate = isOther || isCertified(node);
    const known = { cluster, hasCertificate, isRevoked: revoked !== undefined, isRepeated };
    const refusal = judgeEnrolment(found.token, wanted, known, at);
    if (refusal !== undefined)
      throw new EnrolmentRefused(refusal, hintFor(refusal, node, clusterOption));
  }
  // A certificate has whole seconds, and one that began before the revocation is refused.
  const validFrom = Math.max(at, revoked === undefined ? 0 : Math.floor(revoked / 1000 + 1) * 1000);
  if (validFrom > at + 60_000) {
    throw new EnrolmentRefused('revoked-later', hintFor('revoked-later', node, clusterOption));
  }
  const signed = await authority.sign({ node, cluster, publicKey, validFrom });
  const record: IssuedCertificate = {
    formatVersion: 1,
    node,
    key,
    at: new Date(at).toISOString(),
    validFrom: new Date(signed.validFrom).toISOString(),
    validUntil: new Date(signed.validUntil).toISOString(),
    ...(found !== undefined && { token: found.token.id }),
  };
  const tokenName = found && enrolmentTokenName(cluster, found.token.id);
  const { ok } = await store.commit({
    compare: [
      { ...name, version: before?.version ?? 0 },
      ...(tokenName === undefined ? [] : [{ ...tokenName, version: found?.version ?? 0 }]),
    ],
    changes: [
      { ...name, text: JSON.stringify(record) },
      ...(tokenName === undefined || found === undefined || isRepeated
        ? []
        : [
            {
              ...tokenName,
              text: JSON.stringify({ ...found.token, used: found.token.used + 1 }),
            },
          ]),
    ],
  });
  return ok ? { ...signed, node, ...(found && { token: found.token.id }) } : undefined;
}

/** The node asks again with the same key and token: it may not have got the answer. */
function isAnswerAgain(
  last: IssuedCertificate | undefined,
  key: string,
  found: FoundToken | undefined,
): boolean {
  return found !== undefined && last?.key === key && last.token === found.token.id;
}

/** Whether the certificate is valid, and for another key. */
function isValidFor(last: IssuedCertificate | undefined, key: string, now: number): boolean {
  return last === undefined || (last.key !== key && now < Date.parse(last.validUntil));
}

/** Another token that is made as this says is not refused, whatever the node had before. */
function hintFor(refusal: EnrolmentRefusal, node: string, clusterOption: string): string {
  if (refusal === 'other-cluster') return '; compare --cluster with that of the controller';
  if (refusal === 'revoked-later') {
    return `; set the clock right, or accept its certificates again: calico-controller revoke --undo ${node}${clusterOption}`;
  }
  return `; make another one at the controller: calico-controller token create --node ${node}${clusterOption}`;
}

function unknownToken(): AppError {
  return new AppError('unauthorized', 'the controller does not know this enrolment token');
}

function badRequest(reason: string): AppError {
  return new AppError('bad-request', `cannot use the request for a certificate: ${reason}`);
}

function busy(): AppError {
  const reason = 'others enrol with the same token at the same time; try again';
  return new AppError('busy', `cannot enrol: ${reason}`, { retryable: true });
}
