/** Environment variables that people invent after the names of flags. */
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue } from '../file-issues.ts';
import type { Variable } from '../systemd/environment.ts';
import { networkFlags } from './flags.ts';

export function checkVariables(variables: readonly Variable[]): PlatformIssue[] {
  return variables.flatMap(({ name, file, line }) => {
    const flag = /^K3S_([A-Z_]+)$/.exec(name)?.[1]?.toLowerCase().replaceAll('_', '-') ?? '';
    const known = networkFlags.get(flag);
    if (known === undefined || known.variable === name) return [];
    const message = `K3s does not read ${name}: the flag ${flag} has no such variable`;
    const hint = `write ${flag} into /etc/rancher/k3s/config.yaml`;
    return [fileIssue('warning', { file, line }, { code: 'k3s-unknown-variable', message, hint })];
  });
}
