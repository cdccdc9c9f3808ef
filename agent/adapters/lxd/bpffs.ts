/** The BPF file system of the host, in the mount namespace of its init: ours may be a private one. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { bpffsPath } from '../../../core/lxd/settings.ts';
import { writeFileAtomic } from '../../../runtime/atomic-file.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import { exists, hostNamespace, type HostNamespace } from './host-namespace.ts';
import { readMounts } from './look-inside.ts';

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
  const { root } = await hostNamespace();
  const mounts = await readMounts(root === '' ? '/proc/self/mountinfo' : '/proc/1/mountinfo');
  return mounts.findLast(({ path }) => path === bpffsPath)?.type === 'bpf';
}

/** Now, and over reboots where systemd runs the machine. @throws AppError */
export async function mountBpffs(): Promise<void> {
  try {
    const host = await hostNamespace();
    if (await exists(`${host.root}/run/systemd/system`)) await mountBySystemd(host);
    else await run([...host.enter, 'mount', '-t', 'bpf', 'bpf', bpffsPath]);
  } catch (error) {
    throw cannotMount(reasonOf(error), error);
  }
  if (!(await isBpffsMounted())) throw cannotMount('it is not there afterwards', undefined);
}

async function mountBySystemd({ root }: HostNamespace): Promise<void> {
  await writeFileAtomic(`${root}/etc/systemd/system/${unitName}`, unit, { mode: 0o644 });
  await run(['systemctl', 'daemon-reload']);
  await run(['systemctl', 'enable', '--now', unitName]);
}

async function run([program = '', ...args]: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args, { timeout: execTimeoutMs, maxBuffer: 64 * 1024 });
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
