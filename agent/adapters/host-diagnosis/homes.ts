import type { Finding } from '../../ports/diagnosis.ts';

const check = 'ProtectHome';

/**
 * Finds files that doctor, run by a person, can read, but that the daemon's sandbox hides from the
 * daemon.
 */
export async function diagnoseHomes(
  files: readonly string[],
  systemctl: (property: string) => Promise<string | undefined>,
): Promise<readonly Finding[]> {
  if (files.length === 0) return [];
  const value = await systemctl('ProtectHome');
  if (value !== 'yes' && value !== 'tmpfs') return [];
  const message = `ProtectHome=${value} of calico-agent.service hides ${files.join(', ')} from the daemon`;
  const hint =
    'move it to /etc/calico-agent and name it there; or systemctl edit calico-agent, with ProtectHome=read-only below [Service], and restart it';
  return [{ check, result: 'warning', message, hint }];
}
