import { withoutUndefined } from '../../core/without-undefined.ts';
import type { ConnectedDatastore, DriverOptions } from '../ports/datastore/connected-datastore.ts';
import type { DatastoreSettings } from '../settings.ts';
import { connectDriver } from './drivers.ts';

/** The datastore that agent.yaml or a command names; it connects when it is first used. */
export async function connectDatastore(
  settings: DatastoreSettings,
  options: DriverOptions,
): Promise<ConnectedDatastore> {
  if (settings.driver !== 'auto') return connectDriver(settings, options);
  const { requireCalico } = settings;
  const { createAutoDatastore } = await import('./auto-datastore.ts');
  const { chooseDatastore } = await import('./choose-datastore.ts');
  return createAutoDatastore({
    choose: async () => ({
      ...(await chooseDatastore(options.environment, options.root)),
      ...withoutUndefined({ requireCalico }),
    }),
    connect: (chosen) => connectDriver(chosen, options),
  });
}
