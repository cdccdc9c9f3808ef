import type { Issue } from '../issue.ts';
import { nameSome } from '../name-some.ts';
import type { PodsOfController } from '../platform/cluster/observed-cluster.ts';
import { refText, type NamedObject } from '../platform/cluster/object-ref.ts';
import { controllerText } from '../platform/cluster/parse-pod.ts';
import { printable } from '../printable.ts';
import { describeReasons } from '../resolve/describe-reason.ts';
import type { Reason } from '../resolve/resolution.ts';
import { waitText, type Gate } from './gate.ts';

/** A plan for describePlan: one of this process, or one from JSON. */
export interface DescribedPlan {
  readonly steps: readonly DescribedStep[];
  readonly issues: readonly Issue[];
  readonly byHand?: readonly DescribedManualStep[];
  /** Left to a later revision; absent: nothing. */
  readonly withheld?: readonly Omit<DescribedStep, 'gates'>[];
}

interface DescribedManualStep {
  readonly title: string;
  readonly why: string;
  readonly commands: readonly string[];
}

interface DescribedStep {
  readonly title: string;
  readonly why: string;
  readonly gates: readonly Gate[];
  readonly changes: readonly DescribedChange[];
}

interface DescribedField {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reasons: readonly Reason[];
}

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

type DescribedChange = { readonly fields?: readonly DescribedField[] } & (
  | { readonly action: 'create' | 'update'; readonly resource: Named }
  | { readonly action: 'delete'; readonly before: Named; readonly why: string }
  | { readonly action: 'release'; readonly before: Named }
  | { readonly action: 'patch-node'; readonly node: string }
  | { readonly action: 'mount-bpffs'; readonly path: string }
  | { readonly action: 'set-lxd-profile'; readonly project: string; readonly profile: string }
  | { readonly action: 'edit-file'; readonly path: string; readonly diff: readonly string[] }
  | { readonly action: 'restart-service'; readonly service: string; readonly why: string }
  | { readonly action: 'apply-object'; readonly object: NamedObject; readonly version?: string }
  | { readonly action: 'delete-object'; readonly object: NamedObject; readonly why: string }
  | { readonly action: 'set-source-dest-check'; readonly interface: string }
  | { readonly action: 'forget-interface'; readonly interface: string; readonly why: string }
  | { readonly action: 'rollout'; readonly workload: NamedObject; readonly why: string }
  | { readonly action: 'end-rollout'; readonly workload: NamedObject }
  | {
      readonly action: 'delete-pods';
      readonly pods: readonly PodsOfController[];
      readonly why: string;
    }
);

/**
 * A plan as text for people: every change with before, after and reason. Has no colours, and is the
 * same every time.
 */
export function describePlan({ steps, issues, byHand = [], withheld = [] }: DescribedPlan): string {
  const lines = [
    ...withoutRepeatedGuarding(steps).flatMap((step, index) => [...stepLines(step, index + 1), '']),
    ...issues.flatMap(issueLines),
    ...byHand.flatMap(manualLines),
    ...withheldLines(withheld),
    total(steps, issues),
  ];
  return `${lines.join('\n')}\n`;
}

/** Guard routes stay from the first step that needs them to the end of the change. */
function withoutRepeatedGuarding(steps: readonly DescribedStep[]): readonly DescribedStep[] {
  const first = steps.findIndex(({ gates }) => gates.some(isGuarding));
  return steps.map((step, index) =>
    index > first ? { ...step, gates: step.gates.filter((gate) => !isGuarding(gate)) } : step,
  );
}

function isGuarding({ kind }: Gate): boolean {
  return kind === 'fleet-guarding';
}

function total(steps: readonly DescribedStep[], issues: readonly Issue[]): string {
  const errors = issues.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) return `cannot be applied, and changes nothing: ${counted(errors, 'error')}`;
  const changes = steps.reduce((sum, step) => sum + step.changes.length, 0);
  return changes === 0
    ? 'nothing to do'
    : `${counted(changes, 'change')} in ${counted(steps.length, 'step')}`;
}

function issueLines({ severity, code, message, hint }: Issue): string[] {
  const line = `${severity}: ${printable(message)} [${code}]`;
  return hint === undefined ? [line] : [line, `  hint: ${printable(hint)}`];
}

function stepLines({ title, why, gates, changes }: DescribedStep, number: number): string[] {
  return [
    `${number}. ${printable(title)}: ${printable(why)}`,
    ...gates.map((gate) => `  ${waitText(gate)}`),
    ...changes.flatMap(changeLines),
  ];
}

/** Changes that the agent does not make, so they have no numbers, and do not count. */
function withheldLines(steps: NonNullable<DescribedPlan['withheld']>): string[] {
  if (steps.length === 0) return [];
  return [
    'withheld until the controller sends a revision that includes the cluster-wide resources:',
    ...steps.flatMap(({ title, changes }) => [
      `- ${printable(title)}`,
      ...changes.flatMap(changeLines),
    ]),
    '',
  ];
}

function changeLines(change: DescribedChange): string[] {
  const { fields = [] } = change;
  switch (change.action) {
    case 'create':
      return [`  + ${nameOf(change.resource)}`, ...fields.map(createdLine)];
    case 'update':
      return [`  ~ ${nameOf(change.resource)}`, ...fields.map(changedLine)];
    case 'delete':
      return [`  - ${nameOf(change.before)}   because ${printable(change.why)}`];
    case 'release':
      return [`  ~ ${nameOf(change.before)}   is released: without our marks`];
    case 'patch-node':
      return [`  ~ Node ${printable(change.node)}`, ...fields.map(changedLine)];
    case 'mount-bpffs':
      return [`  + mount of type bpf at ${printable(change.path)}`];
    case 'set-lxd-profile':
      return [`  ~ ${profileName(change)}`, ...fields.map(changedLine)];
    case 'edit-file':
      return [
        `  ~ ${printable(change.path)}`,
        ...fields.map(changedLine),
        ...change.diff.map((line) => `      ${printable(line)}`),
      ];
    case 'restart-service':
      return [`  ~ restart of ${printable(change.service)}   because ${printable(change.why)}`];
    case 'apply-object': {
      const isNew = change.version === undefined;
      const lines = fields.map(isNew ? createdLine : changedLine);
      return [`  ${isNew ? '+' : '~'} ${refText(change.object)}`, ...lines];
    }
    case 'delete-object':
      return [`  - ${refText(change.object)}   because ${printable(change.why)}`];
    case 'rollout':
      return [
        `  ~ ${refText(change.workload)}   restarts its pods, because ${printable(change.why)}`,
      ];
    case 'end-rollout':
      return [`  ~ ${refText(change.workload)}   notes that all its pods are new`];
    case 'delete-pods':
      return change.pods.map(podsLine);
    case 'set-source-dest-check':
      return [`  ~ network interface ${printable(change.interface)}`, ...fields.map(changedLine)];
    case 'forget-interface':
      return [
        `  ~ network interface ${printable(change.interface)}   stays as it is, because ${printable(change.why)}`,
      ];
  }
}

/** The commands begin at the margin: a here-document has to end there. */
function manualLines({ title, why, commands }: DescribedManualStep): string[] {
  return [
    `# by hand: ${printable(title)}: ${printable(why)}`,
    ...commands.map((line) => printable(line)),
    '',
  ];
}

function podsLine(group: PodsOfController): string {
  const pods = group.pods.map(({ name, addresses }) => `${name} (${addresses.join(', ')})`);
  return `  ~ ${controllerText(group)}   recreates ${nameSome(pods)}`;
}

function profileName({
  project,
  profile,
}: {
  readonly project: string;
  readonly profile: string;
}): string {
  const of = project === 'default' ? '' : ` of project ${printable(project)}`;
  return `LXD profile ${printable(profile)}${of}`;
}

function nameOf({ kind, metadata }: Named): string {
  return `${kind} ${printable(metadata.name)}`;
}

function createdLine({ path, after, reasons }: DescribedField): string {
  return `      ${printable(path)}: ${shown(after)}${because(reasons)}`;
}

function changedLine({ path, before, after, reasons }: DescribedField): string {
  return `      ${printable(path)}: ${shown(before)} → ${shown(after)}${because(reasons)}`;
}

/** `   because group rack-0 (line 12)`; empty without a reason. */
export function because(reasons: readonly Reason[]): string {
  return reasons.length === 0 ? '' : `   because ${describeReasons(reasons)}`;
}

/** A value of a field on one line; `none` for an absent one. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  return printable(typeof value === 'string' ? value : listOrJson(value));
}

function listOrJson(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const items = value.map((item: unknown) =>
    typeof item === 'object' && item !== null && 'cidr' in item ? String(item.cidr) : String(item),
  );
  return items.length === 0 ? 'none' : items.join(', ');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
