/** MicroK8s on this machine, by its own program. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chown, stat } from 'node:fs/promises';
import { writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import { AppError, fromSystemError } from '../../../runtime/errors.ts';
import type { MicroK8s, ProgramOutcome } from '../../ports/platform/microk8s.ts';

export interface MicroK8sPlaces {
  /** The program `microk8s`. */
  readonly program: string;
  /** SNAP_DATA; tests have another one. */
  readonly data: string;
}

const usualPlaces: MicroK8sPlaces = {
  program: '/snap/bin/microk8s',
  data: '/var/snap/microk8s/current',
};

const maxBytes = 4 * 1024 * 1024;
/** The end of what a failed command printed. The output of another one is whole, because it may be counted. */
const maxFailure = 64 * 1024;
const maxOutput = 16 * 1024 * 1024;

export function createMicroK8s({ program, data }: MicroK8sPlaces = usualPlaces): MicroK8s {
  const manifest = `${data}/args/cni-network/cni.yaml`;
  return {
    kubectl: (args, seconds, input) => run(program, ['kubectl', ...args], seconds, input),
    run: (args, seconds) => run(program, args, seconds),
    replaceManifest: async (before, after) => {
      const now = await readTextFile(manifest, maxBytes);
      if (now !== before) {
        throw new AppError(
          'datastore-conflict',
          `"${manifest}" changed since it was read; run the command again`,
        );
      }
      await writeAs(manifest, after);
    },
    keepManifest: async (text, version) => {
      const mark = createHash('sha256').update(text).digest('hex').slice(0, 8);
      const copy = `${manifest}.${version}-${mark}`;
      await writeAs(copy, text, manifest);
      return copy;
    },
    setLock: async (name) => {
      await writeFileAtomic(`${data}/var/lock/${name}`, '', { mode: 0o644 });
    },
  };
}

/** @param like the file whose owner and mode it gets */
async function writeAs(file: string, text: string, like = file): Promise<void> {
  try {
    const { mode, uid, gid } = await stat(like);
    await writeFileAtomic(file, text, { mode: mode & 0o7777 });
    await chown(file, uid, gid);
  } catch (error) {
    throw fromSystemError(`cannot write "${file}"`, error);
  }
}

function run(
  program: string,
  args: readonly string[],
  seconds: number,
  input?: string,
): Promise<ProgramOutcome> {
  return new Promise((resolve) => {
    const options = {
      timeout: seconds * 1000,
      maxBuffer: maxOutput,
      killSignal: 'SIGKILL',
    } as const;
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim();
      if (error === null) return resolve({ ok: true, output });
      // The reason comes last, because a program that was killed did not print one.
      const why = reason(error, seconds, output === '');
      const all = [output.slice(-maxFailure), ...(why === undefined ? [] : [why])];
      resolve({ ok: false, output: all.filter((part) => part !== '').join('\n') });
    });
    // A program that ends before it has read its input is reported by its exit status.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** Undefined: what the program printed says why. */
function reason(
  error: Error & { readonly killed?: boolean; readonly code?: unknown },
  seconds: number,
  isSilent: boolean,
): string | undefined {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it printed more than 16 MiB';
  if (error.killed === true) return `it did not end within ${String(seconds)} s`;
  if (error.code === 'ENOENT') return 'the program is not there';
  return isSilent ? 'it failed' : undefined;
}
