/** Where the other controllers of a store find this one, from controller.yaml. */
import type { ControllerConfig } from '../../../schemas/generated/controller-config.ts';
import type { ControllerSettings } from '../../settings.ts';
import { etcdOf } from '../controller-config.ts';
import { refuseFaults, settingFault } from './setting-faults.ts';

/** @throws AppError invalid-settings */
export function advertiseOf({
  advertise,
  store,
}: Pick<ControllerConfig, 'advertise' | 'store'>): Pick<ControllerSettings, 'advertise'> {
  const etcd = etcdOf({ ...(store !== undefined && { store }) });
  requireAdvertisable('advertise', advertise, etcd !== undefined);
  return advertise === undefined ? {} : { advertise };
}

/**
 * @param setting its name, such as `api.advertise` @param hasEtcd a store is in etcd
 * @throws AppError invalid-settings
 */
export function requireAdvertisable(
  setting: string,
  advertise: string | undefined,
  hasEtcd: boolean,
): void {
  if (advertise === undefined) return;
  const pointer = `/${setting.replace('.', '/')}`;
  if (!hasEtcd) {
    const message = `${setting} is for several controllers, which need their store in etcd`;
    const hint = `set store.engine: etcd, or leave ${setting} out`;
    refuseFaults([settingFault(pointer, message, hint)]);
  }
  if (Number(/:(\d+)$/.exec(advertise)?.[1]) <= 65_535) return;
  const message = `${setting}: "${advertise}" has no port from 1 to 65535`;
  refuseFaults([settingFault(pointer, message)]);
}
