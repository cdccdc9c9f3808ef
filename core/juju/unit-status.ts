/** Turns the agent's status into Juju's status words. */
import { certificateText } from '../enrolment/certificate-problem.ts';
import { adapterText } from '../degraded/adapters.ts';
import type { Issue } from '../issue.ts';
import { nodeWithoutPeers } from '../resolve/resolution.ts';
import { printable } from '../printable.ts';
import type { Rejection } from '../revision/revision.ts';
import { sessionCountText } from '../sessions/count-sessions.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';

export interface UnitStatus {
  /**
   * blocked: a person must act. waiting: the agent waits for another program. maintenance: the
   * agent works. active: everything is as desired.
   */
  readonly word: 'blocked' | 'waiting' | 'maintenance' | 'active';
  /** One line. */
  readonly message: string;
}

const maxMessage = 400;

export function unitStatus(word: UnitStatus['word'], message: string): UnitStatus {
  return { word, message: cut(oneLine(message), maxMessage) };
}

function oneLine(text: string): string {
  return printable(text.trim().replaceAll(/\s+/g, ' '));
}

function cut(text: string, room: number): string {
  return text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text;
}

/** Cuts a text in its middle part, so that the hint at its end stays. */
function endingWith(start: string, end: string, room = maxMessage): string {
  return cut(oneLine(start), room - end.length) + end;
}

/** The unit status where Juju's options have no issue. */
export function statusOfAgent(status: AgentStatus): UnitStatus {
  const own = withCertificate(withDegraded(statusOfState(status), status), status);
  const { hold, state } = status;
  // Shown also while no change waits, because the next one will.
  if (hold === undefined || state === 'held') return own;
  return unitStatus(own.word, endingWith(own.message, `; ${holdText(hold, maxMessage / 2)}`));
}

/** Adds the failure of an adapter that the message does not name already. */
function withDegraded(own: UnitStatus, { degraded = [], message }: AgentStatus): UnitStatus {
  const untold = degraded.filter(({ reason }) => !message.includes(reason));
  if (untold.length === 0) return own;
  const texts = untold.map(({ adapter, reason, nextAttemptAt }) => {
    const next = nextAttemptAt === undefined ? '' : `, next attempt at ${timeText(nextAttemptAt)}`;
    return `${adapterText(adapter)} fails${next}: ${reason}`;
  });
  return unitStatus(
    own.word,
    endingWith(own.message, `; ${cut(texts.join('; '), maxMessage / 2)}`),
  );
}

/** Adds what is wrong with the times of the node's certificate. */
function withCertificate(own: UnitStatus, { certificate }: AgentStatus): UnitStatus {
  if (certificate?.problem === undefined) return own;
  const text = cut(`the node's certificate is ${certificateText(certificate)}`, maxMessage / 2);
  return unitStatus(own.word, endingWith(own.message, `; ${text}`));
}

function statusOfState(status: AgentStatus): UnitStatus {
  const { state, message, progress, hold } = status;
  if (status.needsPerson === true) return unitStatus('blocked', message);
  switch (state) {
    case 'in-force':
      return isAlone(status) ? aloneStatus(status) : unitStatus('active', inForceText(status));
    case 'drifted':
      if (isAlone(status)) return aloneStatus(status);
      return unitStatus('active', `${inForceText(status)}; ${driftText(status)} (action drift)`);
    case 'applying':
      return unitStatus(
        'maintenance',
        progress === undefined
          ? 'applying'
          : `applying step ${progress.step} of ${progress.steps}: ${progress.title}`,
      );
    case 'recovering':
    case 'confirming':
    case 'rolling-back':
    case 'awaiting-gate':
      return unitStatus('maintenance', message);
    case 'held':
      return unitStatus('blocked', hold === undefined ? message : holdText(hold, maxMessage));
    case 'waiting':
    case 'awaiting-writer':
    case 'failed':
      return unitStatus('waiting', message);
  }
}

function holdText({ scope, by, why }: NonNullable<AgentStatus['hold']>, room: number): string {
  const [where, action] =
    scope === 'cluster'
      ? [' in the whole cluster', 'action release-hold, cluster=true']
      : ['', 'action release-hold'];
  return endingWith(`writing is on hold${where}: ${by}: ${why}`, ` (${action})`, room);
}

/** The unit status where configurations come from a controller. */
export function statusByController(status: AgentStatus): UnitStatus {
  const own = statusOfAgent(status);
  if (own.word === 'blocked') return own;
  const { controller } = status;
  if (controller?.refused !== undefined) {
    return unitStatus(
      'blocked',
      `the agent refuses the controller's configuration: ${controller.refused}`,
    );
  }
  if (controller?.connected === true) return own;
  return unitStatus('waiting', `for the controller: ${controller?.message ?? 'not connected yet'}`);
}

/**
 * Adds what the controller's units published and the agent cannot use.
 * @param isUsedInPart some of it is used; else what was in force before counts, until a person acts
 */
export function withUnusable(own: UnitStatus, why: string, isUsedInPart: boolean): UnitStatus {
  const text = cut(oneLine(why), maxMessage / 2);
  if (isUsedInPart) return unitStatus(own.word, endingWith(own.message, `; ${text}`));
  return unitStatus('blocked', `${text}; its address from before stays: ${own.message}`);
}

function aloneStatus(status: AgentStatus): UnitStatus {
  return unitStatus('blocked', `${inForceText(status)}: the mesh is off; ${aloneHint}`);
}

const aloneHint = 'give this node a peer (global-bgp-peers), or set node-to-node-mesh=true';

/** Whether the node has no BGP session at all, so that its pods reach no other node. */
function isAlone({ issues }: AgentStatus): boolean {
  return issues.some(({ code }) => code === nodeWithoutPeers);
}

/** `revision 12, AS 64512, 4 of 4 sessions`, or `4 peers` if BIRD was not asked. */
function inForceText({ revisions, resolved, datastore, sessions }: AgentStatus): string {
  const { inForce } = revisions;
  const peers = resolved?.peerCount ?? resolved?.peers.length ?? 0;
  return [
    `revision ${inForce?.number ?? '?'}`,
    ...(resolved?.asNumber === undefined ? [] : [`AS ${resolved.asNumber}`]),
    sessions === undefined ? `${peers} peer${peers === 1 ? '' : 's'}` : sessionCountText(sessions),
    ...(datastore.reachesCluster ? [] : ['written as files, not applied to a cluster']),
  ].join(', ');
}

function driftText({ drift }: AgentStatus): string {
  const objects = drift?.objects ?? 1;
  return `somebody else changed ${objects} object${objects === 1 ? '' : 's'}`;
}

/** The first error, and the action that shows the others. */
export function refusedStatus(issues: readonly Issue[], fallback: string): UnitStatus {
  const errors = issues.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return unitStatus('blocked', fallback);
  const others = errors.length - 1;
  const rest =
    others === 0
      ? '(action check)'
      : `(and ${others} more error${others === 1 ? '' : 's'}: action check)`;
  return unitStatus('blocked', endingWith(`${placeText(first)}${first.message}`, ` ${rest}`));
}

/** `subnet-bgp-peers, line 3: `. */
function placeText({ inside, pointer, message }: Issue): string {
  if (inside !== undefined) return `${inside.option}, line ${inside.line}: `;
  const option = pointer.split('/')[1]?.replaceAll('~1', '/').replaceAll('~0', '~');
  return option === undefined || option === '' || message.includes(option) ? '' : `${option}: `;
}

/** The unit status for a rejected content, which a hook does not apply again. */
export function rejectedStatus({ at, reason }: Pick<Rejection, 'at' | 'reason'>): UnitStatus {
  const start = `rejected at ${timeText(at)}: ${reason}`;
  return unitStatus('blocked', endingWith(start, '; change it, or run the action retry'));
}

/** `03:12` of an RFC 3339 time, as it is written; UTC, as Juju's own times are. */
function timeText(at: string): string {
  return /T(\d\d:\d\d)/.exec(at)?.[1] ?? at;
}
