/** Builds what of this machine goes into a support bundle; also with the daemon dead, or bad settings. */
import { readTextFile } from '../runtime/files/read-text-file.ts';
import { birdParts } from './adapters/bird/support-parts.ts';
import { settingsPart, stateParts } from './adapters/support/files.ts';
import { programParts } from './adapters/support/programs.ts';
import type { SupportSources } from './ports/support.ts';
import { defaultConfigFile, readSettings, type DaemonSettings } from './settings.ts';

const usualStateDirectory = '/var/lib/calico-agent';
const maxTokenBytes = 64 * 1024;

/** Never rejects: settings that cannot be read are a part of their own. */
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

/** The controller's token has no form that differs from other words. */
async function secretsOf(settings: DaemonSettings | undefined): Promise<readonly string[]> {
  const file = settings?.controller?.tokenFile;
  if (file === undefined) return [];
  const text = await readTextFile(file, maxTokenBytes).catch(() => undefined);
  const token = text?.trim() ?? '';
  return token === '' ? [] : [token];
}
