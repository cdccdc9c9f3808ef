import type { KnownSettings, RequestedSettings } from '../../core/juju/requested-settings.ts';

/** How the agent shall run, as Juju's relations and options say: kept for the next start. */
export interface JujuSettings {
  known(): KnownSettings;
  /**
   * True where this process was started with other ones: it has to start again.
   * @throws AppError invalid-settings where the next start would refuse them; then nothing is written
   */
  put(requested: RequestedSettings): Promise<boolean>;
}
