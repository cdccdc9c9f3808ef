/**
 * The commands that people type for the routes of the API, and what they need with approvals. The
 * table in docs/people.md is compared with this one, and this one with the routes.
 */
import type { Route } from '../../../runtime/http/route.ts';

export interface CommandRule {
  /** Without the program's name. */
  readonly command: string;
  /** What to do instead where a configuration needs approvals; absent: it needs none. */
  readonly instead?: string;
}

const emergency = (command: string): string =>
  `in an emergency, on the controller's machine: calico-controller ${command} --without-approval REASON`;

const rules: ReadonlyMap<string, CommandRule> = new Map([
  [
    'PUT /v1/config',
    {
      command: 'push',
      instead: `propose it: calico-controller propose FILE; ${emergency('push FILE')}`,
    },
  ],
  [
    'POST /v1/rollout',
    {
      command: 'rollout start',
      instead: `propose it: calico-controller propose FILE --strategy FILE; ${emergency('rollout start FILE')}`,
    },
  ],
  [
    'POST /v1/source',
    {
      command: 'source --yes',
      instead: `the controller proposes what is new in the file: calico-controller proposals; ${emergency('push FILE')}`,
    },
  ],
  ['POST /v1/proposals', { command: 'propose' }],
  ['POST /v1/proposals/rollout', { command: 'propose --strategy' }],
  ['POST /v1/proposals/{id}/again', { command: 'propose --again' }],
  ['POST /v1/proposals/{id}/approve', { command: 'approve' }],
  ['POST /v1/proposals/{id}/reject', { command: 'reject' }],
  ['DELETE /v1/proposals/{id}', { command: 'withdraw' }],
  ['POST /v1/proposals/{id}/apply', { command: 'apply' }],
  ['POST /v1/rollout/approve', { command: 'rollout approve' }],
  ['POST /v1/rollout/pause', { command: 'rollout pause' }],
  ['POST /v1/rollout/resume', { command: 'rollout resume' }],
  ['POST /v1/rollout/abort', { command: 'rollout abort' }],
  ['POST /v1/confirm', { command: 'confirm' }],
  ['POST /v1/rollback', { command: 'rollback' }],
  ['DELETE /v1/nodes', { command: 'forget' }],
  ['POST /v1/revocations', { command: 'revoke' }],
  ['DELETE /v1/revocations', { command: 'revoke --undo' }],
  ['POST /v1/preview', { command: 'preview' }],
  ['POST /v1/rollout/preview', { command: 'rollout start --dry-run' }],
  ['POST /v1/enrolment-tokens', { command: 'token create' }],
  ['DELETE /v1/enrolment-tokens', { command: 'token revoke' }],
  ['GET /v1/access/tokens', { command: 'access list' }],
  ['POST /v1/access/tokens', { command: 'access create' }],
  ['DELETE /v1/access/tokens', { command: 'access revoke' }],
  ['POST /v1/store/snapshots', { command: 'store backup' }],
  ['DELETE /v1/store/snapshots', { command: 'store backup' }],
  ['GET /v1/store/records', { command: 'store backup' }],
]);

/** The rules of all commands that need more than the role read, by route. */
export function commandRules(): ReadonlyMap<string, CommandRule> {
  return rules;
}

/** Undefined: no command uses the route, or every person may. */
export function ruleOf({ method, path }: Pick<Route, 'method' | 'path'>): CommandRule | undefined {
  return rules.get(`${method} ${path}`);
}

/** `push`, or `GET /v1/nodes` for a route without a command. */
export function commandOf(route: Pick<Route, 'method' | 'path'>): string {
  return ruleOf(route)?.command ?? `${route.method} ${route.path}`;
}

/** Whether it changes something, so that the audit log has it. */
export function isAction({ access, method }: Pick<Route, 'access' | 'method'>): boolean {
  return access !== 'read' && method !== 'GET';
}
