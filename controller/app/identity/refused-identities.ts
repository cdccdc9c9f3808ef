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
export type RefusedReason =
  | `certificate-${CertificateFault}`
  | `enrolment-${EnrolmentRefusal}`
  | 'enrolment-bad-request'
  | UnknownSecret;

export interface RefusedIdentities {
  count(reason: RefusedReason): void;
  /** Every reason, also those that never happened. */
  counts(): readonly { readonly reason: RefusedReason; readonly count: number }[];
}

export function createRefusedIdentities(): RefusedIdentities {
  const counts = new Map<RefusedReason, number>(allReasons().map((reason) => [reason, 0]));
  return {
    count: (reason) => void counts.set(reason, (counts.get(reason) ?? 0) + 1),
    counts: () => [...counts].map(([reason, count]) => ({ reason, count })),
  };
}

function allReasons(): readonly RefusedReason[] {
  return [
    'unknown-token',
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
