/** Counts refused agents by reason. The reasons are a fixed list, so that their number is bounded. */
import {
  enrolmentRefusals,
  type EnrolmentRefusal,
} from '../../../core/enrolment/judge-enrolment.ts';
import {
  certificateFaults,
  type CertificateFault,
} from '../../../core/protocol/certificate-faults.ts';

/** The shared token, or an enrolment token, that the controller does not know. */
type UnknownSecret = 'unknown-token' | 'unknown-enrolment-token';

/** Why an agent that may connect is not the node that it says. */
const claimReasons = ['other-node', 'revoked-node'] as const;

/** An agent with a valid certificate, or the shared token, that says it is a node that it may not be. */
export interface RefusedClaim {
  /** revoked-node: it presented the shared token. */
  readonly reason: (typeof claimReasons)[number] | 'certificate-revoked';
  /** As the agent says. */
  readonly node: string;
  /** The node of its certificate, where that is another one. */
  readonly certified?: string | undefined;
  /** The address of the agent. */
  readonly remote: string;
}

export type RefusedReason =
  | (typeof claimReasons)[number]
  | `certificate-${CertificateFault}`
  | `enrolment-${EnrolmentRefusal}`
  | 'enrolment-bad-request'
  | UnknownSecret;

export interface RefusedIdentities {
  count(reason: RefusedReason): void;
  /** Counts it too. */
  claimed(claim: RefusedClaim): void;
  /** The listener is called with each claim from now on. */
  watch(listener: (claim: RefusedClaim) => void): void;
  /** Every reason, also those that never happened. */
  counts(): readonly { readonly reason: RefusedReason; readonly count: number }[];
}

export function createRefusedIdentities(): RefusedIdentities {
  const counts = new Map<RefusedReason, number>(allReasons().map((reason) => [reason, 0]));
  const listeners: ((claim: RefusedClaim) => void)[] = [];
  const count = (reason: RefusedReason): void => {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  };
  return {
    count,
    claimed: (claim) => {
      count(claim.reason);
      for (const listener of listeners) listener(claim);
    },
    watch: (listener) => void listeners.push(listener),
    counts: () => [...counts].map(([reason, times]) => ({ reason, count: times })),
  };
}

function allReasons(): readonly RefusedReason[] {
  return [
    'unknown-token',
    ...claimReasons,
    ...keysOf(certificateFaults).map((fault) => `certificate-${fault}` as const),
    'unknown-enrolment-token',
    'enrolment-bad-request',
    ...keysOf(enrolmentRefusals).map((refusal) => `enrolment-${refusal}` as const),
  ];
}

function keysOf<K extends string>(table: Readonly<Record<K, string>>): readonly K[] {
  const isKey = (key: string): key is K => Object.hasOwn(table, key);
  return Object.keys(table).filter(isKey);
}
