/**
 * A bare Debian with systemd as its first process, in a container of an LXD of our own. The image is
 * made by debootstrap once and kept in the user's cache folder.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const name = 'debian';
/**
 * LXC could not put the command's process into the container, whose systemd was changing its cgroups in
 * that moment; the command did not run [canonical/lxd issues 8577 and 12084].
 */
const notAttached = 'Failed to retrieve PID of executing child process';

export interface SystemdContainer {
  /** Runs a command line of sh; rejects when it fails. */
  sh(line: string): Promise<string>;
  reboot(): Promise<void>;
  remove(): Promise<void>;
}

/** @param shared a folder of this machine, at /shared inside */
export async function startContainer(shared: string): Promise<SystemdContainer> {
  const image = await debianImage();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'calico-agent-lxd-'));
  const env = { ...process.env, LXD_DIR: path.join(folder, 'lxd') };
  await mkdir(env.LXD_DIR);
  const daemon = spawn('lxd', ['--group', 'root'], { env, stdio: 'ignore', detached: true });
  const ended = once(daemon, 'exit');
  const lxc = async (...args: string[]): Promise<string> => {
    const running = run('lxc', args, { env, maxBuffer: 16 * 1024 * 1024, timeout: 120_000 });
    // It would wait for a configuration on stdin.
    running.child.stdin?.end();
    return (await running).stdout;
  };
  const remove = async (): Promise<void> => {
    await lxc('delete', '--force', name).catch(() => undefined);
    await run('lxd', ['shutdown', '--timeout', '30'], { env }).catch(() => daemon.kill());
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const booted = async (): Promise<void> => {
    // It is absent for a moment; "degraded" counts, because bare containers lack several services.
    const wait = 'until [ -S /run/dbus/system_bus_socket ]; do sleep 0.1; done';
    await lxc('exec', name, '--', 'sh', '-c', `${wait}; systemctl is-system-running --wait || :`);
  };
  try {
    await run('lxd', ['waitready', '--timeout', '60'], { env });
    await lxc('storage', 'create', 'default', 'dir');
    await lxc('profile', 'device', 'add', 'default', 'root', 'disk', 'path=/', 'pool=default');
    await lxc('image', 'import', image, '--alias', name);
    const rights = ['-c', 'security.privileged=true', '-c', 'security.nesting=true'];
    await lxc('init', name, name, ...rights);
    await lxc(
      'config',
      'device',
      'add',
      name,
      'shared',
      'disk',
      `source=${shared}`,
      'path=/shared',
    );
    await lxc('start', name);
    await booted();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    sh: (line) => {
      const execute = (): Promise<string> => lxc('exec', name, '--', 'sh', '-c', line);
      return execute().catch((error: unknown) => {
        if (!String(error).includes(notAttached)) throw error;
        return execute();
      });
    },
    reboot: async () => {
      await lxc('restart', name, '--timeout', '60');
      await booted();
    },
    remove,
  };
}

export async function debianImage(): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache');
  const image = path.join(cache, 'calico-agent', 'debian-systemd-1.tar.gz');
  const isThere = await access(image).then(
    () => true,
    () => false,
  );
  if (isThere) return image;
  await mkdir(path.dirname(image), { recursive: true });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'calico-agent-image-'));
  try {
    const rootfs = path.join(folder, 'rootfs');
    const include = '--include=systemd,systemd-sysv,dbus,iproute2,ca-certificates';
    const quiet = { maxBuffer: 64 * 1024 * 1024 };
    await run('debootstrap', ['--variant=minbase', include, 'bookworm', rootfs], quiet);
    await rm(path.join(rootfs, 'var/cache/apt/archives'), { recursive: true });
    await writeFile(
      path.join(folder, 'metadata.yaml'),
      `architecture: ${os.machine()}\ncreation_date: 1\nproperties: {os: debian}\n`,
    );
    const unfinished = `${image}.${String(process.pid)}`;
    const archive = ['-C', folder, '-cf', unfinished, 'metadata.yaml', 'rootfs'];
    await run('tar', ['--numeric-owner', '--use-compress-program=gzip -1', ...archive]);
    await rename(unfinished, image);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return image;
}
