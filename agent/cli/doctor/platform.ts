/** The platform of this node, its settings and its CNI. */
import { within } from '../../../runtime/pacing/within.ts';
import type { Platform, PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { CommandContext } from '../command-context.ts';

const check = 'platform';

/** Never throws. A machine without a platform has nothing to say here. */
export function diagnosePlatform(
  { readPlatform }: Pick<CommandContext, 'readPlatform'>,
  deadlineMs: number,
): Promise<readonly Finding[]> {
  const looking = readPlatform().then(findingsOf, (): Finding[] => []);
  return within<readonly Finding[]>(looking, deadlineMs, () => [
    { check, result: 'warning', message: 'reading its files takes too long' },
  ]);
}

function findingsOf({ platform, properties, issues }: Platform): Finding[] {
  if (platform === 'none') return [];
  const known = properties.filter(({ name }) => ['version', 'role', 'CNI'].includes(name));
  const details = known.map(({ name, value }) => `${name} ${value}`);
  return [
    { check, result: 'ok', message: [platform, ...details].join(', ') },
    ...issues.flatMap(findingOf),
  ];
}

function findingOf({ severity, code, file, line, message, hint }: PlatformIssue): Finding[] {
  // doctor has checks of its own for the kernel's settings.
  if (severity === 'note' || code === 'forwarding-off') return [];
  const place =
    file === undefined ? '' : `${file}${line === undefined ? '' : `:${String(line)}`}: `;
  return [
    {
      check,
      result: severity === 'error' ? 'failed' : 'warning',
      message: `${place}${message}`,
      ...(hint !== undefined && { hint }),
    },
  ];
}
