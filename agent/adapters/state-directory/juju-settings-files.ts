import { chmod, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { removeFile, writeFileAtomic } from '../../../runtime/atomic-file.ts';
import { fromSystemError } from '../../../runtime/errors.ts';
import { jujuFolder, jujuSettingsFile } from '../../../runtime/juju-settings-file.ts';
import type { JujuSettings } from '../../ports/juju-settings.ts';

/**
 * The files first, and then the settings that name them: whatever happens in between, the next
 * start finds what belongs together.
 *
 * @param started the settings' text at the start of this process; undefined: there was none
 */
export function createJujuSettingsFiles(
  stateDirectory: string,
  started: string | undefined,
): JujuSettings {
  const folder = jujuFolder(stateDirectory);
  const file = jujuSettingsFile(stateDirectory);
  let written = started;
  let isTidy = false;
  return {
    folder,
    put: async ({ config, files }) => {
      const text = `${JSON.stringify(config, null, 2)}\n`;
      if (text !== written) {
        await makeFolder(folder);
        for (const one of files) await writeFileAtomic(path.join(folder, one.name), one.text);
        await writeFileAtomic(file, text);
        written = text;
        isTidy = false;
      }
      if (text !== started) return true;
      if (!isTidy) {
        await removeOthers(folder, [path.basename(file), ...files.map(({ name }) => name)]);
        isTidy = true;
      }
      return false;
    },
  };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  } catch (error) {
    throw fromSystemError(`cannot make the folder "${folder}"`, error);
  }
}

/** Secrets that no settings name any more. */
async function removeOthers(folder: string, kept: readonly string[]): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!kept.includes(name)) await removeFile(path.join(folder, name));
  }
}
