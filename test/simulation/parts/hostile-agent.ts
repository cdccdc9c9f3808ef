/**
 * A program with a valid certificate of its own that sends whatever it likes: garbage, floods, the
 * names of others, and answers to what nobody sent.
 */
import type { SimNetwork } from '../stand-ins/sim-network.ts';
import { SimProcess } from '../world/sim-process.ts';

export const hostileName = 'evil-0';

export interface HostileDeps {
  readonly network: SimNetwork;
  readonly cluster: string;
  /** The names of the honest nodes. */
  readonly victims: readonly string[];
}

export function startHostile({ network, cluster, victims }: HostileDeps): SimProcess {
  const { world } = network;
  const process = new SimProcess(world, hostileName);
  const connect = (): void => {
    const to = world.pick([...network.servers.keys()]);
    if (to === undefined) return void process.after(1000, connect);
    const socket = network.dial(process, to);
    const digest = `sha256:${'e'.repeat(64)}`;
    const lineage = `controller:${cluster}`;
    const honest = (node: string): unknown => ({
      ...{
        type: 'hello',
        formatVersion: 1,
        cluster,
        node,
        instance: 'evil',
        agentVersion: '9',
      },
      capabilities: ['retry', 'push-terms', 'person-confirm', 'made-up'],
      facts: {
        name: node,
        addresses: [`10.0.0.${String(world.between(10, 14))}/24`],
      },
      revisions: {
        accepted: { lineage, number: world.between(1, 9000), digest },
        rejected: [],
      },
    });
    let lastConfig: Record<string, unknown> = { lineage, number: 1, digest };
    const words: readonly (() => unknown)[] = [
      () => honest(hostileName),
      () => honest(hostileName),
      () => honest(world.pick(victims) ?? hostileName),
      () => ({ type: 'ack', ...lastConfig, stage: 'confirmed' }),
      () => ({ type: 'ack', ...lastConfig, stage: 'received' }),
      () => ({
        type: 'nack',
        ...lastConfig,
        code: 'digest-unknown',
        message: '',
        issues: [],
      }),
      () => ({ type: 'pong', id: world.between(0, 5) }),
      () => ({ type: 'ping', id: world.between(0, 5) }),
      () => ({ type: 'status', changed: { revisions: null, made: 'up' } }),
      () => ({ type: 'of-tomorrow', x: 'y'.repeat(world.between(1, 20_000)) }),
      () => '{',
      () => null,
    ];
    const speak = (): void => {
      if (socket.readyState !== socket.OPEN) return;
      const isFlood = world.chance(0.05);
      for (let left = isFlood ? 1200 : 1; left > 0; left -= 1) {
        const word = isFlood ? { type: 'ping', id: left } : world.pick(words)?.();
        socket.send(typeof word === 'string' ? word : JSON.stringify(word), {});
      }
      process.after(world.between(1, 3000), speak);
    };
    socket.on('message', (data: Buffer) => {
      const message: Readonly<Record<string, unknown>> = JSON.parse(data.toString());
      if (message['type'] !== 'config') return;
      const { number, digest: given } = message;
      lastConfig = { lineage, number, digest: given };
    });
    socket.on('error', () => undefined);
    socket.once('open', () => {
      if (world.chance(0.1)) return;
      const names = [hostileName, hostileName, hostileName, world.pick(victims)];
      const name = world.chance(0.9) ? world.pick(names) : undefined;
      if (name !== undefined) socket.send(JSON.stringify(honest(name)), {});
      speak();
    });
    // Some of the time it reads nothing.
    if (world.chance(0.2)) socket.pause();
    socket.once('close', () => void process.after(world.between(1, 5000), connect));
    process.after(world.between(1000, 30_000), () => socket.terminate());
  };
  process.in(connect);
  return process;
}
