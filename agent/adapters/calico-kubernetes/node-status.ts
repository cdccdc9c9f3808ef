/**
 * BGP sessions as calico-node reports them in a CalicoNodeStatus, for nodes whose BIRD is not
 * within reach. calico-node updates one only when something changed: an old report may be true, or
 * its writer may be dead. calico-node always answers a new object, so the agent replaces its own
 * one where it needs a fresh report (docs/decisions/0034).
 */
import { textAt } from '../../../core/input/plain-data.ts';
import { managedBy, managedByLabel } from '../../../core/render/ownership.ts';
import {
  parseNodeStatus,
  type NodeStatusReport,
} from '../../../core/sessions/node-status/parse-node-status.ts';
import { durationText } from '../../../core/sessions/duration-text.ts';
import type { ObservedDaemon } from '../../../core/sessions/session.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import type { SessionsSource } from '../../ports/sessions.ts';
import type { CalicoApi } from './calico-api.ts';

export interface NodeStatusOptions {
  readonly client: Pick<KubernetesClient, 'send' | 'find' | 'list'>;
  readonly api: () => Promise<Pick<CalicoApi, 'nodeStatusesPath'>>;
  readonly node: () => string;
  /** RFC 3339. */
  readonly now: () => string;
  readonly monotonic: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Time within which calico-node reports a change. */
const updatePeriodSeconds = 5;
/** An older report may come from a calico-node that is dead. */
export const staleSeconds = 120;
/** Pause between two attempts to make or replace the object, or to find one of somebody else. */
const renewMs = staleSeconds * 1000;
/**
 * Pause between deletion and creation: calico-node may take both together for one change, and not
 * answer.
 */
const betweenMs = 1500;
const answerMs = 4000;
const pollMs = 250;

export function createNodeStatus(options: NodeStatusOptions): SessionsSource {
  const { client, now, monotonic, sleep } = options;
  let triedAt: number | undefined;
  /** An object of somebody else for this node, where the agent may make none. */
  let other: string | undefined;
  /** Whether this node had a report since this process began. */
  let wasReported = false;

  const mayTry = (): boolean => triedAt === undefined || monotonic() - triedAt >= renewMs;
  const read = async (place: Place): Promise<Found> => {
    const object = await client.find(
      'read what calico-node reports',
      `${place.path}/${place.name}`,
    );
    const report = parseNodeStatus(object, { at: atOf(place), now: Date.parse(now()) });
    return { isThere: object !== undefined, isOurs: isOurs(object), report };
  };
  const waitForReport = async (place: Place, signal: AbortSignal | undefined): Promise<Found> => {
    const until = monotonic() + answerMs;
    for (;;) {
      const found = await read(place);
      const isOver = monotonic() >= until || signal?.aborted === true;
      if (found.report.ageSeconds !== undefined || isOver) return found;
      await sleep(pollMs);
    }
  };
  const renew = async (place: Place, { isThere }: Found): Promise<boolean> => {
    triedAt = monotonic();
    if (isThere) {
      await remove(client, place);
      await sleep(betweenMs);
    }
    return create(client, place, options.node());
  };
  const ownReport = async (
    place: Place,
    signal: AbortSignal | undefined,
    need: 'fresh' | undefined,
  ): Promise<Found> => {
    const found = await read(place);
    if (found.isThere && !found.isOurs) return found;
    const isWanted = !found.isThere || (need === 'fresh' && isStale(found.report));
    if (!isWanted || !mayTry() || !(await renew(place, found))) return found;
    return need === 'fresh' ? waitForReport(place, signal) : read(place);
  };
  const othersReport = async (path: string, mayLook: boolean): Promise<Found | undefined> => {
    if (mayLook) other = await nameForNode(client, path, options.node());
    return other === undefined ? undefined : read({ path, name: other });
  };
  return {
    observe: async (signal, need) => {
      let place: Place | undefined;
      try {
        place = await placeOf(options);
        if (place === undefined) return [];
        const mayLook = mayTry();
        const own = await ownReport(place, signal, need);
        const found = own.isThere ? own : await othersReport(place.path, mayLook);
        if (found === undefined) return [];
        const { ageSeconds } = found.report;
        wasReported ||= ageSeconds !== undefined;
        return wasReported && ageSeconds === undefined
          ? [unread(atOf(place), 'calico-node does not answer a new request for its report')]
          : fresh(found.report, atOf(place));
      } catch (error) {
        // Without a first report the server may have no such objects.
        if (place === undefined && !wasReported) return [];
        return [unread(atOf({ name: nodeStatusName(options.node()) }), reasonOf(error))];
      }
    },
  };
}

interface Place {
  readonly path: string;
  readonly name: string;
}

interface Found {
  readonly isThere: boolean;
  readonly isOurs: boolean;
  readonly report: NodeStatusReport;
}

/** undefined: this release of Calico has no such objects. @throws where the server does not answer */
async function placeOf({ api, node }: NodeStatusOptions): Promise<Place | undefined> {
  const { nodeStatusesPath: path } = await api();
  return path === undefined ? undefined : { path, name: nodeStatusName(node()) };
}

export function nodeStatusName(node: string): string {
  return `calico-agent.${node}`;
}

function atOf({ name }: Pick<Place, 'name'>): string {
  return `CalicoNodeStatus ${name}`;
}

function isOurs(object: unknown): boolean {
  return textAt(object, 'metadata', 'labels', managedByLabel) === managedBy;
}

function isStale({ ageSeconds }: NodeStatusReport): boolean {
  return ageSeconds === undefined || ageSeconds > staleSeconds;
}

/**
 * The report's sessions. A node without any report has no calico-node, or one without BGP, so it
 * counts as one without BIRD.
 */
function fresh(report: NodeStatusReport, at: string): readonly ObservedDaemon[] {
  const { ageSeconds, daemons } = report;
  if (ageSeconds === undefined || daemons.length === 0 || !isStale(report)) return daemons;
  const age = durationText(ageSeconds);
  const why = `calico-node's last report is ${age} old, and calico-node may have ended since`;
  return [{ ok: false, at, by: 'calico-node', fault: 'stale', why }];
}

function unread(at: string, why: string): ObservedDaemon {
  return { ok: false, at, by: 'calico-node', fault: 'silent', why };
}

/** Creates the object; false: the agent has no right to. */
async function create(
  client: NodeStatusOptions['client'],
  { path, name }: Place,
  node: string,
): Promise<boolean> {
  const [, , group, version] = path.split('/');
  const body = {
    apiVersion: `${group ?? ''}/${version ?? ''}`,
    kind: 'CalicoNodeStatus',
    metadata: { name, labels: { [managedByLabel]: managedBy } },
    spec: { node, classes: ['Agent', 'BGP', 'Routes'], updatePeriodSeconds },
  };
  try {
    await client.send({ what: 'ask calico-node for its report', method: 'POST', path, body });
    return true;
  } catch (error) {
    if (isRefusal(error, 409)) return true;
    if (isRefusal(error, 403)) return false;
    throw error;
  }
}

async function remove(client: NodeStatusOptions['client'], { path, name }: Place): Promise<void> {
  try {
    const what = "remove calico-node's old report";
    await client.send({ what, method: 'DELETE', path: `${path}/${name}` });
  } catch (error) {
    if (!isRefusal(error, 403) && !isRefusal(error, 404)) throw error;
  }
}

function isRefusal(error: unknown, status: number): boolean {
  return error instanceof ApiRefusal && error.status === status;
}

/** An object that a person made for this node. */
async function nameForNode(
  client: NodeStatusOptions['client'],
  path: string,
  node: string,
): Promise<string | undefined> {
  try {
    const keep = (item: unknown): string | undefined =>
      textAt(item, 'spec', 'node') === node ? textAt(item, 'metadata', 'name') : undefined;
    const { items } = await client.list('look for a report of calico-node', path, keep);
    return items[0];
  } catch (error) {
    if (isRefusal(error, 403)) return undefined;
    throw error;
  }
}
