/** All connections of agents. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { certificateFaults } from '../../core/protocol/certificate-faults.ts';
import { closeCodes } from '../../core/protocol/close.ts';
import type { ControllerSideSettings } from '../../core/protocol/controller-side.ts';
import { sharedDeliveries } from '../../core/protocol/delivery/shared-deliveries.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { isChannelMessage } from '../../schemas/generated/channel-message.validator.js';
import type { QueueDeps } from '../../runtime/network/message-queue.ts';
import { createRepeatedMessages } from '../../runtime/network/repeated-messages.ts';
import type { Turns } from '../../runtime/pacing/spread.ts';
import type { Fleet } from '../app/fleet/fleet.ts';
import type { RefusedClaim } from '../app/identity/refused-identities.ts';
import { agentLink, type AgentLink, type LinkEvents } from './agent-link.ts';
import type { CertifiedNode } from './client-certificates.ts';
import { configFrames, sharedRefs } from './config-frames.ts';

export interface Links {
  /** @param stream below the WebSocket */
  readonly add: (
    socket: WebSocket,
    remote: string,
    certified: CertifiedNode | undefined,
    stream?: Duplex,
  ) => void;
  readonly tick: () => void;
  /** Ends the connections of revoked nodes. */
  readonly endRevoked: () => void;
  /** Ends all connections, and cuts off those that have not answered after a while. */
  readonly close: (afterMs: number) => Promise<void>;
}

export interface LinkTroubles {
  readonly refused: (reason: string, remote: string) => void;
  /** An agent says that it is a node that it may not be. Called beside `refused`. */
  readonly claimed: (claim: RefusedClaim) => void;
  /** Called after a fault of ours in handling a connection. */
  readonly failed: (error: unknown, remote: string) => void;
}

/** The nodes whose agents may not connect. */
export interface RevokedNodes {
  readonly isRevoked: (certificate: CertifiedNode) => boolean;
  /** For agents that present the shared token. */
  readonly isNodeRevoked: (node: string) => boolean;
}

export function createLinks(
  fleet: Fleet,
  settings: ControllerSideSettings & {
    readonly revoked: RevokedNodes;
    /** Absent: no other controller can lead. */
    readonly leads?: (() => boolean) | undefined;
  },
  { refused, claimed, failed }: LinkTroubles,
  turns: Turns,
): Links {
  const links = new Set<AgentLink>();
  let emptied: (() => void) | undefined;
  const strangers = new Set<AgentLink>();
  const { revoked } = settings;
  const endIfRevoked = (link: AgentLink): boolean => {
    if (!isLinkRevoked(link, revoked)) return false;
    link.end(closeCodes.wrongIdentity, 'this node was revoked');
    return true;
  };
  const events: LinkEvents = {
    greeted: (link, hello) => {
      if (endIfRevoked(link)) {
        claimed(claimOf(link, hello.node));
        return undefined;
      }
      const fault = fleet.join(link, hello);
      if (fault === undefined) strangers.delete(link);
      return fault;
    },
    misnamed: (link, node) => claimed(claimOf(link, node)),
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
    settings: { ...settings, deliveries: sharedDeliveries() },
    events,
    leads: settings.leads,
    queues: queuesWith(turns),
    frames: configFrames(),
    refs: sharedRefs(),
  };
  return {
    add: (socket, remote, certified, stream) => {
      const agent = {
        remote,
        ...(certified !== undefined && { certified }),
        ...(stream !== undefined && { stream }),
      };
      const link = agentLink(socket, agent, deps);
      links.add(link);
      strangers.add(link);
    },
    tick: () => {
      const at = performance.now();
      endExpired(links, Date.now());
      for (const link of links) link.tick(at);
    },
    endRevoked: () => {
      for (const link of links) endIfRevoked(link);
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

function queuesWith(turns: Turns): QueueDeps {
  const { agentMessage: bounds } = jsonBounds;
  const reader = { bounds, isMessage: isChannelMessage, isTolerant: true as const };
  return { reader, turns, repeated: createRepeatedMessages() };
}

function endExpired(links: Iterable<AgentLink>, now: number): void {
  for (const link of links) {
    if (link.certified !== undefined && now > link.certified.validUntil) {
      link.end(closeCodes.wrongIdentity, certificateFaults.expired);
    }
  }
}

/** @param node of its hello */
function claimOf({ certified, remote }: AgentLink, node: string): RefusedClaim {
  if (certified === undefined) return { reason: 'revoked-node', node, remote };
  const isOther = certified.node !== node.toLowerCase();
  return isOther
    ? { reason: 'other-node', node, certified: certified.node, remote }
    : { reason: 'certificate-revoked', node, remote };
}

/** An agent without a certificate is the node that its hello names. */
function isLinkRevoked(
  { certified, node }: AgentLink,
  { isRevoked, isNodeRevoked }: RevokedNodes,
): boolean {
  if (certified !== undefined) return isRevoked(certified);
  return node !== undefined && isNodeRevoked(node.toLowerCase());
}
