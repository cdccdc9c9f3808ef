import type { Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import { describeReasons } from '../resolve/describe-reason.ts';
import { isFor } from './target-of.ts';
import type { AnyChange, AnyPlan, FieldChange, LxdChange, Step } from './plan.ts';

/** For people: every change with before, after and reason. Without colours, the same every time. */
export function describePlan({ steps, issues }: AnyPlan): string {
  const lines = [
    ...steps.flatMap((step, index) => [...stepLines(step, index + 1), '']),
    ...issues.flatMap(issueLines),
    total(steps, issues),
  ];
  return `${lines.join('\n')}\n`;
}

function total(steps: readonly Step<AnyChange>[], issues: readonly Issue[]): string {
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

function stepLines({ title, why, changes }: Step<AnyChange>, number: number): string[] {
  return [`${number}. ${printable(title)}: ${printable(why)}`, ...changes.flatMap(changeLines)];
}

function changeLines(change: AnyChange): string[] {
  if (isFor('lxd', change)) return lxdLines(change);
  if (change.action === 'delete') {
    return [`  - ${nameOf(change.before)}   because ${printable(change.why)}`];
  }
  if (change.action === 'create') {
    return [`  + ${nameOf(change.resource)}`, ...change.fields.map(createdLine)];
  }
  if (change.action === 'release')
    return [`  ~ ${nameOf(change.before)}   is given back: without our marks`];
  const name =
    change.action === 'update' ? nameOf(change.resource) : `Node ${printable(change.node)}`;
  return [`  ~ ${name}`, ...change.fields.map(changedLine)];
}

function lxdLines(change: LxdChange): string[] {
  if (change.action === 'mount-bpffs')
    return [`  + mount of type bpf at ${printable(change.path)}`];
  const of = change.project === 'default' ? '' : ` of project ${printable(change.project)}`;
  const name = `LXD profile ${printable(change.profile)}${of}`;
  return [`  ~ ${name}`, ...change.fields.map(changedLine)];
}

function nameOf({
  kind,
  metadata,
}: {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}): string {
  return `${kind} ${printable(metadata.name)}`;
}

function createdLine({ path, after, reasons }: FieldChange): string {
  return `      ${printable(path)}: ${shown(after)}${because(reasons)}`;
}

function changedLine({ path, before, after, reasons }: FieldChange): string {
  return `      ${printable(path)}: ${shown(before)} → ${shown(after)}${because(reasons)}`;
}

function because(reasons: FieldChange['reasons']): string {
  return reasons.length === 0 ? '' : `   because ${describeReasons(reasons)}`;
}

function shown(value: unknown): string {
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
