/** What earlier agents and controllers said, played against those of today. */
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { createInbox, type Inbox } from '../../conformance/inbox.ts';
import { readHistory } from '../../conformance/read-history.ts';
import { startScriptedController } from '../../conformance/scripted-controller.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import {
  agentsPath,
  forAgent,
  parseMessage,
  subprotocol,
  type ConfigMessage,
} from '../../core/protocol/messages.ts';
import type { Conversation, RecordedMessage } from '../../schemas/generated/protocol-history.ts';
import { isChannelMessage } from '../../schemas/generated/channel-message.validator.js';
import { eventually } from '../support/eventually.ts';
import { MemoryAgent } from '../support/twins/memory-agent.ts';
import { Lab, token } from '../controller/running.ts';

const { conversations } = await readHistory();
const waitMs = 60_000;

type Message = RecordedMessage['message'];

/** Plays an agent's part: sends its messages, and expects what the controller answered then. */
class PlayedAgent {
  readonly ended: string[] = [];
  private readonly lab: Lab;
  private readonly socket: WebSocket;
  private readonly inbox: Inbox<Message> = createInbox();
  private readonly others: Message[] = [];
  private pings = 1000;

  constructor(lab: Lab) {
    this.lab = lab;
    this.socket = new WebSocket(`ws://${lab.listen}${agentsPath}`, subprotocol, {
      headers: { authorization: `Bearer ${token}` },
    });
    this.socket.on('message', (data: Buffer) => this.inbox.add(JSON.parse(data.toString('utf8'))));
    this.socket.on('close', (code, reason) => this.ended.push(`${String(code)} ${String(reason)}`));
  }

  async play(messages: readonly RecordedMessage[]): Promise<void> {
    await new Promise((resolve) => this.socket.once('open', resolve));
    for (const { from, message } of messages) {
      if (from === 'agent') this.send(message);
      else await this.expectAnswer(message);
    }
    await this.settle();
  }

  close(): void {
    this.socket.close();
  }

  private send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  private async expectAnswer(message: Message): Promise<void> {
    // A controller sends the newest revision by itself, and without its text what the agent has.
    const isOfPerson = 'text' in message || message.type === 'decision';
    if (isOfPerson) {
      await this.settle();
      await this.cause(message);
    }
    expect(await this.next(message.type)).to.deep.equal(message);
  }

  /** A person does at the controller what a person did then. */
  private async cause(message: Message): Promise<void> {
    const asked: Partial<ConfigMessage> & { readonly decision?: string } = Object(message);
    const { text, retry, acceptLoss, noGuard, confirmSeconds, decision } = asked;
    if (decision !== undefined) {
      await this.lab.ask('POST', `/v1/${decision === 'confirm' ? 'confirm' : 'rollback'}?by=ann`);
      return;
    }
    const query = new URLSearchParams({
      by: 'ann',
      ...(retry === true && { retry: 'true' }),
      ...(acceptLoss === true && { 'accept-loss': 'true' }),
      ...(noGuard === true && { 'no-guard': 'true' }),
      ...(confirmSeconds !== undefined && { 'confirm-within': String(confirmSeconds) }),
    });
    await this.lab.ask('PUT', `/v1/config?${query.toString()}`, text);
  }

  /** The controller has read everything that was sent. */
  private async settle(): Promise<void> {
    this.pings += 1;
    this.send({ type: 'ping', id: this.pings });
    expect(await this.next('pong')).to.deep.equal({ type: 'pong', id: this.pings });
  }

  /** The next message of this type; those of other types wait for their turn. */
  private async next(type: string): Promise<Message> {
    const place = this.others.findIndex((one) => one.type === type);
    const [found] = place === -1 ? [] : this.others.splice(place, 1);
    if (found !== undefined) return found;
    for (;;) {
      const ended = this.ended.join();
      const message = await this.inbox.next(waitMs, `no ${type}; ended: ${ended}`);
      if (message.type === type) return message;
      this.others.push(message);
    }
  }
}

for (const conversation of conversations) {
  describe(`programs from ${conversation.name} (${conversation.recorded})`, function () {
    this.timeout(120_000);
    const lab = { current: undefined as Lab | undefined };
    afterEach(async () => {
      await lab.current?.close();
    });

    it('agents: the controller of today tells them the same, and understands them', async () => {
      const made = await Lab.make();
      lab.current = made;
      await made.start();
      for (const messages of conversation.connections) {
        const agent = new PlayedAgent(made);
        await agent.play(messages);
        expect(agent.ended).to.deep.equal([]);
        const node = await made.node('node-0');
        expect(node?.connected).to.equal(true);
        expect(node?.unknown).to.equal(undefined);
        expect(node?.inForce?.number).to.equal(lastInForce(messages));
        agent.close();
        await eventually(async () => expect((await made.status()).connected).to.equal(0));
      }
    });

    it('agents: get no field that they did not know, whatever a person asks for', () => {
      const [hello] = conversation.connections.flat();
      const capabilities: readonly string[] = Reflect.get(hello?.message ?? {}, 'capabilities');
      const config = {
        ...({ type: 'config', lineage: 'controller:default', number: 9 } as const),
        ...({ digest: `sha256:${'0'.repeat(64)}`, mediaType: 'application/yaml' } as const),
        ...({ text: '{}', by: 'ann', retry: true, acceptLoss: true, noGuard: true } as const),
        ...({ confirmSeconds: 60, clusterShare: 'later' } as const),
      };
      const sent = forAgent(config, {
        retry: capabilities.includes('retry'),
        terms: capabilities.includes('push-terms'),
        decisions: capabilities.includes('person-confirm'),
        clusterShare: capabilities.includes('cluster-share-later'),
      });
      expect(conversation.knows['config']).to.include.members(Object.keys(sent));
    });

    it('controllers: the agent of today gives their messages the same answers', async () => {
      const controller = await startScriptedController(token);
      const made = await Lab.make();
      lab.current = made;
      const agent = new MemoryAgent({ name: 'node-0', reaches: 'applied' });
      made.connectWith(agent, { url: controller.url, tokenFile: made.tokenFile });
      const { socket, arrivals } = await controller.connection(waitMs);
      try {
        for (const { from, message } of conversation.connections[0] ?? []) {
          if (from === 'controller') socket.send(JSON.stringify(message));
          else if (message.type === 'ack') {
            const isConfirmed = Reflect.get(message, 'stage') === 'confirmed';
            if (isConfirmed && !waitsForPerson(conversation, message)) agent.reach('confirmed');
            expect(await nextAnswer(arrivals)).to.deep.equal(message);
          }
        }
      } finally {
        await controller.close();
      }
    });
  });
}

/** The number in the last status that has one. */
function lastInForce(messages: readonly RecordedMessage[]): number | undefined {
  return messages
    .flatMap(({ message }) => {
      const changed: unknown = Reflect.get(message, 'changed');
      const revisions: unknown =
        typeof changed === 'object' && changed !== null ? Reflect.get(changed, 'revisions') : {};
      const inForce: unknown =
        typeof revisions === 'object' && revisions !== null
          ? Reflect.get(revisions, 'inForce')
          : undefined;
      const number: unknown =
        typeof inForce === 'object' && inForce !== null
          ? Reflect.get(inForce, 'number')
          : undefined;
      return typeof number === 'number' ? [number] : [];
    })
    .at(-1);
}

/** Whether the recorded revision was confirmed by a decision. */
function waitsForPerson({ connections }: Conversation, message: Message): boolean {
  const number: unknown = Reflect.get(message, 'number');
  return connections
    .flat()
    .some(
      ({ message: other }) =>
        Reflect.get(other, 'number') === number && Reflect.get(other, 'decision') === 'confirm',
    );
}

/** The next ack or nack; each message has to be one that the schema knows. */
async function nextAnswer(arrivals: Inbox<unknown>): Promise<unknown> {
  for (;;) {
    const arrival = await arrivals.next(waitMs, 'the agent does not answer');
    const text: unknown = Reflect.get(Object(arrival), 'text');
    if (typeof text !== 'string')
      throw new Error(`the connection ended: ${JSON.stringify(arrival)}`);
    const parsed = parseMessage(text, {
      bounds: jsonBounds.agentMessage,
      isMessage: isChannelMessage,
    });
    if (!parsed.ok) throw new Error(parsed.reason);
    if (parsed.message.type === 'ack' || parsed.message.type === 'nack') return parsed.message;
  }
}
