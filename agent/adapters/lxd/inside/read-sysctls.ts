import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ObservedInside } from '../../../../core/lxd/observed-lxd.ts';
import type { Properties } from '../../../../core/lxd/settings.ts';
import { AppError } from '../../../../runtime/errors.ts';

const execTimeoutMs = 10_000;
const maxOutputBytes = 1024 * 1024;
const maxSysctls = 100;

/** Prints a line per file: "=" and its content; "-": it does not exist; "?": it cannot be read. */
const script =
  'for f; do if ! [ -e "$f" ]; then echo -; elif v=$(cat "$f" 2>/dev/null); then printf "=%s\\n" "$v"; else echo "?"; fi; done';

/** Names of sysctls that a profile's config sets. */
export function sysctlsIn(config: Properties): readonly string[] {
  return Object.keys(config).flatMap(
    (key) => /^linux\.sysctl\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+)$/.exec(key)?.[1] ?? [],
  );
}

/**
 * Reads sysctls in the namespaces of a process: /proc/sys depends on those of the reader, so the
 * host's own shell enters them, once for all names. null: there is no such sysctl; one that cannot
 * be read is left out.
 * @throws where the namespaces cannot be entered
 */
export async function readSysctls(
  pid: number,
  names: readonly string[],
): Promise<ObservedInside['sysctls']> {
  const asked = names.slice(0, maxSysctls);
  if (asked.length === 0) return {};
  const files = asked.map((name) => `/proc/sys/${name.replaceAll('.', '/')}`);
  const namespaces = ['--target', String(pid), '--net', '--ipc', '--uts'];
  const { stdout } = await promisify(execFile)(
    'nsenter',
    [...namespaces, 'sh', '-c', script, 'sh', ...files],
    { timeout: execTimeoutMs, maxBuffer: maxOutputBytes, killSignal: 'SIGKILL' },
  );
  const lines = stdout.trimEnd().split('\n');
  if (lines.length !== asked.length) {
    throw new AppError('unexpected-answer', 'cannot read sysctls: not one line for each');
  }
  return Object.fromEntries(
    asked.flatMap((name, index) => {
      const found = valueIn(lines[index] ?? '?');
      return found === undefined ? [] : [[name, found] as const];
    }),
  );
}

function valueIn(line: string): string | null | undefined {
  if (line === '-') return null;
  return line.startsWith('=') ? line.slice(1).trim() : undefined;
}
