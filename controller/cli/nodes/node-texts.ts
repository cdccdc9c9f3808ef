/** The texts about one node: its row in the table of nodes, and lines for what is too long for a row. */
import { adapterText } from '../../../core/degraded/adapters.ts';
import { revisionText } from '../../../core/revision/revision-text.ts';
import type { Node, RevisionRef } from '../../../schemas/generated/controller-api/nodes.ts';
import { nodeText } from '../push-texts.ts';

export const heading = [
  'NODE',
  'CONNECTED',
  'AS',
  'CLUSTER ID',
  'PEERS',
  'SESSIONS',
  'REVISION',
  'PUSH',
  'STATE',
];

export const wideHeading = [...heading, 'AGENT', 'UNITS', 'FROM', 'SINCE', 'CERTIFICATE UNTIL'];

export function wideRow(node: Node, lineage: string): string[] {
  const { agentVersion, units, remote = '-', since = '-' } = node;
  const wide = [agentVersion, units.join(' ') || '-', remote, since, certificateText(node)];
  return [...row(node, lineage), ...wide];
}

function certificateText({ identity, certificateUntil = '-' }: Node): string {
  return identity === 'shared-token' ? 'shared token' : certificateUntil;
}

export function row(node: Node, lineage: string): string[] {
  return [
    node.name,
    node.connected ? 'yes' : `no, last seen ${node.lastSeenAt}`,
    String(node.asNumber ?? '-'),
    node.routeReflectorClusterId ?? '-',
    String(node.peers ?? '-'),
    sessionsText(node),
    revisionNumber(node.inForce, lineage),
    node.push?.state ?? '-',
    stateText(node),
  ];
}

export function stateText({ connected, revoked, state, hold, unknown = [] }: Node): string {
  if (revoked === true) return 'revoked';
  const newer = unknown.find(({ pointer }) => pointer === '/state');
  if (connected && newer !== undefined) return unknownText(newer);
  if (!connected || state === undefined) return '-';
  return hold === undefined || state === 'held' ? state : `${state}, on hold`;
}

function unknownText({ text }: NonNullable<Node['unknown']>[number]): string {
  return `unknown to this controller: ${text}`;
}

/** Only the number for this controller's own revisions; other lineages have their own numbers. */
function revisionNumber(ref: RevisionRef | undefined, lineage: string): string {
  if (ref === undefined) return '-';
  return ref.lineage === lineage ? String(ref.number) : `${ref.number} of ${ref.lineage}`;
}

export function sessionsText({ sessions }: Node): string {
  if (sessions === undefined) return '-';
  const { established, expected, unknown } = sessions;
  return `${established} of ${expected}${unknown > 0 ? `, ${unknown} unknown` : ''}`;
}

/** Texts that are too long for a row. */
export function detailTexts(node: Node): readonly string[] {
  const { push, replaced, sessions } = node;
  const texts: string[] = [];
  if (node.revoked === true) texts.push(revokedText(node.name));
  if (push?.message !== undefined) texts.push(pushDetail(push));
  texts.push(...changeTexts(node));
  for (const value of node.unknown ?? []) {
    if (value.pointer !== '/state') texts.push(`${value.pointer}: ${unknownText(value)}`);
  }
  for (const { adapter, reason } of node.degraded ?? []) {
    texts.push(`degraded: ${adapterText(adapter)}: ${reason}`);
  }
  if (sessions?.oddRoutes !== undefined) texts.push(`routes: ${sessions.oddRoutes}`);
  if (sessions?.worst !== undefined) texts.push(`worst session: ${sessions.worst}`);
  if (replaced?.rivals === true) {
    const { count, at } = replaced;
    texts.push(
      `${rivalsText(replaced)} connect as this node (${count} times, last ${at}); ` +
        'give each machine its own name',
    );
  }
  return texts;
}

function revokedText(name: string): string {
  return (
    'revoked: it cannot connect again without a new certificate; issue one (authority of the controller: ' +
    `calico-controller token create --node ${name}), accept the old one again with calico-controller revoke --undo ${name}, ` +
    `or take it out with calico-controller forget ${name}`
  );
}

function pushDetail(push: NonNullable<Node['push']>): string {
  const { state, message = '', retrying } = push;
  if (state === 'rolled-back' || state === 'rolling-back') return nodeText(push);
  return `${message}${retrying === true ? ' (the agent tries again)' : ''}`;
}

/** The gates at which its change waits, and whether it has guard routes meanwhile. */
function changeTexts({ gates = [], confirming, guard }: Node): string[] {
  const guarded = guard === undefined ? '' : guardText(guard);
  const waits = gates.map(({ step, steps, title, condition, why, leftSeconds }) => {
    const left =
      leftSeconds === undefined ? '' : `; it goes back within ${aboutSeconds(leftSeconds)} s`;
    return `waits before step ${step} of ${steps}, "${title}", until ${condition}: ${why}${left}${guarded}`;
  });
  return confirming === undefined ? waits : [...waits, `${confirmingText(confirming)}${guarded}`];
}

function guardText({ state, why = 'they are off' }: NonNullable<Node['guard']>): string {
  return state === 'on' ? '; guard routes are on' : `; no guard routes: ${why}`;
}

function confirmingText({
  revision,
  mode,
  previous,
  leftSeconds,
  unhealthy,
}: NonNullable<Node['confirming']>): string {
  const has = `revision ${revisionText(revision)} is in force and not confirmed`;
  const health = unhealthy === undefined ? '' : `; not healthy: ${unhealthy}`;
  const how = mode === 'person' ? 'a person confirms it' : 'the node is healthy';
  if (leftSeconds === undefined || previous === undefined) return `${has}${health}`;
  const left = aboutSeconds(leftSeconds);
  return `${has}: within ${left} s it goes back to ${revisionText(previous)} unless ${how}${health}`;
}

/** Rounds the seconds, so that nodes with the same wait share a line. */
function aboutSeconds(seconds: number): number {
  return Math.ceil(seconds / 10) * 10;
}

function rivalsText({ by, from }: { readonly by: string; readonly from: string }): string {
  return by === from ? `two machines behind ${by}` : `${by} and ${from} both`;
}
