/** What a container sees, read on the host: nothing of the container itself has to work for it. */
import {
  nestingPath,
  type ObservedContainer,
  type ObservedInside,
} from '../../../../core/lxd/observed-lxd.ts';
import { bpffsPath } from '../../../../core/lxd/settings.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { readTextFile } from '../../../../runtime/files/read-text-file.ts';
import { createLimit } from '../../../../runtime/pacing/limit.ts';
import { readMounts } from './read-mounts.ts';
import { readSysctls, sysctlsIn } from './read-sysctls.ts';

const maxUidMapBytes = 64 * 1024;
/** Each is up to three processes: the service may have 64 tasks, of which Node needs a dozen. */
const looksAtOnce = 4;

/** What cannot be read is not in it; that LXD says that the container runs, stays so. */
export type LookInside = (
  pid: number,
  container: Pick<ObservedContainer, 'config' | 'devices'>,
) => Promise<Pick<ObservedInside, 'mounts' | 'privileged' | 'sysctls'>>;

/** However many ask, only some look at once. */
export function createLookInside(): LookInside {
  const limit = createLimit(looksAtOnce);
  return (pid, container) => limit.run(() => lookInside(pid, container));
}

const lookInside: LookInside = async (pid, { config, devices }) => {
  const paths = Object.values(devices).flatMap(({ path }) => path ?? []);
  const [mounts, privileged, sysctls] = await Promise.all([
    orUnknown(readMounts(`/proc/${String(pid)}/mountinfo`, [...paths, bpffsPath, nestingPath])),
    orUnknown(isPrivileged(pid)),
    orUnknown(readSysctls(pid, sysctlsIn(config))),
  ]);
  return {
    ...(mounts !== undefined && { mounts }),
    ...(privileged !== undefined && { privileged }),
    sysctls: sysctls ?? {},
  };
};

async function orUnknown<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch(() => undefined);
}

/** user_namespaces(7): its root is the host's root. */
async function isPrivileged(pid: number): Promise<boolean> {
  const file = `/proc/${String(pid)}/uid_map`;
  const uidMap = await readTextFile(file, maxUidMapBytes);
  // A process that has ended, and is not waited for yet, has an empty one.
  if (uidMap === undefined || uidMap.trim() === '') {
    throw new AppError('not-found', `cannot read "${file}": the process has ended`);
  }
  return /^\s*0\s+0\s/.test(uidMap);
}
