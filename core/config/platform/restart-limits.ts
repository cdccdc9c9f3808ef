import type { RestartWindow } from '../../lxd/settings.ts';

/** When the services of a platform may restart, over all nodes. */
export interface RestartLimits {
  /** How many nodes may restart at the same time. */
  readonly parallel: number;
  readonly window?: RestartWindow;
}

export const usualRestarts: RestartLimits = { parallel: 1 };
