import type { KnownSettings, RequestedSettings } from '../../core/juju/requested-settings.ts';

/** The agent's settings from Juju's relations and options, kept for the next start. */
export interface JujuSettings {
  known(): KnownSettings;
  /**
   * Stores the settings. True if this process was started with other ones, so that it has to
   * restart.
   * @throws AppError invalid-settings if the next start would refuse them; then nothing is written
   */
  put(requested: RequestedSettings): Promise<boolean>;
}
