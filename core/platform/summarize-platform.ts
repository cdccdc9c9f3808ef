/** The platform of a node in a few words, for the status. */
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import type { ObservedPlatform } from './observed-platform.ts';

export type PlatformSummary = NonNullable<AgentStatus['platform']>;

const longest = { version: 256, role: 64, cni: 4096 } as const;

/** @param observed as a pass saw it */
export function summarizePlatform({
  report: { platform: name, properties, issues },
  notes,
  dueRestarts,
}: Pick<ObservedPlatform, 'report' | 'notes' | 'dueRestarts'>): PlatformSummary {
  const property = (key: keyof typeof longest, called: string): Partial<PlatformSummary> => {
    const found = properties.find((one) => one.name === called);
    return found === undefined ? {} : { [key]: found.value.slice(0, longest[key]) };
  };
  const count = (severity: 'error' | 'warning'): number =>
    issues.filter((issue) => issue.severity === severity).length;
  return {
    name,
    ...property('version', 'version'),
    ...property('role', 'role'),
    ...property('cni', 'CNI'),
    editedFiles: notes.length,
    ...(dueRestarts.length > 0 && { restartsDue: dueRestarts.map(({ service }) => service) }),
    errors: count('error'),
    warnings: count('warning'),
  };
}
