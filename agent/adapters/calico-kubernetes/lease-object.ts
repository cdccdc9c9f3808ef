/**
 * The Lease object of the writer lease, with the writer record in an annotation. Source:
 * coordination.k8s.io/v1, client-go/tools/leaderelection.
 */
import { textAt, valueAt } from '../../../core/input/plain-data.ts';
import { leaseSeconds } from '../../../core/writer/lease-machine.ts';
import {
  readRecord,
  type LeaseContent,
  type StoredLease,
} from '../../../core/writer/stored-lease.ts';
import type { WriterRecord } from '../../../core/writer/writer-record.ts';
import { AppError } from '../../../runtime/errors.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { fieldManager } from './objects/managed-fields.ts';

export const leaseName = 'calico-agent';
const recordAnnotation = 'calico-agent/share-record';

export interface LeaseWrite extends LeaseContent {
  /** RFC 3339. */
  readonly at: string;
}

export function leasePath(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
}

export async function readLease(
  client: KubernetesClient,
  namespace: string,
): Promise<StoredLease | undefined> {
  const path = `${leasePath(namespace)}/${leaseName}`;
  const lease = await client.find('read the writer lease', path);
  return lease === undefined ? undefined : storedLease(lease);
}

/**
 * Writes only if the Lease is still the previous one, or if there was none and still is none.
 * @returns undefined: the Lease has changed
 */
export async function writeLease(
  client: KubernetesClient,
  namespace: string,
  previous: StoredLease | undefined,
  write: LeaseWrite,
): Promise<StoredLease | undefined> {
  const what = 'write the writer lease';
  const collection = leasePath(namespace);
  const query = { fieldManager };
  const { metadata, spec } = leaseDocument(write);
  try {
    if (previous === undefined) {
      const head = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
      const body = { ...head, metadata: { ...metadata, name: leaseName }, spec };
      const request = { what, method: 'POST', path: collection, query, body } as const;
      return storedLease((await client.send(request)).data);
    }
    const compared = { ...metadata, resourceVersion: previous.version };
    const { data } = await client.send({
      what,
      method: 'PATCH',
      path: `${collection}/${leaseName}`,
      query,
      contentType: 'application/merge-patch+json',
      body: { metadata: compared, spec },
    });
    return storedLease(data);
  } catch (error) {
    const isOther = error instanceof ApiRefusal && [404, 409].includes(error.status);
    // A 404 on a creation: the namespace does not exist.
    if (isOther && !(error.status === 404 && previous === undefined)) return undefined;
    throw error;
  }
}

export function storedLease(lease: unknown): StoredLease {
  return {
    version: textAt(lease, 'metadata', 'resourceVersion') ?? '',
    holder: textAt(lease, 'spec', 'holderIdentity') ?? '',
    durationSeconds: Number(valueAt(lease, 'spec', 'leaseDurationSeconds') ?? 0),
    transitions: Number(valueAt(lease, 'spec', 'leaseTransitions') ?? 0),
    recordText: textAt(lease, 'metadata', 'annotations', recordAnnotation),
  };
}

/** @throws AppError newer-format */
export function recordOf(lease: StoredLease): WriterRecord | undefined {
  const read = readRecord(lease);
  if (read.isReadable) return read.record;
  throw unreadableRecord();
}

/** The error for a record that cannot be read; the record stays as it is. */
export function unreadableRecord(): AppError {
  return new AppError(
    'newer-format',
    `cannot read the annotation ${recordAnnotation} of the Lease "${leaseName}": it does not have the form that this version writes; upgrade this agent, or mend the annotation`,
    { retryable: true },
  );
}

function leaseDocument({ holder, acquired, transitions, record, at }: LeaseWrite): {
  readonly metadata: object;
  readonly spec: object;
} {
  const annotations = record && { annotations: { [recordAnnotation]: JSON.stringify(record) } };
  if (holder === undefined) return { metadata: { ...annotations }, spec: {} };
  const spec = {
    // null: no agent holds it.
    holderIdentity: holder === '' ? null : holder,
    leaseDurationSeconds: leaseSeconds,
    renewTime: microTime(at),
    ...(acquired === true && { acquireTime: microTime(at) }),
    ...(transitions !== undefined && { leaseTransitions: transitions }),
  };
  return { metadata: { ...annotations }, spec };
}

/** A time with six decimals, as the API server's MicroTime has them. */
export function microTime(at: string): string {
  return new Date(at).toISOString().replace('Z', '000Z');
}
