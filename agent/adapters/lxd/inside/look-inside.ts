/**
 * Reads mounts and sysctls of a container from the host, so that no program in the container is
 * needed.
 */
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
/**
 * Each look needs up to three processes. The service may have 64 tasks, of which Node needs a
 * dozen.
 */
const looksAtOnce = 4;

/** Leaves out the parts that cannot be read; the container still counts as running. */
export type LookInside = (
  pid: number,
  container: Pick<ObservedContainer, 'config' | 'devices'>,
) => Promise<Pick<ObservedInside, 'mounts' | 'privileged' | 'sysctls'>>;

/** Limits the number of parallel looks, however many callers there are. */
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

/** Whether its root is the host's root: user_namespaces(7). */
async function isPrivileged(pid: number): Promise<boolean> {
  const file = `/proc/${String(pid)}/uid_map`;
  const uidMap = await readTextFile(file, maxUidMapBytes);
  // The file of a process that has ended, and was not waited for, is empty.
  if (uidMap === undefined || uidMap.trim() === '') {
    throw new AppError('not-found', `cannot read "${file}": the process has ended`);
  }
  return /^\s*0\s+0\s/.test(uidMap);
}
