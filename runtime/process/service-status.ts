/** The line about a service in `systemctl status`: where it is, and what a person has to do. */
import type { SystemdNotifier } from './systemd-notify.ts';

export interface ServiceStatus {
  /** What the service does now, such as `agents connect to 0.0.0.0:7843`. */
  place(text: string): void;
  /** What a person has to do; these texts stay, also at another place, until there are others. */
  needed(texts: readonly string[]): void;
}

export function createServiceStatus(notifier: Pick<SystemdNotifier, 'status'>): ServiceStatus {
  let place: readonly string[] = [];
  let needed: readonly string[] = [];
  const show = (): void => notifier.status([...place, ...needed].join('; '));
  return {
    place: (text) => {
      place = [text];
      show();
    },
    needed: (texts) => {
      needed = texts;
      show();
    },
  };
}
