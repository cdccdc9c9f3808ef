/**
 * Observe, plan, apply, observe again: the one path for a new revision, for a change that was cut
 * off, for drift, for new facts, and for a rollback. Only an empty plan without errors counts as
 * in force.
 */
import type { Issue } from '../../../core/issue.ts';
import type { DriftedField } from '../../../core/plan/drift/drifted-field.ts';
import { otherWorkFirst } from '../../../runtime/pacing/in-turns.ts';
import { findSessionsByOthers } from './sessions-in-turns.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import { applyPlan, type Applied } from '../apply/apply-plan.ts';
import { newEntry } from '../apply/change-runner.ts';
import type { Derived } from '../../../core/deciding/question.ts';
import { countChanges, notTaken, refuseFaults, withoutTrafficGates } from '../apply/judge-plan.ts';
import { objectUnreadable } from '../../../core/plan/unreadable-objects.ts';
import { stepsBeforeHost } from '../../../core/plan/platform/platform-gates.ts';
import { unreadableNode } from '../../../core/plan/unreadable-node.ts';
import { noteEdits } from '../derive/edited-cluster.ts';
import { shareDoneOnce } from '../derive/done-once.ts';
import { isOwnShare } from '../derive/later-share.ts';
import { forgetDoneByHand, keepLeftByHand } from '../derive/left-by-hand.ts';
import { planDesired, type PlannedChange } from '../derive/observe-and-plan.ts';
import { doubtAbout, isNodeMissing } from './node-in-doubt.ts';
import type { Intent, Outcome } from './outcome.ts';
import type { Reconciling } from './reconcile-deps.ts';

/** @throws AppError */
export async function bringIntoForce(deps: Reconciling, intent: Intent): Promise<Outcome> {
  const { node, records, writer } = deps;
  const { revision } = intent;
  const derived = await deps.derivedOf(revision);
  const doubt = doubtAbout(deps, derived);
  if (doubt !== undefined) {
    // The agent shows a hold all the same. Without an address the datastore may be out of reach.
    await writer.read().catch(() => undefined);
    return { result: 'awaiting-node', ...doubt };
  }
  const open = await records.journal.open();
  await writer.read();
  const planned = await planDesired(deps.planning, node.facts().name, derived);
  // Pools may send packets without an overlay only after the check of the interfaces is off. A revision that was
  // confirmed is put back all the same: the cloud may be away because of the one that replaced it.
  if (!isInForce(deps, revision) && !isConfirmed(deps, revision)) expectCloud(planned);
  const plan = refuseFaults(planned.plan);
  await forgetDoneByHand(records, planned.placesByHand);
  await shareDoneOnce(deps, planned);
  const isOver =
    plan.steps.length === 0 && isInForce(deps, revision) && isConfirmed(deps, revision);
  const isOwn = isOwnShare(derived);
  if (!isOwn) await noteEdits(records, planned.placesByHand, isOver);
  const absent = plan.issues.find(({ code }) => absences.has(code));
  if (absent !== undefined) return awaitSystem(absent);
  if (plan.steps.length === 0) {
    expectLxd(planned);
    expectCloud(planned);
    return isNodeMissing(planned, derived)
      ? awaitNode(deps, planned, open)
      : enter(deps, { revision, derived, planned, entry: open });
  }
  const hold = writer.holdInForce();
  if (hold !== undefined) return { result: 'held', hold, changes: countChanges(plan) };
  const mayDrift = !intent.isAsked && isDrift(deps, intent, derived, open);
  const drifted = mayDrift ? await driftOf(planned) : [];
  if (drifted.length > 0) {
    if (!intent.mayCorrect) {
      const byOthers = await findSessionsByOthers(planned.observed, node.facts());
      const refused = (await writer.refusal({ plan, revision, isCorrection: true }))?.why;
      const { isBraked } = intent;
      const outcome = { result: 'drifted', fields: drifted, byOthers, isBraked } as const;
      return refused === undefined ? outcome : { ...outcome, refused };
    }
    deps.report.logger.warn('somebody else changed what is in force; it is corrected', {
      fields: drifted.slice(0, maxLogged).map(textOf),
    });
  }
  await keepLeftByHand(records, revision, planned.leftByHand);
  const unwritable = plan.issues.find(({ code }) => code === 'platform-not-writable');
  const now = unwritable === undefined ? plan : { ...plan, steps: stepsBeforeHost(plan) };
  if (unwritable !== undefined && now.steps.length === 0) return awaitSystem(unwritable);
  const { recovering } = intent;
  const isCorrection = drifted.length > 0;
  const isOwnOnly = isInForce(deps, revision);
  const isRollingBack = !isOwnOnly && isConfirmed(deps, revision);
  const { poolUsage } = planned.observed;
  if (isRollingBack && !isOwn) await writer.announceReturn(revision);
  await deps.listeners.begins({ revision, plan, isOwnOnly });
  const applied = await applyPlan(deps, {
    revision,
    plan: isCorrection ? withoutTrafficGates(now) : now,
    open,
    recovering,
    isCorrection,
    isOwnOnly,
    isRollingBack,
    ...(poolUsage !== undefined && { poolUsage }),
  });
  if (applied.result === 'applied' && unwritable !== undefined) {
    await endEntry(deps, applied.entry);
    return awaitSystem(unwritable);
  }
  if (applied.result === 'applied') return verify(deps, intent, derived, applied);
  if (applied.result === 'awaiting-gate') {
    const { progress, why } = applied;
    deps.listeners.moved({ revision, at: 'gate', progress, why });
  }
  return applied;
}

const absences: ReadonlySet<string> = new Set(['lxd-absent', 'calico-absent']);

function awaitSystem(issue: Issue): Outcome {
  return { result: 'awaiting-system', why: textOfIssue(issue) };
}

function textOfIssue({ message, hint }: Issue): string {
  return hint === undefined ? message : `${message}; ${hint}`;
}

const maxLogged = 20;

async function verify(
  deps: Reconciling,
  intent: Intent,
  derived: Derived,
  { entry, waitingFor }: Extract<Applied, { readonly result: 'applied' }>,
): Promise<Outcome> {
  const { revision } = intent;
  await deps.writer.read();
  const planned = await planDesired(deps.planning, deps.node.facts().name, derived);
  const left = refuseFaults(planned.plan);
  if (left.steps.length === 0) {
    expectLxd(planned);
    expectCloud(planned);
  }
  const enterOrAwait = (): Promise<Outcome> =>
    isNodeMissing(planned, derived)
      ? awaitNode(deps, planned, entry)
      : enter(deps, { revision, derived, planned, entry }, true);
  if (waitingFor === undefined) {
    const missing = countChanges(left);
    if (missing > 0) throw notTaken(missing);
    // What was changed has begun something for which the change now waits: the next pass does that.
    if (left.steps.length > 0) return bringIntoForce(deps, intent);
    return enterOrAwait();
  }
  const { restrictPlan } = await import('../../../core/plan/restrict-plan.ts');
  const own = restrictPlan(left).plan;
  const missing = countChanges(own);
  if (missing > 0) throw notTaken(missing);
  if (left.steps.length === 0) return enterOrAwait();
  await endEntry(deps, entry);
  const { why, isBusy } = waitingFor;
  deps.listeners.moved({ revision, at: 'awaits-writer', why });
  return { result: 'awaiting-writer', why, isBusy };
}

/** Calico's part is done, but the revision is in force only with the part of LXD. @throws AppError */
function expectLxd({ lxdFailure }: PlannedChange): void {
  if (lxdFailure !== undefined) throw lxdFailure;
}

/** @throws AppError */
function expectCloud({ cloudFailure }: PlannedChange): void {
  if (cloudFailure !== undefined) throw cloudFailure;
}

/** The cluster-wide resources are written, but the object of this node does not exist yet. */
async function awaitNode(
  deps: Reconciling,
  { observed }: PlannedChange,
  entry: JournalEntry | undefined,
): Promise<Outcome> {
  await endEntry(deps, entry);
  const odd = observed.nodes.map(unreadableNode).find((issue) => issue !== undefined);
  const why = odd === undefined ? await deps.node.explainMissing() : textOfIssue(odd);
  return { result: 'awaiting-node', why, needsPerson: odd !== undefined };
}

interface Reached {
  readonly revision: RevisionRef;
  readonly derived: Derived;
  /** Nothing of it is left to do. */
  readonly planned: PlannedChange;
  readonly entry: JournalEntry | undefined;
}

async function enter(
  deps: Reconciling,
  { revision, derived, planned, entry }: Reached,
  corrected = false,
): Promise<Outcome> {
  const isNew = await deps.confirming.enter(revision);
  // After a restart the agent reports it again to the other nodes, as long as it is not confirmed.
  const isOpen = deps.confirming.shown(revision) !== undefined;
  if (isNew || entry !== undefined || isOpen) deps.listeners.moved({ revision, at: 'written' });
  // The history also records a revision that needed no change.
  await endEntry(deps, entry ?? (isNew ? await emptyEntry(deps, revision) : undefined));
  // The cluster-wide resources are not those of this revision.
  const isRecordCurrent = isOwnShare(derived) || (await deps.writer.updateRecord(revision));
  const byOthers = await findSessionsByOthers(planned.observed, deps.node.facts());
  const unreadable = planned.plan.issues.filter(({ code }) => code === objectUnreadable);
  const inForce = { derived, isRecordCurrent, byOthers, unreadable };
  return isNew ? { result: 'entered', ...inForce } : { result: 'unchanged', ...inForce, corrected };
}

function emptyEntry(
  { records: { journal }, clock }: Reconciling,
  revision: RevisionRef,
): Promise<JournalEntry> {
  return newEntry({ journal, clock }, revision, { formatVersion: 1, steps: [] });
}

async function endEntry(
  { records: { journal }, clock }: Reconciling,
  entry: JournalEntry | undefined,
): Promise<void> {
  if (entry !== undefined)
    await journal.end({ ...entry, ended: { at: clock.now(), result: 'applied' } });
}

function isInForce(
  { records: { state } }: { readonly records: Pick<Reconciling['records'], 'state'> },
  revision: RevisionRef,
): boolean {
  const { inForce } = state.current();
  return inForce !== undefined && sameRevision(inForce, revision);
}

function isConfirmed({ records: { state } }: Reconciling, revision: RevisionRef): boolean {
  const { confirmed } = state.current();
  return confirmed !== undefined && sameRevision(confirmed, revision);
}

/** Neither revision nor facts are new, and no change of ours was open. */
function isDrift(
  { records }: Reconciling,
  { revision, lastInForce }: Intent,
  derived: Derived,
  open: JournalEntry | undefined,
): boolean {
  return (
    isInForce({ records }, revision) &&
    open === undefined &&
    (lastInForce === undefined || lastInForce === derived)
  );
}

async function driftOf({ plan, observed }: PlannedChange): Promise<readonly DriftedField[]> {
  const { findDrift } = await import('../../../core/plan/drift/find-drift.ts');
  await otherWorkFirst();
  return findDrift(plan, observed);
}

function textOf({ kind, name, path, by }: DriftedField): string {
  const what = path === undefined ? `${kind} ${name}` : `${kind} ${name} ${path}`;
  return by === undefined ? what : `${what} (by ${by})`;
}
