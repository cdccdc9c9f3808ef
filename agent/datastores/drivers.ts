/**
 * All drivers of Calico's datastore: a new one is a folder of adapters/ and an entry here. A
 * driver's code is loaded only where it is used, and it connects only when it is first used.
 */
import type { EtcdDatastore } from '../../schemas/generated/agent-config.ts';
import type { FilesSettings } from '../adapters/calico-files/driver.ts';
import type { KubernetesSettings } from '../adapters/calico-kubernetes/api-server.ts';
import type { ConnectedDatastore, DriverOptions } from '../ports/datastore/connected-datastore.ts';

interface SettingsOf {
  readonly files: FilesSettings;
  readonly etcd: Omit<EtcdDatastore, 'driver'>;
  readonly kubernetes: Omit<KubernetesSettings, 'driver'>;
}

export type DriverName = keyof SettingsOf;

/** The settings of one driver, with its name. */
export type DriverSettings<Name extends DriverName = DriverName> = {
  readonly [One in Name]: { readonly driver: One } & SettingsOf[One];
}[Name];

type Connect<Name extends DriverName> = (
  settings: DriverSettings<Name>,
  options: DriverOptions,
) => Promise<ConnectedDatastore>;

const drivers: { readonly [Name in DriverName]: Connect<Name> } = {
  files: async (settings, options) => {
    const { createCalicoFiles } = await import('../adapters/calico-files/driver.ts');
    return createCalicoFiles(settings, options);
  },
  etcd: async (settings, options) => {
    const { createCalicoEtcd } = await import('../adapters/calico-etcd/driver.ts');
    return createCalicoEtcd(settings, options);
  },
  kubernetes: async (settings, options) => {
    const { createCalicoKubernetes } = await import('../adapters/calico-kubernetes/driver.ts');
    return createCalicoKubernetes(settings, options);
  },
};

export function connectDriver<Name extends DriverName>(
  settings: DriverSettings<Name>,
  options: DriverOptions,
): Promise<ConnectedDatastore> {
  return drivers[settings.driver](settings, options);
}
