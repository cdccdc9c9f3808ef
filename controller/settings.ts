/** How a controller runs. */
import type { ControllerSideSettings } from '../core/protocol/controller-side.ts';
import type { LogSettings } from '../runtime/log/logger.ts';

export interface ControllerSettings {
  readonly cluster: string;
  /** `host:port`; port 0 is any free port. */
  readonly listen: string;
  readonly tokenFile: string;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  readonly plaintextBeyondLoopback: boolean;
  readonly stateDirectory: string;
  readonly socket: string;
  /** Nodes that are away for longer are forgotten; 0: none. Default 30. */
  readonly forgetAfterDays?: number;
  readonly timing?: Partial<ControllerTiming>;
}

export interface ControllerTiming extends Omit<ControllerSideSettings, 'cluster'> {
  readonly tickMs: number;
  /** Changes of the nodes within this time are written as one. */
  readonly keepMs: number;
  /** The life of a connection that has not shown the token. */
  readonly strangerMs: number;
}

export interface ServeSettings extends ControllerSettings {
  readonly log: LogSettings;
}
