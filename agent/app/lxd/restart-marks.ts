/** The marks of restarts that are kept on disk, and their changes. Pure. */
import type { ContainerReport } from '../../../core/lxd/container-report.ts';
import type { ContainerId, ObservedLxd } from '../../../core/lxd/observed-lxd.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type {
  StoredBegunRestart,
  StoredTriedRestart,
} from '../../../schemas/generated/agent-state.ts';
import type { HaltedRestart } from './report.ts';
import type { RestartReport } from './restart-containers.ts';
import type { AgentState } from '../state/agent-state.ts';

export type RestartMarks = NonNullable<AgentState['containerRestarts']>;
export type BegunRestart = Readonly<StoredBegunRestart>;

export const noMarks: RestartMarks = { under: [] };

/** Marks for a batch of observed containers whose restart begins. */
export function withBegun(
  marks: RestartMarks,
  batch: readonly ContainerId[],
  { daemon, reports, revision }: BatchSeen,
): RestartMarks {
  const under = batch.map((id) => begun(id, daemon));
  const now = under.flatMap(({ pid, ...id }): StoredTriedRestart[] => {
    const lacked = lackedBy(reports.find((one) => isSame(one, id)));
    return pid === undefined || lacked.length === 0 ? [] : [{ ...idOf(id), pid, lacked }];
  });
  const before = triedFor(marks, revision).filter((one) => !isAmong(one, now));
  const containers = [...before, ...now];
  const { tried: _old, ...rest } = marks;
  if (revision === undefined || containers.length === 0) return { ...rest, under };
  return { ...rest, under, tried: { revision, containers } };
}

export interface BatchSeen {
  readonly daemon: ObservedLxd['daemon'];
  readonly reports: readonly ContainerReport[];
  readonly revision: RevisionRef | undefined;
}

/**
 * Marks after restarts have ended. Containers that may still be down stay marked. The halt stays
 * until the container that caused it was restarted.
 * @param late the containers among the failed ones that may yet shut down
 */
export function withEnded(
  marks: RestartMarks,
  report: RestartReport,
  late: readonly ContainerId[],
): RestartMarks {
  const { halted, slow: watched = [], ...rest } = marks;
  const retried = report.failed.filter(({ retryable }) => retryable);
  const done = [...report.restarted, ...report.failed.map(({ container }) => container)];
  const under = marks.under.filter((one) =>
    retried.some(({ container }) => isSame(one, container)),
  );
  const lost = marks.under.filter((one) => isAmong(one, late) && !isAmong(one, under));
  const slow = [...watched.filter((one) => !isAmong(one, done)), ...lost];
  const next = { ...rest, under, slow };
  const isOver = halted === undefined || isAmong(halted.container, report.restarted);
  return isOver ? next : { ...next, halted };
}

/**
 * Marks that restarting has halted. The first halt of a revision stays, unless the same container
 * halts again; a later one is only reported to the client that asked for the restart.
 */
export function withHalted(marks: RestartMarks, halted: HaltedRestart): RestartMarks {
  const before = marks.halted;
  const stays =
    before !== undefined &&
    sameRevision(before.revision, halted.revision) &&
    !isSame(before.container, halted.container);
  return stays ? marks : { ...marks, halted };
}

/**
 * Marks without a container that was brought back; runsOn: it was not restarted, and may yet go
 * down.
 */
export function withBroughtBack(
  marks: RestartMarks,
  one: BegunRestart,
  runsOn = false,
): RestartMarks {
  const others = marks.under.filter((other) => !isSame(one, other));
  const slow = (marks.slow ?? []).filter((other) => !isSame(one, other));
  return { ...marks, under: others, slow: runsOn ? [...slow, one] : slow };
}

export function withoutHalted({ halted: _over, ...rest }: RestartMarks): RestartMarks {
  return rest;
}

/**
 * Whether the container was restarted for everything that it lacks. If it has the same init process
 * as before, its restart was cut off before it began.
 */
export function wasTried(
  marks: RestartMarks,
  report: ContainerReport,
  { daemon, revision }: Pick<BatchSeen, 'daemon' | 'revision'>,
): boolean {
  const tried = triedFor(marks, revision).find((one) => isSame(one, report));
  if (tried === undefined || tried.pid === begun(report, daemon).pid) return false;
  return lackedBy(report).every((what) => tried.lacked.includes(what));
}

export function lackedBy(report: ContainerReport | undefined): string[] {
  return (report?.effects ?? []).flatMap(({ what, present }) => (present === false ? what : []));
}

export function haltedFor(
  { halted }: RestartMarks,
  revision: RevisionRef | undefined,
): HaltedRestart | undefined {
  if (halted === undefined || revision === undefined) return undefined;
  return sameRevision(halted.revision, revision) ? halted : undefined;
}

export function idOf({ project, name }: ContainerId): ContainerId {
  return { project, name };
}

export function isSame(one: ContainerId, other: ContainerId): boolean {
  return one.project === other.project && one.name === other.name;
}

/** Whether no mark is left. */
export function isEmpty({ under, slow = [], tried, halted }: RestartMarks): boolean {
  return under.length + slow.length === 0 && tried === undefined && halted === undefined;
}

function isAmong(one: ContainerId, others: readonly ContainerId[]): boolean {
  return others.some((other) => isSame(one, other));
}

function triedFor(
  { tried }: RestartMarks,
  revision: RevisionRef | undefined,
): StoredTriedRestart[] {
  if (tried === undefined || revision === undefined) return [];
  return sameRevision(tried.revision, revision) ? tried.containers : [];
}

function begun(id: ContainerId, daemon: ObservedLxd['daemon']): StoredBegunRestart {
  const seen =
    daemon.state === 'there' ? daemon.containers.find((one) => isSame(one, id)) : undefined;
  const { inside } = seen ?? {};
  return { ...idOf(id), ...(inside && { pid: inside.pid, networkUp: inside.networkUp }) };
}
