/** The check of doctor for agent.yaml, as the daemon would read it. */
import { formatIssue } from '../../../core/issue-text.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { CommandContext, SettingsInUse } from '../command-context.ts';

const check = 'settings';
const usualFile = '/etc/calico-agent/agent.yaml';

export interface SettingsSeen {
  readonly findings: readonly Finding[];
  /** Absent: the settings cannot be used. */
  readonly settings?: SettingsInUse;
}

const homes = ['/root/', '/home/', '/run/user/'];

/** The files of the settings in homes, which systemd's ProtectHome= may hide from the daemon. */
export function filesInHomes(settings: SettingsInUse | undefined): readonly string[] {
  return [settings?.datastore, settings?.controller].flatMap((part) =>
    Object.values(part ?? {}).filter(
      (value): value is string =>
        typeof value === 'string' && homes.some((home) => value.startsWith(home)),
    ),
  );
}

export async function diagnoseSettings(
  config: string | undefined,
  { readSettings }: Pick<CommandContext, 'readSettings'>,
): Promise<SettingsSeen> {
  const file = config ?? usualFile;
  try {
    const settings = await readSettings(config);
    const message =
      config === undefined
        ? `as "${file}" says; without that file, the defaults`
        : `"${file}" is valid`;
    return { findings: [{ check, result: 'ok', message }], settings };
  } catch (error) {
    const issues = error instanceof AppError ? error.issues : [];
    const hint = 'mend the file; until then neither the daemon nor doctor can find the datastore';
    return {
      findings: [
        { check, result: 'failed', message: reasonOf(error), hint },
        ...issues.map(({ hint: howToMend, ...issue }): Finding => ({
          check,
          result: issue.severity === 'error' ? 'failed' : 'warning',
          message: formatIssue(issue, file),
          ...(howToMend === undefined ? {} : { hint: howToMend }),
        })),
      ],
    };
  }
}
