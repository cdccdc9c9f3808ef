import type { Scope } from '../../render/desired.ts';
import {
  managedBy,
  managedByLabel,
  scopeText,
  standsForAnnotation,
} from '../../render/ownership.ts';
import { standingFor } from '../../render/stands-for.ts';
import type { AdoptableObject } from './adoption.ts';
import type { Change, FieldChange, Step } from '../plan.ts';

/** The steps that put our marks on objects of these scopes, and change nothing else. */
export function adoptionSteps(
  adoptable: readonly AdoptableObject[],
  covers: readonly Scope[],
): readonly Step[] {
  const covered = new Set(covers.map(scopeText));
  const changes = adoptable.filter(({ scope }) => covered.has(scopeText(scope))).map(marked);
  const why = 'only our marks are new; the next plan continues from there';
  return changes.length === 0
    ? []
    : [{ title: 'Take over what means the same', why, gates: [], changes }];
}

function marked({ observed, scope, standsFor, fate }: AdoptableObject): Change {
  const { resource: before, version } = observed;
  const hasOtherName = fate === 'stays' && before.metadata.name !== standsFor;
  const label = mark(`metadata.labels.${managedByLabel}`, managedBy, reasonOf(fate, standsFor));
  const name = mark(
    `metadata.annotations.${standsForAnnotation}`,
    standsFor,
    reasonOf(fate, standsFor),
  );
  return {
    action: 'update',
    scope,
    before,
    ...(version !== undefined && { version }),
    resource: hasOtherName ? standingFor(before, standsFor) : before,
    fields: hasOtherName ? [label, name] : [label],
  };
}

function mark(path: string, after: string, rule: string): FieldChange {
  return { path, before: undefined, after, reasons: [{ rule, place: { pointer: '' } }] };
}

function reasonOf(fate: AdoptableObject['fate'], standsFor: string): string {
  return fate === 'stays'
    ? `adopted: it means the same as "${standsFor}"`
    : `adopted: "${standsFor}" gives its sessions, and it goes when that is there`;
}
