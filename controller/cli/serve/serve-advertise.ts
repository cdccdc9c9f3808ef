/** Where the other controllers of a store find this one, from controller.yaml. */
import { AppError } from '../../../runtime/errors.ts';
import type { ControllerConfig } from '../../../schemas/generated/controller-config.ts';
import type { ControllerSettings } from '../../settings.ts';
import { etcdOf } from '../controller-config.ts';

/** @throws AppError invalid-settings */
export function advertiseOf({
  advertise,
  store,
}: Pick<ControllerConfig, 'advertise' | 'store'>): Pick<ControllerSettings, 'advertise'> {
  if (advertise === undefined) return {};
  if (etcdOf({ ...(store !== undefined && { store }) }) === undefined) {
    throw invalid(
      'advertise is for several controllers, which need their store in etcd: set store.engine: etcd, or leave advertise out',
    );
  }
  if (Number(/:(\d+)$/.exec(advertise)?.[1]) <= 65_535) return { advertise };
  throw invalid(`advertise: "${advertise}" has no port from 1 to 65535`);
}

function invalid(reason: string): AppError {
  return new AppError('invalid-settings', `cannot use controller.yaml: ${reason}`);
}
