/** One agent's connection: carries out what the state machine of core/protocol says. */
import type { WebSocket } from 'ws';
import { close, closeCodes } from '../../core/protocol/close.ts';
import {
  awaitHello,
  stepControllerSide,
  type ControllerSideAction,
  type ControllerSideEvent,
  type ControllerSideSettings,
} from '../../core/protocol/controller-side.ts';
import type { DeliveryOutcome } from '../../core/protocol/controller-delivery.ts';
import type { ConfigMessage, HelloMessage, MessageReader } from '../../core/protocol/messages.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import { messageSocket } from '../../runtime/network/message-socket.ts';
import type { Turns } from '../../runtime/pacing/spread.ts';
import type { ConfigFrames } from './config-frames.ts';

export interface AgentLink {
  /** Where it comes from, for people. */
  readonly remote: string;
  /** How long ago the last message came; before the first, how long it is connected. */
  silentMs(): number;
  setTarget(config: ConfigMessage): void;
  tick(now: number): void;
  end(code: number, reason: string): void;
  terminate(): void;
}

/** What a link tells. A returned text is what is wrong with it: then the link is closed. */
export interface LinkEvents {
  readonly joined: (link: AgentLink, hello: HelloMessage) => string | undefined;
  readonly refreshed: (link: AgentLink, hello: HelloMessage) => string | undefined;
  readonly status: (
    link: AgentLink,
    changed: Readonly<Record<string, unknown>>,
  ) => string | undefined;
  readonly progress: (link: AgentLink, ref: RevisionRef, outcome: DeliveryOutcome) => void;
  readonly left: (link: AgentLink, reason: string) => void;
  /** Something of this link broke here; it alone is closed. */
  readonly failed: (link: AgentLink, error: unknown) => void;
}

export interface LinkDeps {
  readonly settings: ControllerSideSettings;
  readonly reader: MessageReader;
  readonly frames: ConfigFrames;
  readonly events: LinkEvents;
  /** Of all links together: however much they send, there is time for other work in between. */
  readonly turns: Turns;
}

export function agentLink(socket: WebSocket, remote: string, deps: LinkDeps): AgentLink {
  const { events, frames, settings } = deps;
  let side = awaitHello(performance.now());
  let ending: string | undefined;
  let heardAt = performance.now();

  const step = (event: ControllerSideEvent): void => {
    const { state, actions } = stepControllerSide(side, event, settings);
    side = state;
    for (const action of actions) perform(action);
  };
  /** An exception ends this link, never the daemon or what the others are told. */
  const guarded = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      events.failed(link, error);
      hangUp(closeCodes.internalError, 'the controller could not handle this connection');
    }
  };
  const tell = (event: ControllerSideEvent): void => guarded(() => step(event));
  const judge = (fault: string | undefined): void => {
    if (fault !== undefined) tell({ type: 'garbage', reason: fault });
  };
  const hangUp = (code: number, reason: string): void => {
    ending ??= reason;
    messages.close(code, reason);
  };
  const perform = (action: ControllerSideAction): void => {
    switch (action.type) {
      case 'send':
        messages.send(JSON.stringify(action.message));
        break;
      case 'send-config':
        messages.send(frames(action));
        break;
      case 'progress':
        events.progress(link, action.ref, action.outcome);
        break;
      case 'joined':
        judge(events.joined(link, action.hello));
        break;
      case 'refreshed':
        judge(events.refreshed(link, action.hello));
        break;
      case 'status':
        judge(events.status(link, action.changed));
        break;
      case 'close':
        hangUp(action.code, action.reason);
        break;
      case 'terminate':
        ending ??= action.reason;
        socket.terminate();
        break;
    }
  };

  const messages = messageSocket(
    socket,
    deps.reader,
    {
      message: (message) => {
        heardAt = performance.now();
        tell({ type: 'received', now: heardAt, message });
      },
      garbage: (reason) => tell({ type: 'garbage', reason }),
      failed: (error) => events.failed(link, error),
      congested: () => tell({ type: 'congested', now: performance.now() }),
      drained: () => tell({ type: 'drained' }),
      closed: (_code, reason) => guarded(() => events.left(link, ending ?? reason)),
    },
    deps.turns,
  );

  const link: AgentLink = {
    remote,
    silentMs: () => performance.now() - heardAt,
    setTarget: (config) => tell({ type: 'target', config }),
    tick: (now) => tell({ type: 'tick', now }),
    end: (code, reason) => {
      const { reason: text } = close(code, reason);
      hangUp(code, text);
    },
    terminate: () => socket.terminate(),
  };
  return link;
}
