/** The route of the audit log. */
import { AppError } from '../../../runtime/errors.ts';
import { jsonInTurns, type HttpRequest, type Route } from '../../../runtime/http/route.ts';
import type { AuditEntry, AuditLog } from '../../ports/audit-log.ts';

/** GET /v1/audit */
export interface AuditAnswer {
  /** The newest ones, oldest first. */
  readonly actions: readonly AuditEntry[];
}

const usual = 100;
const most = 1000;

export function auditRoute(log: Pick<AuditLog, 'read'>): Route {
  return {
    method: 'GET',
    path: '/v1/audit',
    access: 'read',
    query: ['since', 'limit'],
    handle: async ({ query }) => {
      const since = sinceOf(query);
      const limit = limitOf(query.get('limit'));
      const actions = await log.read({ limit, ...(since !== undefined && { since }) });
      return jsonInTurns({ actions } satisfies AuditAnswer);
    },
  };
}

function sinceOf(query: HttpRequest['query']): string | undefined {
  const text = query.get('since');
  if (text === null) return undefined;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new AppError('bad-request', 'write since as a time such as 2026-05-01T10:00:00Z');
}

function limitOf(text: string | null): number {
  if (text === null) return usual;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new AppError('bad-request', `write limit as a number from 1 to ${String(most)}`);
}
