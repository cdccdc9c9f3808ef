/**
 * Builds the parts of this machine for the support bundle, also without a daemon or with bad
 * settings.
 */
import { readTextFile } from '../runtime/files/read-text-file.ts';
import { birdParts } from './adapters/bird/support-parts.ts';
import { settingsPart, stateParts } from './adapters/support/files.ts';
import { programParts } from './adapters/support/programs.ts';
import type { SupportSources } from './ports/support.ts';
import { defaultConfigFile, readSettings, type DaemonSettings } from './settings.ts';

const usualStateDirectory = '/var/lib/calico-agent';
const maxTokenBytes = 64 * 1024;

/** Never rejects: a part of its own reports settings that cannot be read. */
export async function supportSources(config: string | undefined): Promise<SupportSources> {
  const settings = await readSettings(config).catch(() => undefined);
  return {
    parts: [
      settingsPart(config ?? defaultConfigFile),
      ...(await stateParts(settings?.stateDirectory ?? usualStateDirectory)),
      ...(await birdParts(settings?.birdSockets).catch(() => [])),
      ...programParts(),
    ],
    secrets: await secretsOf(settings),
  };
}

/** The controller's token, which has no form by which it could be found. */
async function secretsOf(settings: DaemonSettings | undefined): Promise<readonly string[]> {
  const file = settings?.controller?.tokenFile;
  if (file === undefined) return [];
  const text = await readTextFile(file, maxTokenBytes).catch(() => undefined);
  const token = text?.trim() ?? '';
  return token === '' ? [] : [token];
}
