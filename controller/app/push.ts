/** A configuration comes in: checked wholly, kept, then sent to everybody. */
import type { Issue } from '../../core/issue.ts';
import { controllerLineage, maxMessageBytes, refOf } from '../../core/protocol/messages.ts';
import type { Revision, RevisionRef } from '../../core/revision/revision.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { FleetStore } from '../ports/fleet-store.ts';
import type { Fleet } from './fleet.ts';

interface PushRequest {
  readonly mediaType: Revision['mediaType'];
  readonly text: string;
  readonly by: string;
}

export interface PushOutcome {
  /** already: the fleet has this content as its newest revision; nothing was started anew. */
  readonly result: 'accepted' | 'already';
  readonly revision: RevisionRef;
  readonly issues: readonly Issue[];
}

export type Push = (request: PushRequest) => Promise<PushOutcome>;

export interface PushDeps {
  readonly cluster: string;
  readonly fleet: Fleet;
  readonly store: FleetStore;
  readonly now: () => string;
  readonly logger: Logger;
}

/** @returns a push that throws an AppError for what it refuses; then nothing has changed */
export function createPush(deps: PushDeps): Push {
  // One at a time: two must not take the same number.
  let last: Promise<unknown> = Promise.resolve();
  return (request) => {
    const push = last.then(() => pushOne(request, deps));
    last = push.catch(() => undefined);
    return push;
  };
}

async function pushOne(request: PushRequest, deps: PushDeps): Promise<PushOutcome> {
  const { fleet, store, logger } = deps;
  const { checkConfig } = await import('./check-config.ts');
  const checked = checkConfig(request.text, fleet.facts());
  const { issues } = checked;
  if (!checked.ok) throw refusal(issues);
  const newest = fleet.revision();
  if (newest?.digest === checked.digest) {
    return { result: 'already', revision: refOf(newest), issues };
  }
  const revision: Revision = {
    formatVersion: 1,
    lineage: controllerLineage(deps.cluster),
    number: fleet.lastNumber() + 1,
    digest: checked.digest,
    mediaType: request.mediaType,
    text: request.text,
    acceptedAt: deps.now(),
    source: 'controller',
    by: request.by.slice(0, 256),
  };
  refuseTooLarge(revision);
  await store.addRevision(revision);
  fleet.setRevision(revision);
  logger.info('a new revision', { number: revision.number, by: revision.by });
  return { result: 'accepted', revision: refOf(revision), issues };
}

function refusal(issues: readonly Issue[]): AppError {
  const count = issues.filter(({ severity }) => severity === 'error').length;
  const errors = count === 1 ? 'an error' : `${String(count)} errors`;
  const message = `cannot push the configuration: it has ${errors}; nothing was sent`;
  return new AppError('invalid-config', message, { issues });
}

/** A text of 1 MiB may grow when it is escaped. The envelope around it is small. */
function refuseTooLarge({ text }: Revision): void {
  if (Buffer.byteLength(JSON.stringify(text)) <= maxMessageBytes - 4096) return;
  throw new AppError(
    'payload-too-large',
    'cannot push the configuration: as a message it would be larger than 2 MiB',
  );
}
