/**
 * Mounts the BPF file system of the host, in the namespace of its init. systemd since version 238
 * mounts it at every boot, and refuses other units for it [systemd, src/shared/mount-setup.c and
 * src/core/mount.c]. Elsewhere our daemon mounts it after each boot.
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
  if (!(await isBpffsMounted())) throw cannotMount('it is not mounted afterwards', undefined);
}

function cannotMount(reason: string, cause: unknown): AppError {
  const message = `cannot mount the BPF file system at ${bpffsPath}: ${reason}`;
  return new AppError('apply-failed', message, { retryable: true, cause });
}
