/** Whether a node may get a certificate by an enrolment token whose secret was right. */
import { isNamed, mayEnrol } from './node-patterns.ts';

export interface JudgedToken {
  readonly uses: number;
  readonly used: number;
  /** RFC 3339. */
  readonly expiresAt: string;
  /** Names of nodes, or patterns with `*`; absent: any node. */
  readonly nodes?: readonly string[] | undefined;
}

export interface WantedIdentity {
  readonly node: string;
  readonly cluster: string;
}

/** What the controller knows about the node. */
export interface KnownNode {
  readonly cluster: string;
  /** It has a certificate for another key that is valid, or is connected with one. */
  readonly hasCertificate: boolean;
  readonly isRevoked: boolean;
  /** The same token gave it a certificate for the same key: the answer may have been lost. */
  readonly isRepeated: boolean;
}

/** Why a token gives no certificate; metrics have the names, too. */
export const enrolmentRefusals = {
  expired: 'the token has expired',
  'used-up': 'the token is used up',
  'other-cluster': 'the token is for another cluster',
  'other-node': 'the token is not for this node',
  'has-certificate': 'the node has a valid certificate, and the token does not name the node',
  revoked: 'the node was revoked, and the token does not name the node',
  // A certificate that begins before the revocation would be refused.
  'revoked-later':
    'the node was revoked at a time that the clock of the controller has not reached',
} as const;

export type EnrolmentRefusal = keyof typeof enrolmentRefusals;

/**
 * Only a token that names the node, and not by a pattern, gives a further certificate to a node
 * that has one, or that was revoked: a token for many nodes must not take over any of them.
 * @param now in ms since 1970
 */
export function judgeEnrolment(
  token: JudgedToken,
  { node, cluster }: WantedIdentity,
  known: KnownNode,
  now: number,
): EnrolmentRefusal | undefined {
  if (!(now < Date.parse(token.expiresAt))) return 'expired';
  if (cluster !== known.cluster) return 'other-cluster';
  if (!mayEnrol(token.nodes, node)) return 'other-node';
  const names = isNamed(token.nodes, node);
  if (known.isRevoked && !names) return 'revoked';
  if (known.isRepeated) return undefined;
  if (token.used >= token.uses) return 'used-up';
  return known.hasCertificate && !names ? 'has-certificate' : undefined;
}
