/** The texts that the commands of MicroK8s print for people. */
import { printable } from '../../../core/printable.ts';
import {
  mergeId,
  type CarriedInObject,
  type ConflictInObject,
  type MergedManifests,
} from '../../../core/platform/microk8s/merge/merge-manifests.ts';
import type { Answers, MergedText } from '../../../core/platform/microk8s/merge/merged-text.ts';
import type { YamlValue } from '../../../core/platform/microk8s/merge/yaml-value.ts';
import type { FoundUpgrade } from '../../app/microk8s/find-upgrade.ts';
import type { UpgradeOutcome } from '../../app/microk8s/upgrade-calico.ts';

const maxShown = 200;

export function planText(
  found: Extract<FoundUpgrade, { readonly due: true }>,
  { carried, conflicts }: MergedManifests,
  { open, stuck }: MergedText,
  answers: Answers,
): string {
  const { from, to, isAfterRefresh, before, mine, shipped } = found;
  const head = [
    isAfterRefresh
      ? `a refresh of the snap replaced cni.yaml by that of Calico ${to}; changes made for ${from} are carried over`
      : `Calico ${from} -> ${to}`,
    `shipped before  ${before.file}`,
    `changes of      ${mine.file}`,
    `shipped now     ${shipped.file}`,
    '',
    carried.length === 0 ? 'no changes of people are carried over' : 'carried over:',
    ...carried.map(
      (one) =>
        `  ${carriedText(one)}${answers.get(mergeId(one)) === 'shipped' ? '  (left out)' : ''}`,
    ),
  ];
  const decided = conflicts.filter((one) => answers.has(mergeId(one)));
  return [
    ...head,
    ...(decided.length === 0 ? [] : ['', 'decided by you:']),
    ...decided.map((one) => `  ${mergeId(one)}: ${answers.get(mergeId(one)) ?? ''}`),
    ...(open.length === 0
      ? []
      : ['', 'changed by you and by the new release: decide each with --mine ID or --shipped ID']),
    ...open.flatMap(conflictText),
    ...(stuck.length === 0
      ? []
      : [
          '',
          'cannot be written into the new release: put them in by hand afterwards, and go on with --shipped ID',
        ]),
    ...stuck.map(({ change, why }) => `  ${mergeId(change)}: ${why}`),
    '',
  ].join('\n');
}

function carriedText(change: CarriedInObject): string {
  const { value, shipped, isCombined } = change;
  const id = printable(mergeId(change));
  if (change.path.length === 0) return `${id}: ${value === undefined ? 'taken away' : 'added'}`;
  if (value === undefined) return `${id}: taken away (shipped ${shown(shipped)})`;
  if (shipped === undefined) return `${id}: ${shown(value)} added`;
  return `${id}: ${shown(value)} (shipped ${shown(shipped)})${isCombined === true ? ', made of both' : ''}`;
}

function conflictText(conflict: ConflictInObject): readonly string[] {
  const { before, mine, shipped } = conflict;
  return [
    `  ${printable(mergeId(conflict))}`,
    `    shipped before  ${shown(before)}`,
    `    mine            ${shown(mine)}`,
    `    shipped now     ${shown(shipped)}`,
  ];
}

function shown(value: YamlValue | undefined): string {
  if (value === undefined) return 'absent';
  const text = printable(JSON.stringify(value));
  return text.length <= maxShown ? text : `${text.slice(0, maxShown)}…`;
}

export interface AfterUpgrade {
  readonly to: string;
  readonly isLocked: boolean;
  /** Objects that only the new release has: `ServiceAccount/kube-system/calico-cni-plugin`. */
  readonly onlyNew: readonly string[];
}

export function outcomeText(
  outcome: UpgradeOutcome,
  { to, isLocked, onlyNew }: AfterUpgrade,
): string {
  const { result, backup, why } = outcome;
  switch (result) {
    case 'upgraded':
      return lines([
        `Calico ${to} is ready; the old manifest is in ${backup}`,
        'on each other node: sudo calico-agent microk8s upgrade-calico --yes --file-only',
        ...lockHint(isLocked),
      ]);
    case 'file-written':
      return lines([
        `cni.yaml is written and not applied; the old one is in ${backup}`,
        ...lockHint(isLocked),
      ]);
    case 'rolled-back':
      return lines([
        `the old manifest and its images are in force again: ${why.join('; ')}`,
        ...leftObjects(onlyNew, to),
      ]);
    case 'stuck':
      return lines([
        `Calico is not ready, and going back did not help: ${why.join('; ')}`,
        `the old manifest is in ${backup}`,
        ...leftObjects(onlyNew, to),
        'microk8s kubectl -n kube-system describe pods -l k8s-app=calico-node shows why',
      ]);
  }
}

/** kubectl apply takes none of them away, and one may have been there before. */
function leftObjects(names: readonly string[], to: string): readonly string[] {
  if (names.length === 0) return [];
  return [
    `objects of Calico ${to} that the old manifest does not have stay where the server took them, and do nothing without it:`,
    ...names.map((name) => `  ${printable(name)}`),
  ];
}

function lockHint(isLocked: boolean): readonly string[] {
  return isLocked
    ? ['the lock no-manage-calico is set: a refresh of the snap leaves cni.yaml alone']
    : ['a refresh of the snap may replace cni.yaml again; --lock forbids it'];
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
