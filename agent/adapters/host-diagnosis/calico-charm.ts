/** Checks for the calico charm, which writes the same settings from its own options. */
import type { ExpectedCluster, Finding } from '../../ports/diagnosis.ts';
import type { HostFiles } from './read-host.ts';

const check = 'calico charm';

export async function diagnoseCalicoCharm(
  host: HostFiles,
  { source }: ExpectedCluster,
): Promise<readonly Finding[]> {
  const units = (await host.names('var/lib/juju/agents')).flatMap((name) => {
    const number = /^unit-calico-(0|[1-9]\d*)$/.exec(name)?.[1];
    return number === undefined ? [] : [`calico/${number}`];
  });
  if (units.length === 0) return [];
  const message = `${units.join(', ')} on this machine writes BGP settings and pools from its own options`;
  // If Juju is the source, the agent's configuration comes from the same options.
  if (source === 'juju') {
    return [{ check, result: 'ok', message: `${message}, which are ours as well` }];
  }
  const hint =
    'set the same values in its options (juju config calico), or leave the BGP ones empty and set manage-pools=false; calico-agent adopt takes over what it made';
  return [{ check, result: 'warning', message, hint }];
}
