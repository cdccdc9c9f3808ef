import type { Finding } from '../../ports/diagnosis.ts';
import type { HostFiles } from './read-host.ts';

const check = 'clock';

/**
 * @param timedatectl reads one property of the machine's clock; undefined: the program gave no
 * answer
 */
export async function diagnoseClock(
  host: HostFiles,
  timedatectl: (property: string) => Promise<string | undefined>,
): Promise<readonly Finding[]> {
  // systemd-timesyncd leaves this file; other programs only tell the kernel, which timedatectl asks.
  const isSynchronized = (await host.names('run/systemd/timesync')).includes('synchronized');
  const answer = isSynchronized ? 'yes' : await timedatectl('NTPSynchronized');
  if (answer === 'yes') return [{ check, result: 'ok', message: 'it is synchronised' }];
  // A container has the clock of its host, and may not set it.
  const where = (await host.isContainer()) ? 'on the host of this container: ' : '';
  const [message, hint] =
    answer === 'no'
      ? [
          'it is not synchronised: leases, certificates and logs suffer',
          `${where}start chrony or systemd-timesyncd`,
        ]
      : [
          'whether it is synchronised is unknown here',
          `${where}timedatectl, or chronyc tracking, shows it`,
        ];
  return [{ check, result: 'warning', message, hint }];
}
