/** How a simulated agent dials, in place of `agent/channel/dial.ts`. */
import type { ChannelTransport } from '../../../agent/channel/channel-deps.ts';
import { factsOf, helloOf } from '../../../agent/channel/hello.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import type { AckMessage, ChannelMessage } from '../../../core/protocol/messages.ts';
import { messageSocket, type MessageSocket } from '../../../runtime/network/message-socket.ts';
import { isChannelMessage } from '../../../schemas/generated/channel-message.validator.js';
import type { SimAgentDeps } from './sim-agent.ts';
import type { SimProcess } from '../world/sim-process.ts';

const reader = { bounds: jsonBounds.message, isMessage: isChannelMessage };

export function simTransport(deps: SimAgentDeps, process: SimProcess): ChannelTransport {
  const { machine, network, laws } = deps;
  return {
    hello: () =>
      Promise.resolve({
        factsOf,
        helloOf: (...given: Parameters<typeof helloOf>) => {
          const hello = helloOf(...given);
          return machine.isOlder ? { ...hello, capabilities: ['datastore-files', 'retry'] } : hello;
        },
      }),
    dial: (_settings, events, { handshakeMs }, signal) =>
      new Promise((resolve) => {
        const to = loadBalanced(network, process);
        const socket = network.dial(process, to);
        const giveUp = (): void => {
          if (socket.readyState === socket.CONNECTING) socket.terminate();
        };
        const deadline = setTimeout(giveUp, handshakeMs);
        signal.addEventListener('abort', giveUp);
        const messages = messageSocket(socket.asWebSocket, reader, {
          message: (message) => {
            check(message, deps);
            events.message(message);
          },
          garbage: events.garbage,
          failed: events.failed,
          closed: (code, reason) => {
            clearTimeout(deadline);
            signal.removeEventListener('abort', giveUp);
            laws.ended(`${machine.name} or its controller`, code, reason);
            resolve({ message: `the connection ended: ${String(code)} ${reason}` });
          },
        });
        socket.once('open', () => {
          clearTimeout(deadline);
          // Its messages arrive as a whole.
          events.opened(overheard(messages, deps), () => 0);
        });
      }),
  };
}

/** As a load balancer with a health check: one of those that listen. */
function loadBalanced({ world, servers }: SimAgentDeps['network'], process: SimProcess): string {
  const open = [...servers].filter(([, server]) => server.process.state !== 'dead');
  return world.pick(open)?.[0] ?? process.host;
}

function check(message: ChannelMessage, { laws, machine, network }: SimAgentDeps): void {
  if (message.type === 'decision') refuseUnknown(machine.isOlder, 'decision', network);
  if (message.type !== 'config') return;
  laws.delivered(machine.name, message);
  const newer = ['acceptLoss', 'noGuard', 'confirmSeconds'].filter((field) => field in message);
  for (const field of newer) refuseUnknown(machine.isOlder, field, network);
}

function refuseUnknown(isOlder: boolean, what: string, { world }: SimAgentDeps['network']): void {
  if (isOlder) world.breaks(`an older agent got ${what}, which it does not know`);
}

/** What the agent says, judged by what is on its disk at that moment. */
function overheard(messages: MessageSocket, { laws, machine }: SimAgentDeps): MessageSocket {
  return {
    send: (content) => {
      const text = content.toString();
      if (text.startsWith('{"type":"ack"')) {
        const ack: AckMessage = JSON.parse(text);
        laws.acks(machine.name, ack, ack.stage, machine.disk);
      }
      messages.send(content);
    },
    close: (code, reason) => {
      laws.ended(machine.name, code, reason);
      messages.close(code, reason);
    },
    terminate: () => messages.terminate(),
  };
}
