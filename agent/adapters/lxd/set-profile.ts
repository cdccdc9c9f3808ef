import { pathPart } from '../../../core/input/path-part.ts';
import { isDeepStrictEqual } from 'node:util';
import { isMap, type PlainMap } from '../../../core/input/plain-data.ts';
import type { ProfileContent } from '../../../core/lxd/observed-lxd.ts';
import type { LxdChange } from '../../../core/plan/plan.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { LxdClient } from './lxd-client.ts';
import { contentOf } from './read-answers.ts';

type SetProfile = Extract<LxdChange, { readonly action: 'set-lxd-profile' }>;

/**
 * Long, because LXD gives every running container of the profile its new devices before it answers.
 */
const timeoutMs = 5 * 60_000;

/**
 * Sets a profile. A PUT replaces the whole profile, so it keeps the fields that we do not know, and
 * has the ETag of the profile that we have just read: LXD refuses it if the profile has changed
 * since.
 */
export async function setProfile(
  client: LxdClient,
  { project, profile: name, before, after }: SetProfile,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  const path = `/1.0/profiles/${pathPart(name)}?project=${pathPart(project)}`;
  const { raw, content, etag } = await read(client, path, name);
  if (isDeepStrictEqual(content, after)) return;
  if (!isDeepStrictEqual(content, before) || etag === undefined) throw changedMeanwhile(name);
  const { name: _name, used_by: _users, project: _project, ...fields } = raw;
  try {
    const body = { ...fields, ...after };
    await client.request({ method: 'PUT', path, body, ifMatch: etag, timeoutMs });
  } catch (error) {
    // LXD keeps the new profile even if it could not give the devices to one of its containers now.
    const now = await read(client, path, name).catch(() => undefined);
    if (!isDeepStrictEqual(now?.content, after)) throw error;
    logger.warn(`LXD profile "${name}" is set, but a running container could not get all of it`, {
      reason: reasonOf(error),
    });
  }
}

interface ReadProfile {
  readonly raw: PlainMap;
  readonly content: ProfileContent;
  readonly etag?: string;
}

async function read(client: LxdClient, path: string, name: string): Promise<ReadProfile> {
  try {
    const { metadata, etag } = await client.request({ method: 'GET', path });
    if (!isMap(metadata)) throw changedMeanwhile(name);
    return { raw: metadata, content: contentOf(metadata), ...(etag !== undefined && { etag }) };
  } catch (error) {
    const isGone = error instanceof AppError && error.code === 'not-found';
    throw isGone ? changedMeanwhile(name) : error;
  }
}

function changedMeanwhile(name: string): AppError {
  const message = `cannot set LXD profile "${name}": somebody else changed it meanwhile`;
  return new AppError('datastore-conflict', message, { retryable: true });
}
