import type { RequestedSettings } from '../../core/juju/requested-settings.ts';

/** How the agent shall run, as Juju's relations and options say: kept for the next start. */
export interface JujuSettings {
  /** Where its files lie. */
  readonly folder: string;
  /** True where this process was started with other ones: it has to start again. @throws AppError */
  put(requested: RequestedSettings): Promise<boolean>;
}
