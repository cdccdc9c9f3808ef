/**
 * The Lease in which agents agree on which agent writes the cluster-wide resources, and its record.
 * Source: coordination.k8s.io/v1, client-go/tools/leaderelection.
 */
import { textAt, valueAt } from '../../../core/input/plain-data.ts';
import { parseWriterRecord, type WriterRecord } from '../../../core/writer/writer-record.ts';
import { AppError } from '../../../runtime/errors.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { fieldManager } from './objects/managed-fields.ts';

export const leaseName = 'calico-agent';
export const leaseSeconds = 60;
const recordAnnotation = 'calico-agent/share-record';

export interface StoredLease {
  /** metadata.resourceVersion: what is compared when it is written. */
  readonly version: string;
  /** `<node>_<process>`; empty: nobody holds it. */
  readonly holder: string;
  readonly durationSeconds: number;
  readonly transitions: number;
  /** The annotation as it stands there. */
  readonly recordText: string | undefined;
}

export interface LeaseWrite {
  readonly holder?: string;
  /** Somebody else held it before. */
  readonly acquired?: boolean;
  readonly transitions?: number;
  readonly record?: WriterRecord;
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
 * Only where it is as it was read; without a former one, only where there is none.
 * @returns undefined where it is otherwise by now
 */
export async function writeLease(
  client: KubernetesClient,
  namespace: string,
  former: StoredLease | undefined,
  write: LeaseWrite,
  timeoutMs?: number,
): Promise<StoredLease | undefined> {
  const what = 'write the writer lease';
  const collection = leasePath(namespace);
  const deadline = timeoutMs === undefined ? {} : { timeoutMs };
  const query = { fieldManager };
  const { metadata, spec } = leaseDocument(write);
  try {
    if (former === undefined) {
      const head = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
      const body = { ...head, metadata: { ...metadata, name: leaseName }, spec };
      const request = { what, method: 'POST', path: collection, query, body, ...deadline } as const;
      return storedLease((await client.send(request)).data);
    }
    const compared = { ...metadata, resourceVersion: former.version };
    const { data } = await client.send({
      what,
      method: 'PATCH',
      path: `${collection}/${leaseName}`,
      query,
      contentType: 'application/merge-patch+json',
      body: { metadata: compared, spec },
      ...deadline,
    });
    return storedLease(data);
  } catch (error) {
    const isOther = error instanceof ApiRefusal && [404, 409].includes(error.status);
    // 404 without a former one: the namespace is not there.
    if (isOther && !(error.status === 404 && former === undefined)) return undefined;
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

/** @throws AppError where there is one that this version does not understand: it stays as it is */
export function recordOf({
  recordText,
}: Pick<StoredLease, 'recordText'>): WriterRecord | undefined {
  if (recordText === undefined) return undefined;
  const record = parseWriterRecord(recordText);
  if (record !== undefined) return record;
  throw new AppError(
    'newer-format',
    `cannot read the annotation ${recordAnnotation} of the Lease "${leaseName}": it does not have the form that this version writes; upgrade this agent, or mend the annotation`,
    { retryable: true },
  );
}

/** The node of an identity: no name of a node has an underscore. */
export function nodeOfHolder(holder: string): string {
  const end = holder.lastIndexOf('_');
  return end < 0 ? holder : holder.slice(0, end);
}

function leaseDocument({ holder, acquired, transitions, record, at }: LeaseWrite): {
  readonly metadata: object;
  readonly spec: object;
} {
  const annotations = record && { annotations: { [recordAnnotation]: JSON.stringify(record) } };
  if (holder === undefined) return { metadata: { ...annotations }, spec: {} };
  const spec = {
    // null: nobody.
    holderIdentity: holder === '' ? null : holder,
    leaseDurationSeconds: leaseSeconds,
    renewTime: microTime(at),
    ...(acquired === true && { acquireTime: microTime(at) }),
    ...(transitions !== undefined && { leaseTransitions: transitions }),
  };
  return { metadata: { ...annotations }, spec };
}

/** Six decimals, as the API server's MicroTime wants them. */
function microTime(at: string): string {
  return new Date(at).toISOString().replace('Z', '000Z');
}
