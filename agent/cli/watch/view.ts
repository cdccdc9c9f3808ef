/** The lines of the live view, for a terminal of any size, made from the daemon's last answers. */
import { certificateText } from '../../../core/enrolment/certificate-problem.ts';
import { degradedText } from '../../../core/degraded/adapters.ts';
import { printable } from '../../../core/printable.ts';
import { sessionCountText } from '../../../core/sessions/count-sessions.ts';
import { durationText } from '../../../core/sessions/duration-text.ts';
import { revisionText } from '../../../core/revision/revision-text.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Peers, Session } from '../../../schemas/generated/agent-api/peers.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { LoggedEvent } from '../../../schemas/generated/logged-event.ts';
import { eventText } from '../../../runtime/cli/events/event-text.ts';
import { sessionText } from '../output/session-text.ts';
import { progressText } from '../output/status-text.ts';

/** The daemon's last answers. */
export interface Snapshot {
  readonly status: AgentStatus;
  readonly peers: Peers | undefined;
  /** Oldest first. */
  readonly events: readonly LoggedEvent[];
  /** Why there is no newer answer; undefined: the last one is new. */
  readonly silence: string | undefined;
}

export type Tone = 'plain' | 'good' | 'bad' | 'doubtful' | 'faint';

export interface Line {
  /** Safe for a terminal, and not wider than it. */
  readonly text: string;
  readonly tone: Tone;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** At most as many lines as there are rows. @param nowMs since 1970 */
export function viewOf(
  snapshot: Snapshot,
  { columns, rows }: Size,
  nowMs: number,
): readonly Line[] {
  const head = headLines(snapshot, nowMs);
  const foot: Line[] = [{ text: 'q quits', tone: 'faint' }];
  const room = Math.max(0, rows - head.length - foot.length);
  const sessions = sessionLines(snapshot, Math.floor(room / 2));
  const events = eventLines(snapshot, room - sessions.length);
  return [...head, ...sessions, ...events, ...foot].slice(0, rows).map(({ text, tone }) => ({
    text: shortened(printable(text), columns),
    tone,
  }));
}

function shortened(text: string, columns: number): string {
  if (text.length <= columns) return text;
  return columns <= 1 ? text.slice(0, columns) : `${text.slice(0, columns - 1)}…`;
}

function headLines({ status, silence }: Snapshot, nowMs: number): readonly Line[] {
  const { sessions, hold, confirming, certificate, degraded = [] } = status;
  return [
    ...(silence === undefined ? [] : [bad(`no answer from the daemon: ${silence}`)]),
    { text: `${status.node}  ${progressText(status)}`, tone: toneOf(status.state) },
    { text: revisionsText(status.revisions), tone: 'plain' },
    ...gateLines(status, nowMs),
    ...(confirming === undefined ? [] : [confirmingLine(confirming, nowMs)]),
    ...(hold === undefined ? [] : [doubtful(`on hold by ${hold.by}: ${hold.why}`)]),
    ...degraded.map((one) => bad(`degraded: ${degradedText(one)}`)),
    ...(certificate?.problem === undefined
      ? []
      : [bad(`certificate: ${certificateText(certificate)}`)]),
    ...(sessions === undefined
      ? []
      : [
          {
            text: `BGP: ${sessionCountText(sessions)}`,
            tone: sessions.established === sessions.expected ? ('good' as const) : ('bad' as const),
          },
        ]),
  ];
}

const tones: Readonly<Partial<Record<AgentStatus['state'], Tone>>> = {
  'in-force': 'good',
  failed: 'bad',
  'rolling-back': 'bad',
  drifted: 'doubtful',
  held: 'doubtful',
  waiting: 'doubtful',
};

function toneOf(state: AgentStatus['state']): Tone {
  return tones[state] ?? 'plain';
}

function revisionsText({ accepted, inForce, confirmed }: AgentStatus['revisions']): string {
  const name = (revision: RevisionRef | undefined): string =>
    revision === undefined ? 'none' : revisionText(revision);
  return `accepted ${name(accepted)}, in force ${name(inForce)}, confirmed ${name(confirmed)}`;
}

/** Each closed gate, with the time that it has waited and the time that is left. */
function gateLines({ progress }: AgentStatus, nowMs: number): readonly Line[] {
  return (progress?.gates ?? []).map(({ condition, why, since, until }) => {
    const waited = durationText(secondsBetween(since, nowMs));
    const left = durationText(secondsUntil(until, nowMs));
    return doubtful(`gate: ${condition}; waited ${waited}, rolls back in ${left}: ${why}`);
  });
}

function confirmingLine(
  { mode, until, unhealthy, awaits }: NonNullable<AgentStatus['confirming']>,
  nowMs: number,
): Line {
  const left = until === undefined ? '' : ` in ${durationText(secondsUntil(until, nowMs))}`;
  const who = awaits === undefined ? 'the node is healthy' : `${awaits} prove to be healthy`;
  const unless = mode === 'person' ? 'somebody runs calico-agent confirm' : who;
  const why = unhealthy === undefined ? '' : `: ${unhealthy}`;
  return doubtful(`not confirmed: rolls back${left} unless ${unless}${why}`);
}

function secondsBetween(since: string, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - Date.parse(since)) / 1000)) || 0;
}

function secondsUntil(until: string, nowMs: number): number {
  return Math.max(0, Math.ceil((Date.parse(until) - nowMs) / 1000)) || 0;
}

interface Row {
  readonly name: string;
  readonly session: Session;
}

/** The lines about sessions; those that are not up come first. */
function sessionLines({ peers }: Snapshot, most: number): readonly Line[] {
  if (peers === undefined || most < 2) return [];
  const rows: readonly Row[] = [...peers.peers, ...peers.others].map(({ session, ...peer }) => ({
    name: peer.address ?? 'any of a network',
    session,
  }));
  if (rows.length === 0) return [];
  const sorted = [...rows.filter((row) => !isUp(row)), ...rows.filter(isUp)];
  const shown = sorted.slice(0, sorted.length > most - 1 ? most - 2 : most - 1);
  const width = Math.max(...shown.map(({ name }) => name.length));
  const left = sorted.length - shown.length;
  return [
    { text: '', tone: 'plain' },
    ...shown.map((row): Line => ({
      text: `${row.name.padEnd(width)}  ${sessionText(row.session)}`,
      tone: isUp(row) ? 'good' : row.session.verdict === 'unknown' ? 'doubtful' : 'bad',
    })),
    ...(left === 0 ? [] : [faint(`and ${left} more: calico-agent peers`)]),
  ];
}

function isUp({ session }: Row): boolean {
  return session.verdict === 'established';
}

function eventLines({ events }: Snapshot, most: number): readonly Line[] {
  if (most < 2 || events.length === 0) return [];
  const shown = events.slice(-(most - 1));
  return [
    { text: '', tone: 'plain' },
    ...shown.map((event): Line => ({ text: eventText(event), tone: eventTones[event.level] })),
  ];
}

const eventTones: Readonly<Record<LoggedEvent['level'], Tone>> = {
  info: 'plain',
  warning: 'doubtful',
  error: 'bad',
};

function bad(text: string): Line {
  return { text, tone: 'bad' };
}

function doubtful(text: string): Line {
  return { text, tone: 'doubtful' };
}

function faint(text: string): Line {
  return { text, tone: 'faint' };
}
