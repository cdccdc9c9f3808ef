/** The actions that a person asked for, and how far back the answer reaches. */
import { formatTable } from '../../../runtime/cli/table.ts';
import type { AuditedActions } from '../../../schemas/generated/controller-api/audited-actions.ts';

export interface AuditFilters {
  readonly by?: string;
  readonly node?: string;
  readonly action?: string;
}

type Audited = AuditedActions['actions'][number];

export interface SelectedActions extends AuditedActions {
  /** RFC 3339: there may be older ones, which the answer does not have; absent: it has all. */
  readonly since?: string;
  /** What to say where there is none. */
  readonly none: string;
}

/** @param actions the newest ones, oldest first; as many as asked where there may be more */
export function selectActions(
  actions: readonly Audited[],
  {
    asked,
    limit,
    filters,
  }: { readonly asked: number; readonly limit: number; readonly filters: AuditFilters },
): SelectedActions {
  const matching = actions.filter((action) => matches(action, filters));
  const shown = matching.slice(-limit);
  const isCut = actions.length >= asked;
  const oldest = matching.length > shown.length ? shown[0] : isCut ? actions[0] : undefined;
  return {
    actions: [...shown],
    ...(oldest !== undefined && { since: oldest.at }),
    none: noneText(actions.length, isCut, filters),
  };
}

function noneText(count: number, isCut: boolean, filters: AuditFilters): string {
  if (isCut) return `none of the newest ${String(count)} actions matches`;
  const isNone = count === 0 || !isFiltered(filters);
  return isNone
    ? 'nobody has changed anything in this time'
    : `none of the ${String(count)} actions in this time matches`;
}

/** A line for people. */
export function sinceText(since: string): string {
  return `only since ${since}: there may be older actions, for which the answer has no room\n`;
}

export function isFiltered({ by, node, action }: AuditFilters): boolean {
  return [by, node, action].some((filter) => filter !== undefined);
}

function matches({ by: person, action: done, details }: Audited, filters: AuditFilters): boolean {
  const { by, node, action = '' } = filters;
  const isBy = by === undefined || nameOf(person) === nameOf(by);
  return isBy && done.includes(action) && (node === undefined || namesNode(details, node));
}

/** `ann` of `ann@host`, and of `ann (says: root@host)` */
function nameOf(person: string): string {
  return person.toLowerCase().replace(/[@ ].*$/s, '');
}

function namesNode(details: Audited['details'], node: string): boolean {
  return ['asked.node', 'asked.name', 'asked.despite'].some((key) =>
    String(details[key] ?? '')
      .toLowerCase()
      .split(',')
      .includes(node.toLowerCase()),
  );
}

export function auditText({ actions, none }: SelectedActions): string {
  if (actions.length === 0) return none;
  const rows = actions.map(({ at, by, how, from, action, details, result, why }) => [
    at,
    by,
    from === undefined ? how : `${how}, ${from}`,
    action,
    result ?? 'not ended',
    [
      ...Object.entries(details)
        .filter(([name]) => name !== 'bodySha256')
        .map(([name, value]) => `${name}=${valueText(value)}`),
      ...(why === undefined ? [] : [why]),
    ].join(' '),
  ]);
  return formatTable(['AT', 'BY', 'HOW', 'ACTION', 'RESULT', 'DETAILS'], rows);
}

/** Quoted where it could look like several details. */
function valueText(value: unknown): string {
  const text = String(value);
  return /^[^\s="']*$/.test(text) ? text : JSON.stringify(text);
}
