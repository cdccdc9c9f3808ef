/**
 * The forms of the daemon's answers that have no schema of their own. The daemon is ours and of the
 * same version: this finds an answer of another program or version, not a faulty field deep inside.
 */
import type { Issue } from '../../../core/issue.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import type { ResolvedPeer } from '../../../core/resolve/resolution.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AdoptableObject } from '../../../core/plan/adopt/adoption.ts';
import type { StaleNode } from '../../../core/survey/stale-node.ts';
import type {
  DriftCorrection,
  DriftReport,
  OwnedObject,
  RevisionSummary,
  RevisionEnd,
  Stage,
} from '../../app/agent.ts';

export interface PlanAnswer {
  readonly plan: AnyPlan;
  readonly issues: readonly Issue[];
}

export interface ApplyAnswer {
  readonly result: 'accepted' | 'already';
  readonly revision: RevisionRef;
  readonly stage: Stage;
  readonly issues: readonly Issue[];
  /** Only where it was waited for, and in time. */
  readonly settled?: RevisionEnd;
}

export interface PeersAnswer {
  readonly node: string;
  readonly asNumber?: number;
  readonly routeReflectorClusterId?: string;
  readonly peers: readonly (ResolvedPeer & { readonly session: string })[];
}

export interface RevisionsAnswer {
  readonly revisions: readonly RevisionSummary[];
}

export interface AdoptableAnswer {
  readonly objects: readonly AdoptableObject[];
}

export interface OwnedAnswer {
  readonly objects: readonly OwnedObject[];
  /** After a release: what still carries our marks. */
  readonly left?: readonly OwnedObject[];
}

export interface StaleNodesAnswer {
  readonly nodes: readonly StaleNode[];
}

export function isDriftAnswer(value: unknown): value is DriftReport {
  return hasLists(value, ['fields']);
}

export function isDriftCorrection(value: unknown): value is DriftCorrection {
  return hasLists(value, ['left']);
}

export function isAdoptableAnswer(value: unknown): value is AdoptableAnswer {
  return areAll(fieldOf(value, 'objects'), (object) => hasLists(object, ['writers']));
}

export function isOwnedAnswer(value: unknown): value is OwnedAnswer {
  return areAll(
    fieldOf(value, 'objects'),
    (object) => typeof fieldOf(object, 'scope') === 'string',
  );
}

export function isStaleNodesAnswer(value: unknown): value is StaleNodesAnswer {
  return areAll(fieldOf(value, 'nodes'), (node) => hasLists(node, ['objects', 'blocks']));
}

export function isPlanAnswer(value: unknown): value is PlanAnswer {
  const plan = fieldOf(value, 'plan');
  return fieldOf(plan, 'formatVersion') === 1 && hasLists(plan, ['steps', 'issues']);
}

export function isApplyAnswer(value: unknown): value is ApplyAnswer {
  const result = fieldOf(value, 'result');
  return (
    (result === 'accepted' || result === 'already') &&
    typeof fieldOf(fieldOf(value, 'revision'), 'lineage') === 'string' &&
    hasLists(value, ['issues'])
  );
}

export function isPeersAnswer(value: unknown): value is PeersAnswer {
  return typeof fieldOf(value, 'node') === 'string' && hasLists(value, ['peers']);
}

export function isRevisionsAnswer(value: unknown): value is RevisionsAnswer {
  return hasLists(value, ['revisions']);
}

function areAll(value: unknown, isExpected: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isExpected);
}

function hasLists(value: unknown, names: readonly string[]): boolean {
  return names.every((name) => Array.isArray(fieldOf(value, name)));
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
