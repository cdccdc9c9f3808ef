/** Shows the state of the connection to the controller in the status and the log. */
import type { Logger } from '../../runtime/log/logger.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';

export type ControllerState = NonNullable<AgentStatus['controller']>;

export interface ShownConnection {
  state(): ControllerState;
  show(connected: boolean, message: string): void;
  /** Shows why the agent refused the controller's newest configuration; undefined: it did not. */
  showRefusal(message: string | undefined): void;
}

export interface ShownConnectionDeps {
  readonly logger: Logger;
  readonly onChange?: () => void;
}

const maxRefusal = 4096;

/** @param url without secret parts */
export function createShownConnection(
  url: string,
  { logger, onChange }: ShownConnectionDeps,
): ShownConnection {
  let shown: ControllerState = { url, connected: false, message: 'connecting' };
  return {
    state: () => shown,
    show: (connected, message) => {
      if (shown.connected === connected && shown.message === message) return;
      logger[connected ? 'info' : 'warn'](message, { url });
      const since = connected === shown.connected ? shown.since : new Date().toISOString();
      const { since: _since, ...others } = shown;
      shown = { ...others, connected, message, ...(since === undefined ? {} : { since }) };
      onChange?.();
    },
    showRefusal: (message) => {
      if (shown.refused === message) return;
      const { refused: _refused, ...others } = shown;
      const refused = message?.slice(0, maxRefusal);
      shown = { ...others, ...(refused !== undefined && { refused }) };
      onChange?.();
    },
  };
}
