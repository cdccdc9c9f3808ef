import type { Finding } from '../../ports/diagnosis.ts';
import type { HostFiles } from './read-host.ts';

const check = '/sys/fs/bpf';

/**
 * Checks the BPF file system: Felix keeps its BPF programs there, and calico-node's container needs
 * it mounted.
 */
export async function diagnoseBpf(host: HostFiles): Promise<readonly Finding[]> {
  const mounts = await host.text('proc/self/mounts');
  if (mounts === undefined) {
    return [{ check, result: 'warning', message: 'the mounts of this machine cannot be read' }];
  }
  const isMounted = mounts.split('\n').some((line) => line.split(' ')[1] === check);
  if (isMounted) return [{ check, result: 'ok', message: 'it is mounted' }];
  const isContainer = /^(lxc|lxd)/.test((await host.text('run/systemd/container')) ?? '');
  const hint = isContainer
    ? 'on the LXD host: lxc profile device add PROFILE sysfsbpf disk source=/sys/fs/bpf path=/sys/fs/bpf'
    : 'mount -t bpf bpf /sys/fs/bpf; systemd mounts it at the next start';
  const message = 'it is not mounted: calico-node may not start';
  return [{ check, result: 'warning', message, hint }];
}
