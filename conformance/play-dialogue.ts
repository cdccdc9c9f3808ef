/** Plays one dialogue with an agent: does what the controller does, and checks the agent's answers. */
import { jsonBounds } from '../core/input/bounds.ts';
import { controllerLineage, parseMessage } from '../core/protocol/messages.ts';
import type { ChannelMessage } from '../core/protocol/messages.ts';
import { isChannelMessage } from '../schemas/generated/channel-message.validator.js';
import type {
  Content,
  Dialogue,
  ExpectedAcks,
  ExpectedNack,
  SentConfig,
  Step,
} from '../schemas/generated/protocol-vectors.ts';
import type { AgentProcess, AgentSetting } from './agent-process.ts';
import { TooLate } from './inbox.ts';
import { differenceFrom } from './includes.ts';
import type { Arrival, Connection, ScriptedController } from './scripted-controller.ts';

export interface Stage {
  readonly controller: ScriptedController;
  readonly agent: AgentProcess;
  readonly setting: AgentSetting;
  readonly contents: readonly Content[];
  /** How long the agent may take for each step. */
  readonly withinMs: number;
}

/** @throws Error with the number of the step, and what the agent did instead */
export async function playDialogue({ steps }: Dialogue, stage: Stage): Promise<void> {
  const player = new Player(stage);
  for (const [index, step] of steps.entries()) {
    try {
      await player.play(step);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      const shown = JSON.stringify(step).slice(0, 200);
      throw new Error(`step ${String(index + 1)} ${shown}: ${what}`, { cause: error });
    }
  }
}

class Player {
  readonly #stage: Stage;
  #connection: Connection | undefined;
  #isMute = false;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async play(step: Step): Promise<void> {
    const { controller, agent, withinMs } = this.#stage;
    if (step.connect !== undefined) return this.#connect(step.connect);
    if (step.refuse !== undefined) return controller.refuseNext(step.refuse, withinMs);
    if (step.config !== undefined) return this.#send(JSON.stringify(this.#configOf(step.config)));
    if (step.send !== undefined) return this.#send(this.#filled(step.send));
    if (step.sendText !== undefined) return this.#send(step.sendText);
    if (step.sendRepeated !== undefined) {
      return this.#send(step.sendRepeated.text.repeat(step.sendRepeated.times));
    }
    if (step.sendBinary !== undefined) return this.#send(Buffer.from(step.sendBinary));
    if (step.acks !== undefined) return this.#expectAcks(step.acks);
    if (step.nack !== undefined) return this.#expectNack(step.nack);
    if (step.until !== undefined) return this.#until(step.until);
    if (step.nothing !== undefined) return this.#expectNothing(step.nothing * 1000);
    if (step.mute === true) this.#isMute = true;
    if (step.close !== undefined) return this.#close(step.close);
    if (step.closed !== undefined) return this.#expectClosed(step.closed);
    if (step.restart === true) return agent.restart();
  }

  async #connect(expected: object): Promise<void> {
    this.#connection = await this.#stage.controller.connection(this.#stage.withinMs);
    this.#isMute = false;
    const hello = await this.#nextMessage(() => true);
    const { cluster, node } = this.#stage.setting;
    this.#require({ type: 'hello', cluster, node }, hello);
    this.#require(JSON.parse(this.#filled(expected)), hello);
  }

  async #expectAcks({ content, number, stages }: ExpectedAcks): Promise<void> {
    for (const stage of stages) {
      const answer = await this.#nextMessage(isAnswer);
      this.#require({ type: 'ack', ...this.#refTo(content, number), stage }, answer);
    }
  }

  async #expectNack({ content, number, code }: ExpectedNack): Promise<void> {
    for (;;) {
      const answer = await this.#nextMessage(isAnswer);
      this.#require({ type: 'nack', ...this.#refTo(content, number) }, answer);
      if (answer.type === 'nack' && answer.retrying === true) continue;
      return this.#require(code === undefined ? {} : { code }, answer);
    }
  }

  async #until(expected: object): Promise<void> {
    const wanted: unknown = JSON.parse(this.#filled(expected));
    await this.#nextMessage((message) => differenceFrom(wanted, message) === undefined);
  }

  /** Status, pings and hellos may come at any time. */
  async #expectNothing(ms: number): Promise<void> {
    try {
      const answer = await this.#nextMessage(isAnswer, ms);
      throw new Error(`the agent sends ${shownMessage(answer)}`);
    } catch (error) {
      if (!(error instanceof TooLate)) throw error;
    }
  }

  async #close(code: number): Promise<void> {
    this.#open().socket.close(code, 'the dialogue says so');
    await this.#untilClosed();
  }

  async #expectClosed(codes: readonly number[]): Promise<void> {
    const { code, reason } = await this.#untilClosed();
    if (codes.includes(code)) return;
    throw new Error(
      `the agent ends the connection with ${String(code)} "${reason}" and not with ${codes.join(' or ')}`,
    );
  }

  async #untilClosed(): Promise<Extract<Arrival, { readonly kind: 'closed' }>> {
    const connection = this.#open();
    const seconds = String(this.#stage.withinMs / 1000);
    for (;;) {
      const arrival = await this.#nextArrival(`the connection does not end within ${seconds} s`);
      if (arrival.kind === 'closed') return arrival;
      this.#answerPing(connection, arrival);
    }
  }

  /** The agent's next message of this kind; answers the pings before it. */
  async #nextMessage(
    isWanted: (message: ChannelMessage) => boolean,
    withinMs = this.#stage.withinMs,
  ): Promise<ChannelMessage> {
    const connection = this.#open();
    const endMs = performance.now() + withinMs;
    const otherwise = `the agent sends no such message within ${String(withinMs / 1000)} s`;
    for (;;) {
      const leftMs = Math.max(endMs - performance.now(), 1);
      const arrival = await this.#nextArrival(otherwise, leftMs);
      if (arrival.kind === 'closed') {
        this.#connection = undefined;
        throw new Error(
          `the agent ends the connection with ${String(arrival.code)} "${arrival.reason}"`,
        );
      }
      const message = messageIn(arrival);
      this.#answerPing(connection, arrival);
      if (isWanted(message)) return message;
    }
  }

  async #nextArrival(otherwise: string, withinMs = this.#stage.withinMs): Promise<Arrival> {
    return this.#open().arrivals.next(withinMs, otherwise);
  }

  #answerPing({ socket }: Connection, arrival: Arrival): void {
    if (arrival.kind !== 'text' || this.#isMute) return;
    const message = messageIn(arrival);
    if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong', id: message.id }));
  }

  #configOf({
    content,
    number,
    withoutText,
    digestOf,
    cluster,
    retry,
    confirmSeconds,
    clusterShare,
  }: SentConfig): object {
    const { text, mediaType } = this.#content(content);
    return {
      type: 'config',
      ...this.#refTo(digestOf ?? content, number, cluster),
      ...(withoutText !== true && { mediaType, text }),
      ...(retry === true && { retry }),
      ...(confirmSeconds !== undefined && { confirmSeconds }),
      ...(clusterShare !== undefined && { clusterShare }),
      by: 'conformance',
    };
  }

  #refTo(content: string, number: number, cluster = this.#stage.setting.cluster): object {
    return { lineage: controllerLineage(cluster), number, digest: this.#content(content).digest };
  }

  #content(name: string): Content {
    const found = this.#stage.contents.find((content) => content.name === name);
    if (found === undefined) throw new Error(`there is no content "${name}"`);
    return found;
  }

  /** The JSON of a message in which `$cluster`, `$node` and `$digest:CONTENT` stand for their values. */
  #filled(message: object): string {
    const { cluster, node } = this.#stage.setting;
    return JSON.stringify(message)
      .replaceAll('$cluster', cluster)
      .replaceAll('$node', node)
      .replaceAll(/\$digest:([a-z-]+)/g, (_, name: string) => this.#content(name).digest);
  }

  #require(expected: unknown, message: ChannelMessage): void {
    const difference = differenceFrom(expected, message);
    if (difference === undefined) return;
    throw new Error(
      `the agent sends ${shownMessage(message)}; expected ${JSON.stringify(expected)}, which differs at ${difference}`,
    );
  }

  #send(content: string | Buffer): void {
    this.#open().socket.send(content);
  }

  #open(): Connection {
    if (this.#connection === undefined) throw new Error('the agent is not connected');
    return this.#connection;
  }
}

function isAnswer({ type }: ChannelMessage): boolean {
  return type !== 'status' && type !== 'ping' && type !== 'pong' && type !== 'hello';
}

/** @throws Error if the agent sent something else */
function messageIn(arrival: Exclude<Arrival, { readonly kind: 'closed' }>): ChannelMessage {
  if (arrival.kind === 'binary') throw new Error('the agent sends a binary frame');
  const reader = { bounds: jsonBounds.agentMessage, isMessage: isChannelMessage };
  const parsed = parseMessage(arrival.text, reader);
  if (!parsed.ok)
    throw new Error(`the agent sends "${arrival.text.slice(0, 200)}": ${parsed.reason}`);
  return parsed.message;
}

function shownMessage(message: ChannelMessage): string {
  return JSON.stringify(message).slice(0, 500);
}
