import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeAuthority } from '../../../controller/adapters/authority/make-authority.ts';
import { serveAgents } from '../../../controller/channel/agents-server.ts';
import { createClientAddresses } from '../../../controller/channel/relay/client-addresses.ts';
import { loadTicketKeys } from '../../../controller/channel/ticket-keys.ts';
import { createGate } from '../../../runtime/pacing/gate.ts';
import { createTurns } from '../../../runtime/pacing/spread.ts';

const dayMs = 86_400_000;

describe('the keys of TLS sessions', () => {
  let folder: string;
  let file: string;
  let now: number;
  let warned: string[];
  const logger = { warn: (message: string): void => void warned.push(message) };
  const load = () => loadTicketKeys(folder, logger, () => now);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-tickets-'));
    file = path.join(folder, 'tls-ticket-keys');
    [now, warned] = [Date.parse('2026-05-01T10:00:00Z'), []];
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('stay over a restart, and are replaced after a week', async () => {
    const first = await load();
    const keys = first.current();
    now += 6 * dayMs;
    const again = await load();
    expect(again.current()).to.deep.equal(keys);
    expect(await again.replaceIfDue()).to.equal(false);
    now += dayMs;
    expect(await again.replaceIfDue()).to.equal(true);
    expect(again.current()).not.to.deep.equal(keys);
    expect((await load()).current()).to.deep.equal(again.current());
    expect(await again.replaceIfDue()).to.equal(false);
    expect(warned).to.deep.equal([]);
  });

  it('of an earlier version are used, and soon replaced', async () => {
    const text = Buffer.alloc(48, 7).toString('base64');
    await writeFile(file, `1 ${text}\n`);
    const keys = await load();
    expect(keys.current().toString('base64')).to.equal(text);
    expect(await keys.replaceIfDue()).to.equal(true);
    expect(await readFile(file, 'utf8')).to.match(/^2 \S{64} 2026-05-01T10:00:00.000Z\n$/);
  });

  it('are replaced if a clock that was ahead made them', async () => {
    now += 1000 * dayMs;
    await load();
    now -= 1000 * dayMs;
    expect(await (await load()).replaceIfDue()).to.equal(true);
  });

  it('stay as they were where the disk does not take new ones, which is said once', async () => {
    const keys = await load();
    const before = keys.current();
    await rm(file);
    // Something that a file cannot replace.
    await mkdir(path.join(file, 'x'), { recursive: true });
    now += 8 * dayMs;
    expect(await keys.replaceIfDue()).to.equal(false);
    expect(await keys.replaceIfDue()).to.equal(false);
    expect(keys.current()).to.equal(before);
    expect(warned).to.have.length(1);
    expect(warned[0]).to.contain('the keys of TLS sessions stay as they were');
  });

  it('end the sessions from before when the running server gets new ones', async () => {
    const authority = path.join(folder, 'authority');
    const names = ['127.0.0.1'];
    await makeAuthority({ folder: authority, cluster: 'default', names, now: Date.now() });
    const [cert, key, ca] = await Promise.all(
      ['server.pem', 'server.key', 'authority.pem'].map((name) =>
        readFile(path.join(authority, name), 'utf8'),
      ),
    );
    let current = Buffer.alloc(48, 1);
    let replaced = (): void => undefined;
    let isEnded = false;
    const server = await serveAgents({
      address: { host: '127.0.0.1', port: 0 },
      tls: { cert: cert ?? '', key: key ?? '' },
      ticketKeys: {
        current: () => current,
        follow: (listener) => {
          replaced = listener;
          return () => void (isEnded = true);
        },
      },
      admit: () => ({ ok: false, refusal: { status: 401 } }),
      maxAgents: 10,
      maxAgentsPerAddress: 10,
      maxHalfBytes: 1024,
      strangers: { max: 10, ms: 60_000 },
      turns: createTurns(),
      gate: createGate(createTurns()),
      isAwaited: () => false,
      clients: createClientAddresses(),
      refused: () => undefined,
      connected: () => undefined,
    });
    const { port } = server.address;
    let session: Buffer | undefined;
    const isResumed = async (): Promise<boolean> => {
      const socket: TLSSocket = connect({
        host: '127.0.0.1',
        port,
        ca,
        ...(session && { session }),
      });
      const found = once(socket, 'session');
      await once(socket, 'secureConnect');
      const reused = socket.isSessionReused();
      // A resumed session goes on with the ticket that it has.
      if (!reused) [session] = await found;
      socket.destroy();
      return reused;
    };
    expect(await isResumed()).to.equal(false);
    expect(await isResumed()).to.equal(true);
    current = Buffer.alloc(48, 2);
    replaced();
    expect(await isResumed()).to.equal(false);
    expect(await isResumed()).to.equal(true);
    await server.close();
    expect(isEnded).to.equal(true);
  });
});
