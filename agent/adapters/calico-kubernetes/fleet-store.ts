/**
 * The reports of a fleet in the Kubernetes API: a Lease for each node with a change open, and one for
 * the summary, in a namespace that holds nothing else. A Lease is small, and few controllers watch it.
 */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { textAt } from '../../../core/input/plain-data.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import type { ApiRequest } from '../../../runtime/kubernetes/requests.ts';
import { createLimit } from '../../../runtime/pacing/limit.ts';
import {
  chooseReports,
  type ChosenReports,
  type FleetStore,
  type StoredReports,
} from '../../ports/datastore/fleet-store.ts';
import { leasePath, microTime } from './lease-object.ts';
import { fieldManager } from './objects/managed-fields.ts';

export interface KubernetesFleetOptions {
  readonly client: Pick<KubernetesClient, 'send' | 'find' | 'listWithStubs'>;
  readonly namespace: string;
  readonly node: () => string;
  /** RFC 3339, for people. */
  readonly now: () => string;
}

const annotation = 'calico-agent/fleet-report';
const reportPrefix = 'node.';
/** Enough digits of a digest to tell the revisions of one cluster apart. */
const digestLength = 16;
/** The longest name of a Kubernetes object. */
const longestName = 253;

export function createKubernetesFleetStore(options: KubernetesFleetOptions): FleetStore {
  const { client, namespace, node } = options;
  const leases = leasePath(namespace);
  /** One write at a time, so that the deletion of an old report does not remove the next one. */
  const turn = createLimit(1);
  return {
    everyMs: 2000,
    expires: false,
    write: (text) => turn.run(() => writeReport(options, text)),
    remove: () =>
      turn.run(() =>
        removeLease(client, {
          what: 'remove the report',
          path: `${leases}/${reportPrefix}${node()}`,
        }),
      ),
    reports: async (known) => {
      const kept = chooseReports(known);
      const keep = (item: unknown): StoredReport | undefined => storedReport(item, kept);
      const { items } = await client.listWithStubs('list reports', leases, { keep });
      return { reports: items, skipped: kept.skipped() };
    },
    nodes: async () => {
      const keep = (item: unknown): string | undefined => textAt(item, 'metadata', 'name');
      return (await client.listWithStubs('list Nodes', '/api/v1/nodes', { keep })).items;
    },
    summary: async (digest) => {
      const found = await client.find('read the summary', `${leases}/${summaryName(digest)}`);
      const text = textAt(found, 'metadata', 'annotations', annotation);
      const version = textAt(found, 'metadata', 'resourceVersion');
      if (version === undefined) return undefined;
      return { version, text: (text ?? '').slice(0, jsonBounds.fleetSummary.maxBytes + 1) };
    },
    writeSummary: (digest, text, previous) => writeSummary(options, digest, text, previous),
    removeSummary: (digest, resourceVersion) =>
      removeLease(client, {
        what: 'remove the summary',
        path: `${leases}/${summaryName(digest)}`,
        body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion } },
      }),
  };
}

function summaryName(digest: string): string {
  return `summary.${digest.replace('sha256:', '').slice(0, digestLength)}`;
}

/**
 * Creates or replaces the report in one request, because no other agent writes this node's report.
 */
async function writeReport(
  { client, namespace, node, now }: KubernetesFleetOptions,
  text: string,
): Promise<string | undefined> {
  const name = reportPrefix + node();
  if (name.length > longestName) return 'the name of this node is too long for a report';
  try {
    await client.send({
      what: 'write the report of this node',
      method: 'PATCH',
      path: `${leasePath(namespace)}/${name}`,
      query: { fieldManager, force: true },
      contentType: 'application/apply-patch+yaml',
      body: leaseOf(name, text, node(), now()),
    });
    return undefined;
  } catch (error) {
    const why = whyNoPlace(error, namespace);
    if (why === undefined) throw error;
    return why;
  }
}

/** Why the reports have no place; undefined: the failure may pass. */
function whyNoPlace(error: unknown, namespace: string): string | undefined {
  if (!(error instanceof ApiRefusal)) return undefined;
  if (error.status === 404) return `there is no namespace "${namespace}" for the nodes' reports`;
  if (error.status !== 403) return undefined;
  return `this agent may not write reports in the namespace "${namespace}"`;
}

async function writeSummary(
  { client, namespace, node, now }: KubernetesFleetOptions,
  digest: string,
  text: string,
  previous: string | undefined,
): Promise<string | undefined> {
  const name = summaryName(digest);
  const what = 'write the summary of the reports';
  const query = { fieldManager };
  const document = leaseOf(name, text, node(), now());
  const metadata = { ...document.metadata, resourceVersion: previous };
  const path = leasePath(namespace);
  const request: ApiRequest =
    previous === undefined
      ? { what, method: 'POST', path, query, body: document }
      : {
          what,
          method: 'PATCH',
          path: `${path}/${name}`,
          query,
          contentType: 'application/merge-patch+json',
          body: { ...document, metadata },
        };
  try {
    return textAt((await client.send(request)).data, 'metadata', 'resourceVersion');
  } catch (error) {
    const isOther = error instanceof ApiRefusal && [404, 409].includes(error.status);
    if (isOther) return undefined;
    throw error;
  }
}

function leaseOf(
  name: string,
  text: string,
  holderIdentity: string,
  at: string,
): { readonly metadata: object } {
  const document = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, annotations: { [annotation]: text } },
    // The new time gives the same report another resourceVersion, which shows that the agent is
    // alive.
    spec: { holderIdentity, renewTime: microTime(at) },
  };
  return document;
}

type StoredReport = StoredReports['reports'][number];

/** undefined: no report, or one that is not kept. */
function storedReport(item: unknown, kept: ChosenReports): StoredReport | undefined {
  const name = nameOf(item);
  if (!name.startsWith(reportPrefix)) return undefined;
  const node = name.slice(reportPrefix.length);
  // An unreadable text is kept, so that it is counted as one.
  const text = textAt(item, 'metadata', 'annotations', annotation) ?? '';
  const version = textAt(item, 'metadata', 'resourceVersion') ?? '';
  return kept.keep(node, text) ? { node, version, text } : undefined;
}

function nameOf(item: unknown): string {
  return textAt(item, 'metadata', 'name') ?? '';
}

/** Leaves a Lease that is gone or has changed. */
async function removeLease(
  client: Pick<KubernetesClient, 'send'>,
  request: Pick<ApiRequest, 'what' | 'path'> & { readonly body?: unknown },
): Promise<void> {
  try {
    await client.send({ ...request, method: 'DELETE' });
  } catch (error) {
    const isOther = error instanceof ApiRefusal && [403, 404, 409].includes(error.status);
    if (!isOther) throw error;
  }
}
