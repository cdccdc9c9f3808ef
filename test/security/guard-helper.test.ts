/** The built helper that may change routes, as systemd starts it: one process for each connection. */
import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../support/eventually.ts';

const mib = 1024 * 1024;
/** MemoryMax of systemd/calico-agent-guard@.service. */
const memoryMegabytes = 128;
const proper = '{"action":"begin","seconds":60}\n';

describe('the helper that may change routes, under attack on its socket', function () {
  this.timeout(60_000);
  let folder: string;
  let server: Server;
  let helpers: ChildProcess[];
  const socketPath = (): string => path.join(folder, 'guard.sock');

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-guard-attack-'));
    const agentYaml = '{apiVersion: calico-agent/v1, kind: AgentConfig, changes: {guard: never}}';
    await writeFile(path.join(folder, 'agent.yaml'), agentYaml);
    helpers = [];
    server = createServer({ pauseOnConnect: true }, (connection) => {
      connection.on('error', () => undefined);
      const program = ['--jitless', path.resolve('dist/calico-agent-guard.js')];
      const env = { CREDENTIALS_DIRECTORY: folder };
      helpers.push(
        spawn(process.execPath, program, { env, stdio: [connection, connection, 'ignore'] }),
      );
      // The helper has its own copy of it, as from systemd.
      connection.destroy();
    });
    server.listen(socketPath());
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const helper of helpers) helper.kill('SIGKILL');
    server.close();
    await rm(folder, { recursive: true });
  });

  /** Connects, and collects what comes. */
  const client = async (): Promise<{
    readonly socket: Socket;
    readonly answer: Promise<string>;
  }> => {
    const socket = connect(socketPath());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const answer = new Promise<string>((resolve) => {
      socket.once('close', () => resolve(text));
    });
    return { socket, answer };
  };
  const allEnded = (): Promise<void> =>
    eventually(() => {
      const running = helpers.filter(
        ({ exitCode, signalCode }) => (exitCode ?? signalCode) === null,
      );
      expect(running).to.deep.equal([]);
    });
  const expectProperAnswer = async (): Promise<void> => {
    const { socket, answer } = await client();
    socket.write(proper);
    expect(JSON.parse(await answer)).to.include({ answer: 'never' });
  };
  const refused = { answer: 'failed', why: 'this is not a request that the helper knows' };

  const texts: Readonly<Record<string, string>> = {
    'bytes that are no text': '\u0000\u0001\u00ff\n',
    'a deep value': `${'['.repeat(100_000)}\n`,
    'a request with words for ip': '{"action":"begin","seconds":60,"table":"main; reboot"}\n',
    'a negative time': '{"action":"begin","seconds":-1}\n',
    'half a line': '{"action":"begin"',
    nothing: '',
  };
  for (const [what, text] of Object.entries(texts)) {
    it(`refuses ${what}, and ends`, async () => {
      const { socket, answer } = await client();
      socket.write(text);
      expect(JSON.parse(await answer)).to.deep.equal(refused);
      await allEnded();
      await expectProperAnswer();
    });
  }

  it('reads no further than the largest request, and keeps its memory', async () => {
    const { socket, answer } = await client();
    const part = 'x'.repeat(mib);
    let sent = 0;
    let peak = 0;
    const send = async (): Promise<void> => {
      for (; sent < 200 && !socket.destroyed; sent += 1) {
        if (!socket.write(part)) await Promise.race([drained(socket), answer]);
        peak = Math.max(peak, await residentMegabytes(helpers[0]));
      }
    };
    await Promise.all([send(), answer]);
    expect(sent).to.be.below(10);
    expect(peak).to.be.below(memoryMegabytes);
    await allEnded();
    await expectProperAnswer();
  });

  it('ends for many clients that begin a request and go, or stay and say nothing', async () => {
    const clients = await Promise.all(Array.from({ length: 12 }, client));
    for (const [index, { socket }] of clients.entries()) {
      socket.write('{"action":');
      if (index % 2 === 0) socket.destroy();
    }
    await allEnded();
    await expectProperAnswer();
  });
});

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve);
  });
}

async function residentMegabytes(helper: ChildProcess | undefined): Promise<number> {
  const file = `/proc/${String(helper?.pid)}/status`;
  const text = await readFile(file, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024;
}
