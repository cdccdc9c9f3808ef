/** Judges whether a condition about all nodes is met. Pure. */
import { whyBlocking, type FleetMatter } from './blocking.ts';
import type { FleetReport } from './fleet-report.ts';
import type { FleetSummary, FleetWaiting } from './summarise-fleet.ts';

/** The conditions in the gates of a plan. */
export type FleetCondition =
  /** Every live node guards its routes, or cannot. */
  | { readonly kind: 'fleet-guarding' }
  /** Every live node has its expected sessions. @property to only the ones to these addresses */
  | { readonly kind: 'fleet-sessions'; readonly to?: readonly string[] }
  /** Every live node has made its own changes. */
  | { readonly kind: 'fleet-written' }
  /** Every live node has its files as the revision asks. */
  | { readonly kind: 'fleet-files' }
  /** Every live node has restarted the services that read them. */
  | { readonly kind: 'fleet-restarted' }
  /** Every live node has a route to every pod block again that it had one to before. */
  | { readonly kind: 'fleet-routes' };

export interface FleetSituation {
  /** The summary for the judged revision; undefined: nothing is known of the fleet yet. */
  readonly summary: FleetSummary | undefined;
  /** This node's own report, which is newer than its part of the summary. */
  readonly own: FleetReport | undefined;
}

export type FleetVerdict =
  /** @property notes the nodes that were not waited for: "away: node-5" */
  | { readonly isOpen: true; readonly notes?: string }
  /**
   * @property why a clause: "2 of 6 nodes hold it up: node-3 (session to 10.0.0.2: …), node-4 (…)"
   * @property broken why it will not be met by waiting, as such a clause; absent: it may be
   */
  | { readonly isOpen: false; readonly why: string; readonly broken?: string };

const matters: Readonly<Record<FleetCondition['kind'], FleetMatter>> = {
  'fleet-guarding': 'guarding',
  'fleet-sessions': 'sessions',
  'fleet-written': 'written',
  'fleet-files': 'files',
  'fleet-restarted': 'restarts',
  'fleet-routes': 'routes',
};

function isMet(condition: FleetCondition, { summary, own }: FleetSituation): boolean {
  if (summary === undefined) return false;
  const to = condition.kind === 'fleet-sessions' ? condition.to : undefined;
  if (to !== undefined) return lacking(to, summary, own).length === 0;
  const matter = matters[condition.kind];
  const ownWhy = own === undefined ? undefined : whyBlocking[matter](own);
  return waitingIn(summary, matter).count === 0 && ownWhy === undefined;
}

/** Whether the condition is true at this moment; the caller counts for how long. */
export function judgeFleet(condition: FleetCondition, situation: FleetSituation): FleetVerdict {
  const { summary, own } = situation;
  if (summary === undefined) return closed('nothing is known of the other nodes yet');
  const notes = notesOf(condition, summary);
  if (isMet(condition, situation)) {
    return notes === undefined ? { isOpen: true } : { isOpen: true, notes };
  }
  return closed(withNotes(whyNot(condition, summary, own), notes), whyBroken(condition, summary));
}

function closed(why: string, broken?: string): FleetVerdict {
  return { isOpen: false, why, ...(broken !== undefined && { broken }) };
}

/** A node that has rolled the revision back does not come round, whatever is waited for. */
function whyBroken({ kind }: FleetCondition, summary: FleetSummary): string | undefined {
  const { rolledBack, broken, nodes } = summary;
  const waiting = rolledBack ?? (kind === 'fleet-sessions' ? broken : undefined);
  return waiting && waitingText(waiting, nodes);
}

/** The addresses among these to which a session is missing, or may be. */
function lacking(
  to: readonly string[],
  { missing = [], isMissingMore }: FleetSummary,
  own: FleetReport | undefined,
): readonly string[] {
  const ownSessions = own === undefined || own.sessions === 'unknown' ? undefined : own.sessions;
  const isMore = isMissingMore === true || ownSessions?.missingMore !== undefined;
  const known = new Set([...missing, ...(ownSessions?.missing ?? [])]);
  return to.filter((address) => isMore || known.has(address));
}

function whyNot(
  condition: FleetCondition,
  summary: FleetSummary,
  own: FleetReport | undefined,
): string {
  const matter = matters[condition.kind];
  const ownWhy = own === undefined ? undefined : whyBlocking[matter](own);
  const waiting = waitingIn(summary, matter);
  if (waiting.count > 0) return waitingText(waiting, summary.nodes);
  if (ownWhy !== undefined) return `this node: ${ownWhy}`;
  return 'the nodes have not reported all their sessions';
}

function waitingIn(summary: FleetSummary, matter: FleetMatter): FleetWaiting {
  return summary[matter] ?? { count: 0, first: [] };
}

/** `1 of 6 nodes holds it up: node-3 (session to 10.0.0.2: connection refused)` */
function waitingText({ count, first }: FleetWaiting, nodes: number): string {
  const verb = count === 1 ? 'holds' : 'hold';
  const more = count > first.length ? ` and ${String(count - first.length)} more` : '';
  const named = first.map(({ node, why }) => `${node} (${why})`).join(', ');
  return `${String(count)} of ${String(nodes)} nodes ${verb} it up: ${named}${more}`;
}

function notesOf(
  { kind }: FleetCondition,
  { away, ...sessions }: Pick<FleetSummary, 'away' | 'unseen' | 'downBefore'>,
): string | undefined {
  const { unseen, downBefore } = kind === 'fleet-sessions' ? sessions : {};
  const notes = [
    ...(away === undefined ? [] : [`away: ${namedText(away)}`]),
    ...(unseen === undefined ? [] : [`sessions unknown: ${namedText(unseen)}`]),
    ...(downBefore === undefined
      ? []
      : [`not waited for: sessions that were down before the change, of ${namedText(downBefore)}`]),
  ];
  return notes.length === 0 ? undefined : notes.join('; ');
}

function withNotes(text: string, notes: string | undefined): string {
  return notes === undefined ? text : `${text}; ${notes}`;
}

function namedText({ count, first }: NonNullable<FleetSummary['away']>): string {
  const more = count > first.length ? ` and ${String(count - first.length)} more` : '';
  return first.join(', ') + more;
}

function waitersText({ count, first }: FleetWaiting): string {
  return namedText({ count, first: first.map(({ node }) => node) });
}

/** For the status: `4 of 6 nodes ready; waiting for node-3: session to 10.0.0.2: …; away: node-5`. */
export function fleetText(summary: FleetSummary): string {
  const { nodes, ready, unhealthy, rolledBack } = summary;
  const { guarding, sessions, routes, written, files, restarts } = summary;
  const waiting = [guarding, sessions, routes, written, files, restarts].find(
    (one) => one !== undefined && one.count > 0,
  );
  const [first] = waiting?.first ?? [];
  const others = (waiting?.count ?? 0) - 1;
  const more = others > 0 ? ` (and for ${String(others)} more)` : '';
  const text = `${String(ready)} of ${String(nodes)} nodes ready`;
  const who = first === undefined ? '' : `; waiting for ${first.node}${more}: ${first.why}`;
  const hurt = [
    ...(unhealthy === undefined ? [] : [`; not healthy: ${waitersText(unhealthy)}`]),
    ...(rolledBack === undefined ? [] : [`; rolled back: ${waitersText(rolledBack)}`]),
  ].join('');
  return withNotes(text + who + hurt, notesOf({ kind: 'fleet-sessions' }, summary));
}
