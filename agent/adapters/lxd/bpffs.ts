/** The BPF file system of the host, in the mount namespace of its init: ours may be a private one. */
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import { bpffsPath } from '../../../core/lxd/settings.ts';
import { writeFileAtomic } from '../../../runtime/atomic-file.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import { readMounts } from './look-inside.ts';

/** Its /proc/1/root leads past the mounts of our own service unit, too. */
const hostRoot = '/proc/1/root';
const unitName = 'sys-fs-bpf.mount';
const execTimeoutMs = 30_000;

/** systemd 238 and newer mount it by themselves; this is for those where that did not happen. */
const unit = `# Written by calico-agent: containers are shown this file system.
[Unit]
Description=BPF file system for containers
DefaultDependencies=no
ConditionPathExists=/sys/fs/bpf
Before=lxd.service snap.lxd.daemon.service incus.service

[Mount]
What=bpf
Where=${bpffsPath}
Type=bpf
Options=nosuid,nodev,noexec,mode=0700

[Install]
WantedBy=multi-user.target
`;

export async function isBpffsMounted(): Promise<boolean> {
  const mounts = await readMounts('/proc/1/mountinfo').catch(() =>
    readMounts('/proc/self/mountinfo'),
  );
  return mounts.findLast(({ path }) => path === bpffsPath)?.type === 'bpf';
}

/** Now, and over reboots where systemd runs the machine. @throws AppError */
export async function mountBpffs(): Promise<void> {
  try {
    if (await exists(`${hostRoot}/run/systemd/system`)) await mountBySystemd();
    else await run('nsenter', ['--target', '1', '--mount', 'mount', '-t', 'bpf', 'bpf', bpffsPath]);
  } catch (error) {
    throw cannotMount(reasonOf(error), error);
  }
  if (!(await isBpffsMounted())) throw cannotMount('it is not there afterwards', undefined);
}

async function mountBySystemd(): Promise<void> {
  await writeFileAtomic(`${hostRoot}/etc/systemd/system/${unitName}`, unit, { mode: 0o644 });
  await run('systemctl', ['daemon-reload']);
  await run('systemctl', ['enable', '--now', unitName]);
}

async function run(program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args, { timeout: execTimeoutMs, maxBuffer: 64 * 1024 });
}

export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function cannotMount(reason: string, cause: unknown): AppError {
  return new AppError(
    'apply-failed',
    `cannot mount the BPF file system at ${bpffsPath}: ${reason}`,
    {
      retryable: true,
      cause,
    },
  );
}
