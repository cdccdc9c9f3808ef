import { chmod, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { removeFile, writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { AppError, fromSystemError } from '../../../runtime/errors.ts';
import { jujuFolder, jujuSettingsFile } from '../../../runtime/files/juju-settings-file.ts';
import type { AgentConfig } from '../../../schemas/generated/agent-config.ts';
import type { JujuSettings } from '../../ports/juju-settings.ts';

export interface StartedSettings {
  readonly text: string;
  readonly config: AgentConfig;
}

/**
 * Writes the files first, and then the settings that name them, so that the next start always finds
 * matching files.
 *
 * @param started the settings with which this process was started; undefined: none
 */
export function createJujuSettingsFiles(
  stateDirectory: string,
  started: StartedSettings | undefined,
): JujuSettings {
  const folder = jujuFolder(stateDirectory);
  const file = jujuSettingsFile(stateDirectory);
  let written = started;
  let isTidy = false;
  return {
    known: () => ({ folder, config: written?.config }),
    put: async ({ config, files }) => {
      const text = `${JSON.stringify(config, null, 2)}\n`;
      if (text !== written?.text) {
        await refuseUnusable(config);
        await makeFolder(folder);
        for (const one of files) await writeFileAtomic(path.join(folder, one.name), one.text);
        await writeFileAtomic(file, text);
        written = { text, config };
        isTidy = false;
      }
      if (text !== started?.text) return true;
      if (!isTidy) {
        const own = new Set([path.basename(file), ...files.map(({ name }) => name)]);
        await removeOthers(folder, (name) => own.has(name) || text.includes(name));
        isTidy = true;
      }
      return false;
    },
  };
}

/** Refuses settings with which the daemon could not start: it could never get better ones. */
async function refuseUnusable(config: AgentConfig): Promise<void> {
  const { isAgentConfig } = await import('../../../schemas/generated/agent-config.validator.js');
  const asRead: unknown = config;
  if (isAgentConfig(asRead)) {
    const { controllerIssues } =
      await import('../../../core/controller-address/controller-issues.ts');
    const issues = controllerIssues(asRead);
    if (issues.length === 0) return;
    throw refused(issues.map(({ message }) => message).join('; '));
  }
  const { faultText } = await import('../../../core/config/schema/schema-wording.ts');
  const [first] = isAgentConfig.errors ?? [];
  throw refused(first === undefined ? 'they have another form' : faultText(first));
}

function refused(reason: string): AppError {
  return new AppError('invalid-settings', `the agent cannot run as Juju says: ${reason}`);
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  } catch (error) {
    throw fromSystemError(`cannot make the folder "${folder}"`, error);
  }
}

/** Removes the secrets that the settings do not name any more. */
async function removeOthers(folder: string, isKept: (name: string) => boolean): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!isKept(name)) await removeFile(path.join(folder, name));
  }
}
