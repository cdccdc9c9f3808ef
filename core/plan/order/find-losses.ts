/**
 * Finds the traffic that a plan loses, before it runs. The figures were measured with Calico's
 * confd (3.33) and BIRD 1.6.8, six nodes, pings between all pods every 50 ms: docs/safety.md.
 */
import type { Issue } from '../../issue.ts';
import { parsePeerIp } from '../../calico/neighbour.ts';
import { printable } from '../../printable.ts';
import type { Change, FieldChange } from '../plan.ts';
import type { Traffic } from '../traffic.ts';
import type { ClusterAs } from '../cluster-as.ts';
import { encapsulationSwitch } from './encapsulation.ts';
import type { PeersOfNodes } from './peers-of-node.ts';
import type { Phase } from './phase.ts';

/** Issue codes of losses. A warning among them is a loss that a person has to accept. */
const lossCodes = {
  asNumber: 'loss-as-number',
  peerAsNumber: 'loss-peer-as-number',
  reflector: 'loss-reflector',
  encapsulation: 'loss-encapsulation',
} as const;

/** Losses without BGP: another CNI, or another backend of flannel. */
const platformCodes: ReadonlySet<string> = new Set(['loss-cni']);
const codes: ReadonlySet<string> = new Set([...Object.values(lossCodes), ...platformCodes]);

/**
 * The losses of a plan that guard routes do not cover.
 * @param hasBgp whether a BGP daemon runs here; without one there are no sessions to lose
 */
export function uncoveredLosses(issues: readonly Issue[], hasBgp: boolean): readonly Issue[] {
  const found = hasBgp ? codes : platformCodes;
  return issues.filter(({ code, severity }) => severity === 'warning' && found.has(code));
}

/** The issues without losses of sessions, for a datastore that no Calico uses. */
export function withoutLosses(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter(({ code }) => platformCodes.has(code) || !codes.has(code));
}

/** The conditions of the losses, beside the changes. */
export interface LossContext {
  readonly clusterAs: ClusterAs;
  readonly peers: PeersOfNodes;
}

/** One issue for each loss: a note if guard routes carry the traffic meanwhile, else a warning. */
export function findLosses(
  phases: readonly Phase[],
  context: LossContext,
  traffic: Traffic,
): readonly Issue[] {
  const changes = phases.flatMap((phase) => phase.changes);
  const losses = [
    ...changes.flatMap((change) => lossesOf(change, context)),
    ...replacedPeers(changes),
  ];
  return losses.map((loss) => issueOf(loss, traffic));
}

interface Loss {
  readonly code: (typeof lossCodes)[keyof typeof lossCodes];
  /** The pods or nodes and their loss, as a sentence. */
  readonly text: string;
  readonly source: string;
  readonly isCoverable: boolean;
  /** The loss through routers, which have no guard routes; absent: none. */
  readonly throughRouters?: string;
}

function issueOf(
  { code, text, source, isCoverable, throughRouters }: Loss,
  { guards }: Traffic,
): Issue {
  const isCovered = isCoverable && guards;
  if (throughRouters !== undefined) {
    const how = isCovered ? 'guard routes carry it between nodes meanwhile, but ' : '';
    const message = `${text}; ${how}${throughRouters}`;
    return { severity: 'warning', code, pointer: '', message, hint: `${source}; ${routerSource}` };
  }
  return {
    severity: isCovered ? 'note' : 'warning',
    code,
    pointer: '',
    message: isCovered ? `${text}; ${coveredText}` : text,
    hint: source,
  };
}

/** A router learns the nodes' routes over these sessions, and has no guard routes. */
const coveredText =
  'guard routes carry it between nodes meanwhile, but not through a router with such a session';

/** Measured at a rack and its router that got another AS number. */
const routerLoss = 'is lost for 1 to 6 s';
const routerSource =
  'through a router 540 to 919 of about 15,000 pings, 1.2 to 5.9 s for each pair; nothing where each neighbour is a node';

const measured = 'measured in a laboratory with BIRD 1.6.8';

function lossesOf(change: Change, context: LossContext): readonly Loss[] {
  if (change.action === 'patch-node') return nodeLosses(change.node, change.fields, context);
  if (change.action !== 'create' && change.action !== 'update') return [];
  if (change.resource.kind === 'BGPConfiguration') return clusterLosses(change.fields, context);
  if (change.action === 'create') return [];
  const found = encapsulationSwitch(change);
  if (found !== undefined) {
    const { pool, from, to } = found;
    const text = `pool "${printable(pool)}" goes from ${nameOf(from)} to ${nameOf(to)}: its pods on different nodes lose packets until both nodes have the new routes, for some seconds`;
    const source =
      "not measured: nodes take it over one by one; calico's issues 1584 and 4022 tell of routes that are missing meanwhile";
    return [{ code: lossCodes.encapsulation, text, source, isCoverable: false }];
  }
  const { resource, fields } = change;
  const field = fields.find(({ path }) => path === 'spec.asNumber');
  if (resource.kind !== 'BGPPeer' || field === undefined) return [];
  return [peerLoss(resource.spec.peerIP, field.before, field.after)];
}

/**
 * Losses by a change of the cluster's AS number, also by a new BGPConfiguration: without one Calico
 * has a default number.
 */
function clusterLosses(
  fields: readonly FieldChange[],
  { clusterAs: { before, after }, peers }: LossContext,
): readonly Loss[] {
  const isNamed = fields.some(({ path }) => path === 'spec.asNumber');
  if (!isNamed || before === after) return [];
  const who = 'every node without an AS number of its own';
  return [asNumberLoss(who, asText(after), asText(before), peers.hasAny)];
}

function asNumberLoss(who: string, after: string, before: string, hasPeers: boolean): Loss {
  const text = `${who} gets ${after} instead of ${before}: each of its sessions is made anew, and its pods lose about 2 s of traffic with other nodes`;
  const source = `${measured}: 40 pings of 50 ms; more where the other side expects the old AS number for longer`;
  return {
    code: lossCodes.asNumber,
    text,
    source,
    isCoverable: true,
    ...(hasPeers && {
      throughRouters: `what goes through a router among its BGP neighbours ${routerLoss}`,
    }),
  };
}

function nodeLosses(
  node: string,
  fields: readonly FieldChange[],
  { clusterAs, peers }: LossContext,
): readonly Loss[] {
  const name = printable(node);
  return fields.flatMap(({ path, before, after }): readonly Loss[] => {
    if (path === 'asNumber') {
      const [from, to] = [before ?? clusterAs.before, after ?? clusterAs.after];
      // A node's own number that equals the cluster's changes no session.
      if (from !== undefined && from === to) return [];
      return [asNumberLoss(`node "${name}"`, asText(to), asText(from), peers.has(node))];
    }
    if (path !== 'routeReflectorClusterID') return [];
    const what =
      after === undefined ? 'is no route reflector any more' : 'becomes a route reflector';
    const text = `node "${name}" ${what}: its iBGP sessions are made anew, and its pods lose 1.2 to 4 s of traffic with other nodes`;
    const source = `${measured}: 23 to 81 pings of 50 ms for each pair; a node without pods loses nothing`;
    return [{ code: lossCodes.reflector, text, source, isCoverable: true }];
  });
}

/**
 * Losses by a peer that is deleted right before its successor with another AS number:
 * core/plan/order/delete-rivals.ts.
 */
function replacedPeers(changes: readonly Change[]): readonly Loss[] {
  const gone = changes.flatMap((change) =>
    change.action === 'delete' && change.before.kind === 'BGPPeer' ? [change.before.spec] : [],
  );
  return changes.flatMap((change): readonly Loss[] => {
    if (change.action !== 'create' || change.resource.kind !== 'BGPPeer') return [];
    const { peerIP, asNumber } = change.resource.spec;
    const rival = gone.find((one) => one.peerIP === peerIP && one.asNumber !== asNumber);
    return rival === undefined ? [] : [peerLoss(peerIP, rival.asNumber, asNumber)];
  });
}

function peerLoss(peerIP: string, before: unknown, after: unknown): Loss {
  const { address } = parsePeerIp(peerIP);
  const text = `the sessions to ${printable(address)} get ${asText(after)} instead of ${asText(before)}: they are made anew, and carry nothing for about 2 s`;
  const source = `${measured}: 40 pings of 50 ms; more until the other side has the same AS number`;
  return {
    code: lossCodes.peerAsNumber,
    text,
    source,
    isCoverable: true,
    throughRouters: `if ${printable(address)} is a router, what goes through it ${routerLoss}`,
  };
}

function asText(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string'
    ? `AS ${printable(String(value))}`
    : "the cluster's AS number";
}

function nameOf(encapsulation: 'IPIP' | 'VXLAN' | 'none'): string {
  return encapsulation === 'none' ? 'no encapsulation' : encapsulation;
}
