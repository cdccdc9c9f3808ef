/** The records of a fleet: their kinds, and their keys, which begin with the cluster. */
import type { RecordName } from '../../ports/store.ts';

/** The cluster to which the store belongs. */
export const identityName: RecordName = { kind: 'controller', key: 'identity' };

/** Stands in a store that is being filled from a backup. */
export const restoringName: RecordName = { kind: 'controller', key: 'restoring' };

export const nodeKind = 'node';
export const answerKind = 'answer';

export const revocationKind = 'revocation';
export const enrolmentTokenKind = 'enrolment-token';

/** The newest number that the cluster's revisions have used. */
export function numbersName(cluster: string): RecordName {
  return { kind: 'numbers', key: cluster };
}

/** Which nodes were connected at one moment. */
export function seenName(cluster: string): RecordName {
  return { kind: 'seen', key: cluster };
}

export function revisionName(cluster: string, number: number): RecordName {
  return { kind: 'revision', key: `${keysOf(cluster)}${padded(number)}` };
}

export function nodeName(cluster: string, node: string): RecordName {
  return { kind: nodeKind, key: `${keysOf(cluster)}${node}` };
}

/** The last answers of a node. They change often, and the facts in its own record seldom. */
export function answerName(cluster: string, node: string): RecordName {
  return { kind: answerKind, key: `${keysOf(cluster)}${node}` };
}

/** The prefix of the keys of a cluster. */
export function keysOf(cluster: string): string {
  return `${cluster}/`;
}

export function revocationName(cluster: string, node: string): RecordName {
  return { kind: revocationKind, key: `${keysOf(cluster)}${node}` };
}

/** Tokens of people for the API. */
export const accessTokenKind = 'access-token';

export function accessTokenName(cluster: string, id: string): RecordName {
  return { kind: accessTokenKind, key: `${keysOf(cluster)}${id}` };
}

export const rolloutKind = 'rollout';
export const rolloutMembersKind = 'rollout-members';

/** A rollout has the number of its first revision. */
export function rolloutName(cluster: string, number: number): RecordName {
  return { kind: rolloutKind, key: `${keysOf(cluster)}${padded(number)}` };
}

export function rolloutMembersName(cluster: string, number: number, part: number): RecordName {
  const key = `${keysOf(cluster)}${padded(number)}/${String(part).padStart(4, '0')}`;
  return { kind: rolloutMembersKind, key };
}

function padded(number: number): string {
  return String(number).padStart(16, '0');
}

/** Proposed configurations, without their texts. */
export const proposalKind = 'proposal';

export function proposalName(cluster: string, id: number): RecordName {
  return { kind: proposalKind, key: `${keysOf(cluster)}${String(id).padStart(16, '0')}` };
}

export function proposalTextName(cluster: string, id: number): RecordName {
  return { ...proposalName(cluster, id), kind: 'proposal-text' };
}

export function enrolmentTokenName(cluster: string, id: string): RecordName {
  return { kind: enrolmentTokenKind, key: `${keysOf(cluster)}${id}` };
}

/** The newest certificate that was issued for a node. */
export function issuedCertificateName(cluster: string, node: string): RecordName {
  return { kind: 'issued-certificate', key: `${keysOf(cluster)}${node}` };
}
