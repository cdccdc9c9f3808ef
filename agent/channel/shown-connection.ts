/** Shows the state of the connection to the controller in the status and the log. */
import type { Logger } from '../../runtime/log/logger.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';

export type ControllerState = NonNullable<AgentStatus['controller']>;

export interface ShownConnection {
  state(): ControllerState;
  /** Names the first address that is tried; later ones are shown with their results. */
  trying(url: string): void;
  /** @param at the address that is connected or was tried, without secret parts */
  show(connected: boolean, message: string, at: string): void;
  /** Shows why the agent refused the controller's newest configuration; undefined: it did not. */
  showRefusal(message: string | undefined): void;
}

export interface ShownConnectionDeps {
  readonly logger: Logger;
  readonly onChange?: () => void;
}

const maxRefusal = 4096;

/** @param url an address of the controller, without secret parts */
export function createShownConnection(
  url: string,
  { logger, onChange }: ShownConnectionDeps,
): ShownConnection {
  let shown: ControllerState = { url, connected: false, message: 'connecting' };
  let isFirst = true;
  /** By address, since the last connection: with several ones the reasons take turns. */
  const logged = new Map<string, string>();
  const log = (connected: boolean, message: string, at: string): void => {
    if (connected) logged.clear();
    else if (logged.get(at) === message) return;
    else logged.set(at, message);
    logger[connected ? 'info' : 'warn'](message, { url: at });
  };
  return {
    state: () => shown,
    trying: (tried) => {
      if (!isFirst || shown.url === tried) return;
      shown = { ...shown, url: tried };
      onChange?.();
    },
    show: (connected, message, at) => {
      isFirst = false;
      if (shown.connected === connected && shown.message === message && shown.url === at) return;
      log(connected, message, at);
      const since = connected === shown.connected ? shown.since : new Date().toISOString();
      const { since: _since, ...others } = shown;
      shown = { ...others, url: at, connected, message, ...(since === undefined ? {} : { since }) };
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
