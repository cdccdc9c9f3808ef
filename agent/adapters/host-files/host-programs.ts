/** Programs that say what a platform is. */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { parseLinks } from '../../../core/platform/cni/parse-links.ts';
import type { HostPrograms } from '../../ports/platform/host-programs.ts';

/** Where K3s' installer puts it. No file of the host names another program. */
const k3s = '/usr/local/bin/k3s';
const deadlineMs = 3000;
/** A node with thousands of pods and policies has some MiB. */
const maxRules = 32 * 1024 * 1024;

export function createHostPrograms(program = k3s): HostPrograms {
  let known: { readonly of: string; readonly version: string | undefined } | undefined;
  return {
    k3sVersion: async () => {
      const of = await markOf(program);
      if (of === undefined) return undefined;
      // The program is asked once for each of its versions.
      if (known?.of !== of)
        known = { of, version: firstLine(await output(program, ['--version'], 4096)) };
      return known.version;
    },
    links: async () => {
      const text = await output('ip', ['-details', '-json', 'address'], jsonBounds.links.maxBytes);
      const parsed = text === undefined ? undefined : parseJson(text || '[]', jsonBounds.links);
      return parsed?.ok === true ? parseLinks(parsed.data) : undefined;
    },
    filterRules: (family) =>
      output(family === 'ipv4' ? 'iptables-save' : 'ip6tables-save', ['-t', 'filter'], maxRules),
  };
}

function firstLine(text: string | undefined): string | undefined {
  return text?.split('\n', 1)[0]?.trim().slice(0, 200);
}

async function markOf(program: string): Promise<string | undefined> {
  const stats = await stat(program).catch(() => undefined);
  return stats?.isFile() === true ? `${String(stats.size)} ${String(stats.mtimeMs)}` : undefined;
}

/** Undefined where it fails. One that ignores SIGTERM is not waited for either. */
function output(
  program: string,
  args: readonly string[],
  maxBuffer: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: deadlineMs, maxBuffer, killSignal: 'SIGKILL' } as const;
    execFile(program, args, options, (error, stdout) => {
      resolve(error === null ? stdout : undefined);
    });
  });
}
