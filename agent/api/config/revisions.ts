/** Routes for the kept revisions, and for their resources on this node. */
import { findRevision } from '../../../core/revision/find-revision.ts';
import type { RevisionSummary } from '../../app/state/history.ts';
import { AppError } from '../../../runtime/errors.ts';
import { json, jsonInTurns, type HttpRequest, type Reply } from '../../../runtime/http/route.ts';
import { encodeInTurns } from '../../../runtime/pacing/large-text.ts';
import type { Readings } from '../../app/status/readings.ts';
import type { AgentRoute, RouteContext } from '../routing/agent-route.ts';
import { maxRevisionName, readText } from '../../../runtime/http/request/query.ts';

/** Not every user of the machine may read the texts of configurations. */
export function revisionRoutes({ on, shared }: RouteContext): readonly AgentRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/revisions',
      access: 'read',
      handle: shared(async ({ readings }) => jsonInTurns(await readings.history())),
    },
    {
      method: 'GET',
      path: '/v1/revision',
      access: 'write',
      query: ['revision'],
      handle: on('readings', getRevision),
    },
    {
      method: 'GET',
      path: '/v1/revision/resources',
      access: 'write',
      query: ['revision'],
      handle: on('readings', getRevisionResources),
    },
  ];
}

async function getRevision(readings: Readings, { query }: HttpRequest): Promise<Reply> {
  const summary = await namedRevision(readings, query);
  const revision = await readings.revision(summary);
  if (revision !== undefined) return json({ revision, summary });
  throw new AppError(
    'corrupt-file',
    'cannot show the revision: its stored text is damaged or missing',
  );
}

/** The resources as YAML documents, for calicoctl. */
async function getRevisionResources(readings: Readings, { query }: HttpRequest): Promise<Reply> {
  const { desired } = await readings.derivedOf(await namedRevision(readings, query));
  const { documentParts } = await import('../../../core/render/documents/documents.ts');
  const body = await encodeInTurns(documentParts(desired, { for: 'calicoctl' }));
  return { mediaType: 'application/yaml', body };
}

async function namedRevision(readings: Readings, query: URLSearchParams): Promise<RevisionSummary> {
  const name = readText(query, 'revision', maxRevisionName);
  if (name === undefined) {
    throw new AppError('bad-request', 'cannot read the query: revision=NAME is needed');
  }
  const found = findRevision(name, await readings.revisions());
  if (found.ok) return found.revision;
  throw new AppError('not-found', `cannot show the revision "${name}": ${found.why}`);
}
