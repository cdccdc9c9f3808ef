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
const maxOutput = 64 * 1024;

export function createMicroK8s({ program, data }: MicroK8sPlaces = usualPlaces): MicroK8s {
  const manifest = `${data}/args/cni-network/cni.yaml`;
  return {
    kubectl: (args, seconds) => run(program, ['kubectl', ...args], seconds),
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

function run(program: string, args: readonly string[], seconds: number): Promise<ProgramOutcome> {
  return new Promise((resolve) => {
    const options = {
      timeout: seconds * 1000,
      maxBuffer: 16 * 1024 * 1024,
      killSignal: 'SIGKILL',
    } as const;
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.slice(-maxOutput).trim();
      resolve(
        error === null
          ? { ok: true, output }
          : { ok: false, output: output || reason(error, seconds) },
      );
    });
  });
}

function reason(error: Error & { readonly killed?: boolean }, seconds: number): string {
  if (error.killed === true) return `it did not end within ${String(seconds)} s`;
  return 'code' in error && error.code === 'ENOENT' ? 'the program is not there' : 'it failed';
}
