/** A kept revision, what it means for this node, and what a person decides about it. */
import { findRevision } from '../../core/revision/find-revision.ts';
import type { RevisionSummary } from '../app/state/history.ts';
import { AppError } from '../../runtime/errors.ts';
import { json, type HttpRequest, type Reply } from '../../runtime/http/server.ts';
import { encodeInTurns } from '../../runtime/pacing/large-text.ts';
import type { Agent } from '../app/agent.ts';
import type { Readings } from '../app/status/readings.ts';
import { untilEnded } from './config.ts';
import { maxBy, readSeconds, readText } from './query.ts';
import type { WaitSlots } from './wait-slots.ts';

const maxName = 400;
const maxWaitSeconds = 3600;

export async function getRevision(readings: Readings, { query }: HttpRequest): Promise<Reply> {
  const summary = await namedRevision(readings, query);
  const revision = await readings.revision(summary);
  if (revision !== undefined) return json({ revision, summary });
  throw new AppError(
    'corrupt-file',
    'cannot show the revision: its stored text is damaged or missing',
  );
}

/** As YAML documents, for calicoctl. */
export async function getRevisionResources(
  readings: Readings,
  { query }: HttpRequest,
): Promise<Reply> {
  const { desired } = await readings.derivedOf(await namedRevision(readings, query));
  const { documentParts } = await import('../../core/render/documents/documents.ts');
  const body = await encodeInTurns(documentParts(desired, { for: 'calicoctl' }));
  return { mediaType: 'application/yaml', body };
}

async function namedRevision(readings: Readings, query: URLSearchParams): Promise<RevisionSummary> {
  const name = readText(query, 'revision', maxName);
  if (name === undefined) {
    throw new AppError('bad-request', 'cannot read the query: revision=NAME is needed');
  }
  const found = findRevision(name, await readings.revisions());
  if (found.ok) return found.revision;
  throw new AppError('not-found', `cannot show the revision "${name}": ${found.why}`);
}

export async function postConfirm({ operations }: Pick<Agent, 'operations'>): Promise<Reply> {
  return json({ revision: await operations.confirm() });
}

export async function postRollback(
  { operations, offers }: Pick<Agent, 'operations' | 'offers'>,
  { query, signal }: HttpRequest,
  slots: WaitSlots,
): Promise<Reply> {
  const waitSeconds = readSeconds(query, 'wait', maxWaitSeconds);
  const revision = readText(query, 'revision', maxName);
  const rolledBack = await operations.rollback({
    by: readText(query, 'by', maxBy) ?? 'local',
    ...(revision !== undefined && { revision }),
  });
  if (waitSeconds === undefined) return json(rolledBack);
  const settled = await slots.wait(waitSeconds, signal, (end) =>
    untilEnded(offers, rolledBack.to, end),
  );
  return json(settled === undefined ? rolledBack : { ...rolledBack, settled });
}
