/** The platform of this node, its settings and its CNI. */
import { clusterCniCodes } from '../../../core/platform/cni/check-cluster-cni.ts';
import { within } from '../../../runtime/pacing/within.ts';
import type { Platform, PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { CommandContext } from '../command-context.ts';

const check = 'platform';

/**
 * Never throws. A machine without a platform has nothing to say here.
 * @param ofDaemon the report of the daemon, which has credentials for the API server and so knows the pods of
 *   the CNI and of DNS; undefined: it does not answer
 */
export function diagnosePlatform(
  { readPlatform }: Pick<CommandContext, 'readPlatform'>,
  ofDaemon: () => Promise<Platform | undefined>,
  deadlineMs: number,
): Promise<readonly Finding[]> {
  const looking = Promise.all([readPlatform(), ofDaemon().catch(() => undefined)]).then(
    ([own, daemon]) => findingsOf(daemon === undefined ? own : joined(own, daemon)),
    (): Finding[] => [],
  );
  return within<readonly Finding[]>(looking, deadlineMs, () => [
    { check, result: 'warning', message: 'reading its files takes too long' },
  ]);
}

/** root sees more of this machine than the daemon does, so of the daemon only what the cluster knows is added. */
function joined(own: Platform, daemon: Platform): Platform {
  const names = new Set(own.properties.map(({ name }) => name));
  const codes = new Set<string>(clusterCniCodes);
  const known = new Set(own.issues.map(({ message }) => message));
  const isNews = ({ code, message }: PlatformIssue): boolean =>
    codes.has(code) && !known.has(message);
  return {
    ...own,
    properties: [...own.properties, ...daemon.properties.filter(({ name }) => !names.has(name))],
    issues: [...own.issues, ...daemon.issues.filter(isNews)],
  };
}

const shown: ReadonlySet<string> = new Set(['version', 'role', 'CNI', 'CNI pods']);

function findingsOf({ platform, properties, issues }: Platform): Finding[] {
  if (platform === 'none') return [];
  const known = properties.filter(({ name }) => shown.has(name));
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
