/**
 * The BPF file system of the host, mounted in the namespace of its init. Over reboots systemd sees to
 * it: since version 238 it mounts it at every boot, and refuses a unit of anybody else for it
 * [systemd, src/shared/mount-setup.c and src/core/mount.c]. Elsewhere our daemon does it anew.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { bpffsPath } from '../../../../core/lxd/settings.ts';
import { AppError, reasonOf } from '../../../../runtime/errors.ts';
import { hostNamespace } from './host-namespace.ts';
import { readMounts } from './read-mounts.ts';

const execTimeoutMs = 30_000;

export async function isBpffsMounted(): Promise<boolean> {
  const { root } = await hostNamespace();
  const mounts = await readMounts(root === '' ? '/proc/self/mountinfo' : '/proc/1/mountinfo', [
    bpffsPath,
  ]);
  return mounts.findLast(({ path }) => path === bpffsPath)?.type === 'bpf';
}

/** @throws AppError */
export async function mountBpffs(): Promise<void> {
  const { enter } = await hostNamespace();
  const [program, ...args] = [...enter, 'mount', '-t', 'bpf', 'bpf', bpffsPath];
  try {
    await promisify(execFile)(program, args, {
      timeout: execTimeoutMs,
      killSignal: 'SIGKILL',
    });
  } catch (error) {
    throw cannotMount(reasonOf(error), error);
  }
  if (!(await isBpffsMounted())) throw cannotMount('it is not there afterwards', undefined);
}

function cannotMount(reason: string, cause: unknown): AppError {
  const message = `cannot mount the BPF file system at ${bpffsPath}: ${reason}`;
  return new AppError('apply-failed', message, { retryable: true, cause });
}
