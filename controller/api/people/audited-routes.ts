/**
 * Routes whose actions go into the audit log, and that need an approval where the settings say so.
 */
import { createHash } from 'node:crypto';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { HttpRequest, Reply, Route } from '../../../runtime/http/route.ts';
import type { Action, AuditTrail, Details } from '../../app/audit/audit-trail.ts';
import type { ApprovalSettings } from '../../app/proposals/approval-rules.ts';
import { isAction, ruleOf } from './command-rules.ts';
import { askedOf, longestReasonBytes } from './asked-details.ts';
import { senderOf } from './person-of-request.ts';

export interface AuditedDeps {
  readonly trail: Pick<AuditTrail, 'run'>;
  /** Absent: no configuration needs an approval. */
  readonly approvals?: ApprovalSettings;
}

export function auditedRoutes(
  routes: readonly Route[],
  { trail, approvals }: AuditedDeps,
): readonly Route[] {
  return routes.map((route) => {
    if (!isAction(route)) return route;
    const needed = route.bringsConfig === true ? (approvals?.required ?? 0) : 0;
    return {
      ...route,
      query: parametersOf(route),
      handle: (request) =>
        trail.run(
          actionOf(route, request),
          async () => {
            if (needed > 0) requireEmergency(route, request, needed);
            return route.handle(request);
          },
          outcomeOf,
        ),
    };
  });
}

/** Its own, and those that this file reads. */
function parametersOf({ query = [], bringsConfig }: Route): NonNullable<Route['query']> {
  if (query === 'any') return query;
  return [...query, 'by', ...(bringsConfig === true ? ['without-approval'] : [])];
}

/** @throws AppError approval-missing, bad-request for a reason that is too long */
function requireEmergency(route: Route, { client, query }: HttpRequest, needed: number): void {
  const reason = query.get('without-approval');
  if (client === undefined && reason !== null && reason.trim() !== '') {
    if (Buffer.byteLength(reason) <= longestReasonBytes) return;
    throw new AppError(
      'bad-request',
      `write the reason of --without-approval in ${String(longestReasonBytes)} bytes, because the audit log keeps it whole`,
    );
  }
  if (client === undefined && reason !== null) {
    throw new AppError(
      'bad-request',
      'cannot go on without approval: the reason of --without-approval is empty; write why',
    );
  }
  const people = needed === 1 ? 'another person' : `${String(needed)} other people`;
  const { instead = 'propose it: calico-controller propose FILE' } = ruleOf(route) ?? {};
  throw new AppError(
    'approval-missing',
    `cannot bring the configuration to the nodes: it needs the approval of ${people}; ${instead}`,
  );
}

function actionOf(route: Route, request: HttpRequest): Action {
  const { client, query, body } = request;
  const details: Record<string, string | number> = { ...askedOf(route, request) };
  if (body !== '') details['bodySha256'] = createHash('sha256').update(body).digest('hex');
  const action = `${route.method} ${route.path}`;
  if (client !== undefined) {
    const { name: by, how, address: from } = client;
    return { by, how, from, action, details };
  }
  const by = (query.get('by') ?? 'unknown').slice(0, 256);
  const found = senderOf(request).then(({ name, how }) => {
    const claims = by.split('@')[0] === name ? by : `${name} (says: ${by})`;
    return { by: claims, how };
  });
  return { by, how: 'socket', action, details, found };
}

/** An answer that is larger is not read for the log. */
const readBytes = 64 * 1024;

/** The revision in the answer, and what the route says about it. */
function outcomeOf({ body, audited = {} }: Reply): Details {
  if (audited['revision'] !== undefined || body.length > readBytes) return audited;
  const answer = jsonValue(String(body), jsonBounds.answer);
  if (typeof answer !== 'object' || answer === null) return audited;
  return { ...audited, ...revisionIn(Reflect.get(answer, 'revision')) };
}

function revisionIn(revision: unknown): Details {
  if (typeof revision !== 'object' || revision === null) return {};
  const number: unknown = Reflect.get(revision, 'number');
  const digest: unknown = Reflect.get(revision, 'digest');
  if (typeof number !== 'number' || typeof digest !== 'string') return {};
  return { revision: number, digest: digest.slice(0, 100) };
}
