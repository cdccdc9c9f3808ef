import { pathPart } from '../../../core/input/path-part.ts';
import { isMap, textAt } from '../../../core/input/plain-data.ts';
import type { ContainerId } from '../../../core/lxd/observed-lxd.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { LxdClient } from './lxd-client.ts';

export interface StateChange {
  readonly action: 'restart' | 'start';
  /** Time for the container to shut down. */
  readonly timeoutSeconds: number;
}

/** Time for LXD beyond that of the container. */
const graceSeconds = 60;

/** Changes the state of a container, and waits until LXD has done it. @throws AppError */
export async function changeState(
  client: LxdClient,
  { project, name }: ContainerId,
  { action, timeoutSeconds }: StateChange,
): Promise<void> {
  const { operation } = await client.request({
    method: 'PUT',
    path: `/1.0/instances/${pathPart(name)}/state?project=${pathPart(project)}`,
    body: { action, timeout: timeoutSeconds, force: false },
  });
  if (operation === undefined) return;
  const seconds = timeoutSeconds + graceSeconds;
  const { metadata } = await client.request({
    method: 'GET',
    path: `${operation.split('?')[0] ?? operation}/wait?timeout=${String(seconds)}&project=${pathPart(project)}`,
    timeoutMs: (seconds + 10) * 1000,
  });
  const status = isMap(metadata) ? metadata['status_code'] : undefined;
  if (status === 200) return;
  const error = isMap(metadata) ? textAt(metadata, 'err') : undefined;
  const reason =
    status === 400 && error !== undefined && error !== ''
      ? error
      : `LXD is not done within ${String(seconds)} s`;
  throw new AppError('apply-failed', `cannot ${action} container "${name}": ${reason}`);
}
