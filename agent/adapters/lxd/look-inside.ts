/** What a container sees, read on the host: nothing of the container itself has to work for it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ObservedInside, ObservedMount } from '../../../core/lxd/observed-host.ts';
import type { Properties } from '../../../core/lxd/settings.ts';
import { AppError } from '../../../runtime/errors.ts';
import { readTextFile } from '../../../runtime/read-text-file.ts';

const execTimeoutMs = 5000;
const maxSysctls = 100;
const maxProcBytes = 1024 * 1024;

/** undefined: it ended meanwhile. */
export async function lookInside(
  pid: number,
  config: Properties,
): Promise<Pick<ObservedInside, 'mounts' | 'privileged' | 'sysctls'> | undefined> {
  try {
    const [mounts, uidMap, sysctls] = await Promise.all([
      readMounts(`/proc/${String(pid)}/mountinfo`),
      readProc(`/proc/${String(pid)}/uid_map`),
      readSysctls(pid, config),
    ]);
    return { mounts, privileged: isHosts(uidMap), sysctls };
  } catch {
    return undefined;
  }
}

/** proc(5): ID, parent, device, root, mount point, options, …, "-", type. Spaces are octal. */
export async function readMounts(file: string): Promise<readonly ObservedMount[]> {
  const text = await readProc(file);
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const path = fields[4];
    const type = fields[fields.indexOf('-') + 1];
    return path === undefined || type === undefined ? [] : [{ path: unescaped(path), type }];
  });
}

async function readProc(file: string): Promise<string> {
  const text = await readTextFile(file, maxProcBytes);
  if (text !== undefined) return text;
  throw new AppError('not-found', `cannot read "${file}": the process has ended`);
}

function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** user_namespaces(7): its root is the host's root. */
function isHosts(uidMap: string): boolean {
  return /^\s*0\s+0\s/.test(uidMap);
}

/** /proc/sys shows whose namespaces the reader is in; the host's own cat goes there. */
async function readSysctls(pid: number, config: Properties): Promise<Properties> {
  const names = Object.keys(config)
    .flatMap((key) => /^linux\.sysctl\.([A-Za-z0-9_.-]+)$/.exec(key)?.[1] ?? [])
    .filter((name) => !name.includes('..'))
    .slice(0, maxSysctls);
  const found = await Promise.all(
    names.map(async (name) => [name, await readSysctl(pid, name)] as const),
  );
  return Object.fromEntries(
    found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

async function readSysctl(pid: number, name: string): Promise<string | undefined> {
  const file = `/proc/sys/${name.replaceAll('.', '/')}`;
  const namespaces = ['--target', String(pid), '--net', '--ipc', '--uts'];
  try {
    const options = { timeout: execTimeoutMs, maxBuffer: 64 * 1024 };
    const { stdout } = await promisify(execFile)('nsenter', [...namespaces, 'cat', file], options);
    return stdout.trim();
  } catch {
    return undefined;
  }
}
