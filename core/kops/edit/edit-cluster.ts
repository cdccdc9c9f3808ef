/** Edits one cluster document of a text, and judges the result before anybody uses it. */
import { issueAt } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import { editYaml, type YamlChange } from '../../yaml-edit/edit-yaml.ts';
import { checkChange } from '../change/check-change.ts';
import { checkCluster, checkText, type NamedVersions } from '../check/check-cluster.ts';
import type { JudgedCluster } from '../document/facts.ts';
import { entryAt } from '../document/read-clusters.ts';
import { crossSubnetChanges } from './cross-subnet.ts';
import { readAssignment, readPath, type Assignment } from './read-assignment.ts';
import { switchProvider } from './switch-provider.ts';

export interface ClusterEdits {
  /** A value of `kops create cluster --networking`. */
  readonly networking?: string;
  /** `spec.networking.calico.mtu=8981`; they are applied after `networking`. */
  readonly sets: readonly string[];
  readonly unsets: readonly string[];
}

export interface EditedCluster {
  /** The new text; the old one where the edit was refused. */
  readonly text: string;
  /** Why the edit was refused, or what it will break; empty: it may be written. */
  readonly refusals: readonly Issue[];
  /** Errors of the new text that the old text had as well. */
  readonly issues: readonly Issue[];
  /** The effects of the change on a running cluster. */
  readonly warnings: readonly Issue[];
}

export interface EditOptions extends NamedVersions {
  /** Changes that break a running cluster are allowed. */
  readonly acceptLoss: boolean;
}

export function editCluster(
  text: string,
  cluster: JudgedCluster,
  edits: ClusterEdits,
  options: EditOptions,
): EditedCluster {
  const steps = stepsOf(edits);
  const edited = applySteps(text, cluster, steps, options);
  if (!edited.ok) return { text, refusals: edited.issues, issues: [], warnings: [] };
  const after = clusterOf(edited.text, cluster, options);
  if (after === undefined) return { text, refusals: [lost(cluster)], issues: [], warnings: [] };
  const before = checkCluster(cluster);
  const [fresh, known] = split(checkCluster(after), (issue) => isNew(issue, before));
  const changes = checkChange(cluster, after);
  const [broken, disturbed] = split(changes, ({ severity }) => severity === 'error');
  const refusals = [
    ...fresh.filter(({ severity }) => severity === 'error'),
    ...(options.acceptLoss ? [] : broken),
  ];
  return {
    text: edited.text,
    refusals,
    issues: [...known, ...fresh.filter(({ severity }) => severity !== 'error')],
    warnings: [...(options.acceptLoss ? broken.map(asWarning) : []), ...disturbed],
  };
}

type Step = (cluster: JudgedCluster) => StepResult;
type StepResult =
  | { readonly ok: true; readonly changes: readonly YamlChange[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

function stepsOf({ networking, sets, unsets }: ClusterEdits): readonly Step[] {
  return [
    ...(networking === undefined
      ? []
      : [(cluster: JudgedCluster) => toProvider(cluster, networking)]),
    ...sets.map((set) => (cluster: JudgedCluster) => setField(cluster, set)),
    ...unsets.map((unset) => (cluster: JudgedCluster) => unsetField(cluster, unset)),
  ];
}

/** Each step sees the document that the one before it made. */
function applySteps(
  text: string,
  cluster: JudgedCluster,
  steps: readonly Step[],
  options: NamedVersions,
):
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly issues: readonly Issue[] } {
  let current = { text, cluster };
  const issues: Issue[] = [];
  for (const step of steps) {
    const result = step(current.cluster);
    if (!result.ok) {
      issues.push(...result.issues);
      continue;
    }
    const edited = editYaml(current.text, cluster.index, result.changes);
    if (!edited.ok) {
      const { pointer, message, hint } = edited;
      issues.push({ severity: 'error', code: 'kops-edit', pointer, message, hint });
      continue;
    }
    const next = clusterOf(edited.text, cluster, options);
    if (next === undefined) return { ok: false, issues: [lost(cluster)] };
    current = { text: edited.text, cluster: next };
  }
  return issues.length > 0 ? { ok: false, issues } : { ok: true, text: current.text };
}

function clusterOf(
  text: string,
  { index }: JudgedCluster,
  versions: NamedVersions,
): JudgedCluster | undefined {
  return checkText(text, versions).clusters.find((one) => one.index === index);
}

function toProvider(cluster: JudgedCluster, networking: string): StepResult {
  const changes = switchProvider(cluster, networking);
  return changes.ok ? { ok: true, changes: changes.value } : refused(changes);
}

function setField(cluster: JudgedCluster, text: string): StepResult {
  const assignment = readAssignment(text, cluster);
  return assignment.ok
    ? { ok: true, changes: changesOf(cluster, assignment.value) }
    : refused(assignment);
}

function changesOf(
  cluster: JudgedCluster,
  { path, value, isZero }: Assignment,
): readonly YamlChange[] {
  if (path.at(-1) === 'crossSubnet' && path.at(-2) === 'calico' && typeof value === 'boolean') {
    const changes = crossSubnetChanges(cluster, value);
    if (changes !== undefined) return changes;
  }
  if (!isZero) return [{ kind: 'set', path, value }];
  // kops refuses the value that it would leave out; without the line it is the same.
  return entryAt(cluster, path) === undefined ? [] : [{ kind: 'unset', path }];
}

function unsetField(cluster: JudgedCluster, text: string): StepResult {
  const path = readPath(text);
  if (!path.ok) return refused(path);
  if (entryAt(cluster, path.value) !== undefined) {
    return { ok: true, changes: [{ kind: 'unset', path: path.value }] };
  }
  const message = `the document has no ${text}`;
  return refused({ message, hint: 'write the path as it stands in the document; capitals count' });
}

function refused({
  message,
  hint,
}: {
  readonly message: string;
  readonly hint?: string;
}): StepResult {
  const place = { pointer: '' };
  return { ok: false, issues: [issueAt(place, 'error', 'kops-edit', message, hint)] };
}

function lost(cluster: JudgedCluster): Issue {
  const message = 'the edited text is no cluster document any more';
  return issueAt(cluster.root.place, 'error', 'kops-edit', message, 'edit it by hand');
}

/** The same issue may stand in another line after the edit. */
function isNew({ code, pointer, message }: Issue, before: readonly Issue[]): boolean {
  return !before.some(
    (one) => one.code === code && one.pointer === pointer && one.message === message,
  );
}

function asWarning(issue: Issue): Issue {
  const { hint: _hint, ...rest } = issue;
  return { ...rest, severity: 'warning' };
}

function split<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
