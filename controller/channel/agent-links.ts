/** All connections of agents. */
import type { WebSocket } from 'ws';
import { closeCodes } from '../../core/protocol/close.ts';
import type { ControllerSideSettings } from '../../core/protocol/controller-side.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { isChannelMessage } from '../../schemas/generated/channel-message.validator.js';
import type { Turns } from '../../runtime/pacing/spread.ts';
import type { Fleet } from '../app/fleet/fleet.ts';
import { agentLink, type AgentLink, type LinkEvents } from './agent-link.ts';
import { configFrames } from './config-frames.ts';

export interface Links {
  readonly add: (socket: WebSocket, remote: string) => void;
  readonly tick: () => void;
  /** Ends all connections, and cuts off those that have not answered after a while. */
  readonly close: (afterMs: number) => Promise<void>;
}

export interface LinkTroubles {
  readonly refused: (reason: string, remote: string) => void;
  /** Called after a fault of ours in handling a connection. */
  readonly failed: (error: unknown, remote: string) => void;
}

export function createLinks(
  fleet: Fleet,
  settings: ControllerSideSettings,
  { refused, failed }: LinkTroubles,
  turns: Turns,
): Links {
  const links = new Set<AgentLink>();
  let emptied: (() => void) | undefined;
  const strangers = new Set<AgentLink>();
  const events: LinkEvents = {
    greeted: (link, hello) => {
      const fault = fleet.join(link, hello);
      if (fault === undefined) strangers.delete(link);
      return fault;
    },
    refreshed: fleet.refresh,
    status: fleet.reportStatus,
    progress: fleet.reportProgress,
    left: (link, reason) => {
      links.delete(link);
      fleet.leave(link, reason);
      if (strangers.delete(link)) refused(reason, link.remote);
      if (links.size === 0) emptied?.();
    },
    failed: (link, error) => failed(error, link.remote),
  };
  const deps = {
    settings,
    events,
    reader: {
      bounds: jsonBounds.agentMessage,
      isMessage: isChannelMessage,
      isTolerant: true as const,
    },
    frames: configFrames(),
    turns,
  };
  return {
    add: (socket, remote) => {
      const link = agentLink(socket, remote, deps);
      links.add(link);
      strangers.add(link);
    },
    tick: () => {
      const at = performance.now();
      for (const link of links) link.tick(at);
    },
    close: async (afterMs) => {
      if (links.size === 0) return;
      for (const link of links) link.end(closeCodes.goingAway, 'the controller stops');
      const deadline = setTimeout(() => {
        for (const link of links) link.terminate();
      }, afterMs);
      await new Promise<void>((resolve) => {
        emptied = resolve;
      });
      clearTimeout(deadline);
    },
  };
}
