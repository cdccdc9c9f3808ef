/** A real LXD of its own, with containers of a busybox image. */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../eventually.ts';
import { lacks } from '../skips/needs.cjs';

export interface RunningLxd {
  /** LXD_DIR. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Runs lxc against it: a client that shares nothing with ours. */
  lxc(...args: readonly string[]): Promise<string>;
  /** A profile as `lxc query` shows it, to the letter. */
  profile(name: string, project?: string): Promise<string>;
  launch(name: string, options?: LaunchOptions): Promise<void>;
  /** The host's pid of its init: another one after a restart. 0: it does not run. */
  pid(name: string, project?: string): Promise<number>;
  /** kill -9; `start` brings it back, containers run on meanwhile. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Removed with its containers, its mounts and its folder. */
  stop(): Promise<void>;
}

export interface LaunchOptions {
  readonly profiles?: readonly string[];
  readonly project?: string;
  /** The container's configuration: `security.privileged=true`. Default: privileged. */
  readonly config?: readonly string[];
  /** Default: busybox. */
  readonly image?: string;
}

/** Skips all tests of a suite in its `before` when LXD is not available. */
export function needsLxd(context: Mocha.Context, ...programs: readonly string[]): void {
  const missing = [
    ...(process.getuid?.() === 0 ? [] : [['root', undefined] as const]),
    ...(hasProgram('lxd') && hasProgram('lxc') ? [] : [['LXD', 'lxd lxd-client'] as const]),
    ...(hasProgram('busybox') ? [] : [['a static busybox', 'busybox-static'] as const]),
    ...programs
      .filter((name) => !hasProgram(name))
      .map((name) => [`the program ${name}`, name] as const),
  ];
  for (const [what, debianPackage] of missing) lacks(what, debianPackage, 'lxd');
  if (missing.length > 0) context.skip();
}

function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0;
}

export async function startLxd(): Promise<RunningLxd> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lxd-'));
  const environment = { ...process.env, LXD_DIR: folder };
  let daemon: ChildProcess;
  const lxc = async (...args: readonly string[]): Promise<string> => {
    const options = { env: environment, maxBuffer: 2 ** 26, timeout: 120_000 };
    const running = promisify(execFile)('lxc', args, options);
    // It would read a configuration there.
    running.child.stdin?.end();
    return (await running).stdout;
  };
  const start = async (): Promise<void> => {
    daemon = spawn('lxd', ['--group', 'root'], { env: environment, stdio: 'ignore' });
    await eventually(() => lxc('query', '/1.0'), 60_000);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = once(daemon, 'exit');
    daemon.kill(signal);
    await ended;
  };
  const hadBpffs = await isBpffsMounted();
  await start();
  await lxc('storage', 'create', 'default', 'dir');
  await lxc('profile', 'device', 'add', 'default', 'root', 'disk', 'path=/', 'pool=default');
  await importBusybox(lxc);
  return {
    folder,
    environment,
    lxc,
    profile: (name, project = 'default') =>
      lxc('query', `/1.0/profiles/${name}?project=${project}`).then(withoutUsers),
    launch: async (name, options = {}) => {
      const { profiles = ['default'], project = 'default', image = 'busybox' } = options;
      const config = options.config ?? ['security.privileged=true', 'security.nesting=true'];
      await lxc(
        'launch',
        ...[image, name, '--project', project],
        ...profiles.flatMap((profile) => ['--profile', profile]),
        ...config.flatMap((one) => ['--config', one]),
      );
      // Its first start must have left its mark before a test restarts it.
      if (config.includes(startsOnce)) {
        const hasStarted = ['exec', name, '--project', project, '--', '/bin/busybox', 'test', '-e'];
        await eventually(() => lxc(...hasStarted, '/started'));
      }
    },
    pid: async (name, project = 'default') => {
      const state: unknown = JSON.parse(
        await lxc('query', `/1.0/instances/${name}/state?project=${project}`),
      );
      const pid: unknown =
        typeof state === 'object' && state !== null ? Reflect.get(state, 'pid') : 0;
      return Math.max(Number(pid), 0);
    },
    kill: () => end('SIGKILL'),
    start,
    stop: async () => {
      if (daemon.exitCode !== null || daemon.signalCode !== null) await start();
      const listed = await lxc('list', '--all-projects', '--format', 'csv', '-c', 'n,e');
      for (const line of listed.split('\n').filter((one) => one !== '')) {
        const [name = '', project = 'default'] = line.split(',');
        await lxc('delete', '--force', name, '--project', project);
      }
      await end('SIGTERM');
      await unmountBelow(folder);
      if (!hadBpffs && (await isBpffsMounted()))
        await promisify(execFile)('umount', ['/sys/fs/bpf']);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Its fields in LXD's own order, without its users. */
function withoutUsers(answer: string): string {
  const { used_by: _users, ...profile }: Readonly<Record<string, unknown>> = JSON.parse(answer);
  return JSON.stringify(profile);
}

const startsOnce = 'environment.ONCE=yes';

/**
 * An init for tests. environment.STUBBORN: does not shut down. ONCE: starts once and never again.
 * ADDRESS: of its interface eth0.
 */
const init = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc 2>/dev/null
[ -n "$ONCE" ] && [ -e /started ] && exit 1
: > /started
[ -n "$ADDRESS" ] && /bin/busybox ip address add "$ADDRESS" dev eth0 && /bin/busybox ip link set eth0 up
if [ -n "$STUBBORN" ]; then trap '' PWR TERM; else trap 'exit 0' PWR TERM; fi
while :; do /bin/busybox sleep 1 & wait; done
`;

const metadata = 'architecture: x86_64\ncreation_date: 1\nproperties: {description: for tests}\n';

async function importBusybox(lxc: RunningLxd['lxc']): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'busybox-image-'));
  try {
    const root = path.join(folder, 'rootfs');
    for (const name of ['bin', 'sbin', 'proc', 'sys', 'dev', 'etc', 'tmp', 'run/calico-agent']) {
      await mkdir(path.join(root, name), { recursive: true });
    }
    const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v busybox']);
    await copyFile(stdout.trim(), path.join(root, 'bin/busybox'));
    await writeFile(path.join(root, 'sbin/init'), init);
    await chmod(path.join(root, 'sbin/init'), 0o755);
    await importImage(lxc, folder, 'busybox');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param folder with a `rootfs` */
async function importImage(lxc: RunningLxd['lxc'], folder: string, alias: string): Promise<void> {
  const archive = path.join(folder, 'image.tar');
  await writeFile(path.join(folder, 'metadata.yaml'), metadata);
  await promisify(execFile)('tar', ['-cf', archive, '-C', folder, 'metadata.yaml', 'rootfs']);
  await lxc('image', 'import', archive, '--alias', alias);
}

async function isBpffsMounted(): Promise<boolean> {
  return (await readFile('/proc/mounts', 'utf8')).includes(' /sys/fs/bpf bpf ');
}

async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/mounts', 'utf8'))
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
    .filter((where) => where.startsWith(`${folder}/`));
  for (const where of mounts.reverse()) await promisify(execFile)('umount', ['--lazy', where]);
}
