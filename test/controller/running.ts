/** A real controller in this process, with its folder, and agents that connect to it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  connectController,
  type ControllerChannel,
} from '../../agent/channel/connect-controller.ts';
import { systemClock } from '../../agent/adapters/system-clock/system-clock.ts';
import type { ControllerStatus, NodesAnswer, PushAnswer } from '../../controller/api/routes.ts';
import type { NodeView } from '../../controller/app/nodes/node-view.ts';
import { hostHere } from '../../controller/adapters/embedded-store/host-here.ts';
import { startController, type RunningController } from '../../controller/compose.ts';
import type { ControllerSettings } from '../../controller/settings.ts';
import { silentLogger, type Logger } from '../../runtime/log/logger.ts';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import type { FollowedAgent } from '../../agent/app/agent.ts';

export const token = 'a-token-for-tests-only';

type ChannelSettings = Parameters<typeof connectController>[1];

export class Lab {
  readonly folder: string;
  readonly tokenFile: string;
  readonly socket: string;
  controller: RunningController | undefined;
  private readonly channels: ControllerChannel[] = [];

  static async make(): Promise<Lab> {
    const lab = new Lab(await mkdtemp(path.join(tmpdir(), 'calico-controller-')));
    await writeFile(lab.tokenFile, `${token}\n`, { mode: 0o600 });
    return lab;
  }

  private constructor(folder: string) {
    this.folder = folder;
    this.tokenFile = path.join(folder, 'token');
    this.socket = path.join(folder, 'controller.sock');
  }

  settings(more: Partial<ControllerSettings> = {}): ControllerSettings {
    return {
      cluster: 'default',
      listen: '127.0.0.1:0',
      tokenFile: this.tokenFile,
      plaintextBeyondLoopback: false,
      stateDirectory: path.join(this.folder, 'state'),
      socket: this.socket,
      ...more,
    };
  }

  async start(
    more: Partial<ControllerSettings> = {},
    logger: Logger = silentLogger,
  ): Promise<void> {
    this.controller = await startController(this.settings(more), logger, { openHost: hostHere });
  }

  /** As start, and the controller accepts no shared token. */
  async startWithoutToken(
    more: Partial<ControllerSettings> = {},
    logger: Logger = silentLogger,
  ): Promise<void> {
    const { tokenFile: _token, ...settings } = this.settings(more);
    this.controller = await startController(settings, logger, { openHost: hostHere });
  }

  get listen(): string {
    if (this.controller === undefined) throw new Error('the controller does not run');
    return this.controller.listen;
  }

  connect(
    agent: FollowedAgent,
    more: Partial<ChannelSettings> = {},
    logger = silentLogger,
  ): ControllerChannel {
    const settings = { url: `ws://${this.listen}`, tokenFile: this.tokenFile, ...more };
    return this.connectWith(agent, settings, logger);
  }

  /** Presents only what the settings name. */
  connectWith(
    agent: FollowedAgent,
    given: ChannelSettings,
    logger = silentLogger,
  ): ControllerChannel {
    const settings = { reconnect: { baseSeconds: 0.05, capSeconds: 0.2 }, ...given };
    const channel = connectController(agent, settings, {
      logger,
      random: Math.random,
      clock: systemClock,
      timing: { statusMs: 1, lostText: { patienceMs: 20, everyMs: 60_000 } },
    });
    this.channels.push(channel);
    return channel;
  }

  async stopController(): Promise<void> {
    await this.controller?.stop();
    this.controller = undefined;
  }

  async close(): Promise<void> {
    await Promise.all(this.channels.map((channel) => channel.stop()));
    await this.stopController();
    await rm(this.folder, { recursive: true, force: true });
  }

  async push(text: string, waitSeconds?: number): Promise<PushAnswer> {
    const wait = waitSeconds === undefined ? '' : `&wait=${String(waitSeconds)}`;
    return this.ask<PushAnswer>('PUT', `/v1/config?by=test${wait}`, text);
  }

  async node(name: string): Promise<NodeView | undefined> {
    const { nodes } = await this.ask<NodesAnswer>('GET', '/v1/nodes');
    return nodes.find((node) => node.name === name);
  }

  status(): Promise<ControllerStatus> {
    return this.ask<ControllerStatus>('GET', '/v1/status');
  }

  async ask<T>(
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    resource: string,
    body?: string,
  ): Promise<T> {
    const client = createUnixHttpClient(this.socket, { startHint: 'the test' });
    const answer = await client.request({
      method,
      path: resource,
      timeoutMs: 120_000,
      ...(body === undefined ? {} : { body, mediaType: 'application/yaml' }),
    });
    const document: T = JSON.parse(answer.body);
    return document;
  }
}

/** A configuration in the charm's options without any finding. */
export function configWith(asNumber: number): string {
  return `global-as-number: ${String(asNumber)}\n`;
}
