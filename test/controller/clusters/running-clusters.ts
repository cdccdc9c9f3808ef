/** A real controller of several clusters in this process, with its folder, and agents that connect to it. */
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { OpenHost } from '../../../controller/adapters/embedded-store/database-host.ts';
import { hostHere } from '../../../controller/adapters/embedded-store/host-here.ts';
import type {
  ClustersAnswer,
  ClusterView,
} from '../../../controller/api/clusters/shared-routes.ts';
import type { PushAnswer } from '../../../controller/api/routes.ts';
import { startController, type RunningController } from '../../../controller/compose.ts';
import type { ClusterSettings, SeveralClusters } from '../../../controller/settings.ts';
import { systemClock } from '../../../agent/adapters/system-clock/system-clock.ts';
import {
  connectController,
  type ControllerChannel,
} from '../../../agent/channel/connect-controller.ts';
import { createUnixHttpClient, type ClientRequest } from '../../../runtime/http/unix-client.ts';
import { silentLogger, type Logger } from '../../../runtime/log/logger.ts';
import type { MemoryAgent } from '../../support/twins/memory-agent.ts';
import { configWith } from '../running.ts';

type Settings = Parameters<typeof connectController>[1];

export class Clusters {
  controller: RunningController | undefined;
  readonly folder: string;
  private readonly channels: ControllerChannel[] = [];

  constructor(folder: string) {
    this.folder = folder;
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  async token(name: string, text = `the-token-of-${name}-only`): Promise<string> {
    const file = this.file(`${name}.token`);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  }

  settings(name: string, more: Partial<ClusterSettings> = {}): ClusterSettings {
    const stateDirectory = this.file(name);
    const listen = '127.0.0.1:0';
    return { cluster: name, listen, plaintextBeyondLoopback: false, stateDirectory, ...more };
  }

  async start(
    clusters: readonly ClusterSettings[],
    { timing, ...more }: Partial<SeveralClusters> = {},
    logger: Logger = silentLogger,
    openHost: OpenHost = hostHere,
  ): Promise<void> {
    const settings = {
      socket: this.file('controller.sock'),
      clusters,
      ...more,
      // A slow machine must not have clusters that are still starting.
      timing: { startMs: 120_000, ...timing },
    };
    this.controller = await startController(settings, logger, { openHost });
  }

  listen(name: string): string {
    const listen = this.controller?.listens.get(name);
    if (listen === undefined) throw new Error(`the cluster ${name} is not served`);
    return listen;
  }

  connect(agent: MemoryAgent, settings: Settings, logger = silentLogger): ControllerChannel {
    const reconnect = { baseSeconds: 0.05, capSeconds: 0.2 };
    const channel = connectController(
      agent,
      { reconnect, ...settings },
      {
        logger,
        random: Math.random,
        clock: systemClock,
        timing: { statusMs: 1, lostText: { patienceMs: 20, everyMs: 60_000 } },
      },
    );
    this.channels.push(channel);
    return channel;
  }

  async request(request: ClientRequest): Promise<string> {
    const client = createUnixHttpClient(this.file('controller.sock'), { startHint: '' });
    return (await client.request({ timeoutMs: 120_000, ...request })).body;
  }

  async get<T>(resource: string): Promise<T> {
    const answer: T = JSON.parse(await this.request({ method: 'GET', path: resource }));
    return answer;
  }

  async push(name: string, asNumber: number): Promise<PushAnswer> {
    const answer: PushAnswer = JSON.parse(
      await this.request({
        method: 'PUT',
        path: `/clusters/${name}/v1/config?by=test&wait=60`,
        body: configWith(asNumber),
        mediaType: 'application/yaml',
      }),
    );
    return answer;
  }

  async view(name: string): Promise<ClusterView | undefined> {
    const { clusters } = await this.get<ClustersAnswer>('/v1/clusters');
    return clusters.find((one) => one.name === name);
  }

  async close(): Promise<void> {
    await Promise.all(this.channels.map((channel) => channel.stop()));
    await this.controller?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
