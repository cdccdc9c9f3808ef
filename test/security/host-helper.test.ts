/**
 * The built helper that may edit files of the platform, as systemd starts it: one process for each
 * connection. It never gets a request that it may carry out here; writing is attacked in a folder that
 * stands for the machine.
 */
import { expect } from 'chai';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { unlinkSync, symlinkSync, watch } from 'node:fs';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  answerRequest,
  type HelperDeps,
} from '../../agent/adapters/host-changes/answer-request.ts';
import { restartService } from '../../agent/adapters/host-changes/restart-service.ts';
import { digestOfFile } from '../../core/platform/due-restarts.ts';
import { eventually } from '../support/eventually.ts';

const mib = 1024 * 1024;
/** MemoryMax of systemd/calico-agent-host@.service. */
const memoryMegabytes = 192;
const unknown = { answer: 'failed', why: 'this is not a request that the helper knows' };
const forbidden =
  '{"action":"remove-file","path":"/etc/calico-agent/not-in-the-list","before":"absent"}\n';

describe('the helper that may edit files, under attack on its socket', function () {
  this.timeout(60_000);
  let folder: string;
  let server: Server;
  let helpers: ChildProcess[];
  let command: readonly string[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-host-attack-'));
    helpers = [];
    command = [process.execPath, '--jitless', path.resolve('dist/calico-agent-host.js')];
    server = createServer({ pauseOnConnect: true }, (connection) => {
      connection.on('error', () => undefined);
      const [program = '', ...args] = command;
      helpers.push(spawn(program, args, { stdio: [connection, connection, 'ignore'] }));
      // The helper has its own copy of it, as from systemd.
      connection.destroy();
    });
    server.listen(path.join(folder, 'host.sock'));
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
    const socket = connect(path.join(folder, 'host.sock'));
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
  const ask = async (text: string): Promise<unknown> => {
    const { socket, answer } = await client();
    socket.write(text);
    return JSON.parse(await answer);
  };
  const allEnded = (): Promise<void> =>
    eventually(() => {
      const running = helpers.filter(
        ({ exitCode, signalCode }) => (exitCode ?? signalCode) === null,
      );
      expect(running).to.deep.equal([]);
    });
  const expectProperAnswer = async (): Promise<void> => {
    expect(await ask(forbidden))
      .to.have.property('why')
      .that.contains('it is not in the list of files');
  };

  const texts: Readonly<Record<string, string>> = {
    'bytes that are no text': '\u0000\u0001\u00ff\n',
    'a deep value': `${'['.repeat(100_000)}\n`,
    'a request with more than it may have': forbidden.replace('}', ',"mode":511}'),
    'a digest that is none': forbidden.replace('absent', '*'),
    'a path that is not absolute': forbidden.replace('"/etc', '"etc'),
    'a request with another behind it, and no line end': `${forbidden}{"action":`,
    'half a line of a client that stays': '{"action":"write-file"',
    'nothing from a client that stays': '',
  };
  for (const [what, text] of Object.entries(texts)) {
    it(`refuses ${what}, and ends`, async () => {
      expect(await ask(text)).to.deep.equal(unknown);
      await allEnded();
      await expectProperAnswer();
    });
  }

  it('restarts no service that is not in its list', async () => {
    const services = ['ssh.service', 'k3s', 'k3s.service ssh.service', '--all', '../k3s.service'];
    for (const service of ['', 'k3s.service\n', '*', ...services]) {
      const answer = await ask(`${JSON.stringify({ action: 'restart-service', service })}\n`);
      expect(answer, service).to.have.property('why').that.contains('not in the list of services');
    }
  });

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
    expect(sent).to.be.below(20);
    expect(peak).to.be.below(memoryMegabytes);
    await allEnded();
    await expectProperAnswer();
  });

  it('keeps its memory at the largest request that it can read', async () => {
    const file = '/etc/calico-agent/not-in-the-list';
    const text = '\n'.repeat(4 * mib);
    const request = { action: 'write-file', path: file, before: 'absent', text };
    const { socket, answer } = await client();
    socket.write(`${JSON.stringify(request)}\n`);
    let peak = 0;
    while (!socket.closed) {
      peak = Math.max(peak, await residentMegabytes(helpers[0]));
      await Promise.race([pause(10), answer]);
    }
    expect(JSON.parse(await answer))
      .to.have.property('why')
      .that.contains('not in the list of files');
    expect(peak).to.be.within(1, memoryMegabytes);
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

  it('lets one of several writers win, one at a time, and tells the others', async () => {
    const root = path.join(folder, 'root');
    await mkdir(path.join(root, args), { recursive: true });
    await writeFile(path.join(root, args, 'kube-proxy'), '--a=1\n');
    const lock = path.join(folder, 'lock');
    await mkdir(lock);
    const program = path.resolve('test/security/host-helper.child.ts');
    // As ExecStart= of systemd/calico-agent-host@.service.
    const locked = ['flock', '--no-fork', '--wait', '150', lock, process.execPath];
    command = [...locked, '--import', 'tsx', program, root];
    const asked = ['one', 'two', 'three', 'four'].map(async (text) => {
      const request = {
        ...{ action: 'write-file', path: `${args}/kube-proxy` },
        ...{ before: digestOfFile('--a=1\n'), text },
      };
      return { text, answer: await ask(`${JSON.stringify(request)}\n`) };
    });
    const all = await Promise.all(asked);
    const isDone = ({ answer }: { readonly answer: unknown }): boolean =>
      JSON.stringify(answer) === '{"answer":"done"}';
    const winner = all.find(isDone);
    const others = all.filter((one) => one !== winner).map(({ answer }) => answer);
    expect(others).to.deep.equal(Array.from({ length: 3 }, () => ({ answer: 'changed' })));
    expect(await readFile(path.join(root, args, 'kube-proxy'), 'utf8')).to.equal(winner?.text);
    expect(await readdir(path.join(root, args))).to.deep.equal(['kube-proxy']);
  });
});

const args = '/var/snap/microk8s/x1/args';
const proxy = `${args}/kube-proxy`;
const before = '--a=1\n';

describe('the helper that may edit files, with folders that somebody else can write', () => {
  let root: string;
  let victim: string;
  let victimFile: number;
  let deps: HelperDeps;
  const at = (file: string): string => path.join(root, file);

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'calico-agent-host-root-'));
    await mkdir(at(args), { recursive: true });
    await writeFile(at(proxy), before);
    // Whatever is done, these files are to stay as they are.
    victim = at('/victim');
    await mkdir(path.join(victim, 'args'), { recursive: true });
    await writeFile(path.join(victim, 'args/kube-proxy'), before);
    await chmod(path.join(victim, 'args/kube-proxy'), 0o600);
    victimFile = (await stat(path.join(victim, 'args/kube-proxy'))).ino;
    deps = { root, restart: restartService };
  });
  afterEach(async () => {
    expect(await readdir(victim)).to.deep.equal(['args']);
    expect(await readdir(path.join(victim, 'args'))).to.deep.equal(['kube-proxy']);
    const file = path.join(victim, 'args/kube-proxy');
    expect(await readFile(file, 'utf8')).to.equal(before);
    const { mode, ino } = await stat(file);
    expect([mode & 0o7777, ino]).to.deep.equal([0o600, victimFile]);
    await rm(root, { recursive: true });
  });

  const request = (file: string, text: string | undefined, was = before): Promise<unknown> => {
    const digest = was === '' ? 'absent' : digestOfFile(was);
    const what = { path: file, before: digest, ...(text !== undefined && { text }) };
    const action = text === undefined ? 'remove-file' : 'write-file';
    return answerRequest(JSON.stringify({ action, ...what }), deps);
  };
  const refusal = async (file: string): Promise<string> => {
    const answers = await Promise.all([request(file, 'x'), request(file, 'x', '')]);
    for (const answer of [...answers, await request(file, undefined)]) {
      expect(answer, file).to.have.property('answer', 'failed');
    }
    return JSON.stringify(answers[0]);
  };

  it('refuses every path that is not in the list', async () => {
    const paths = [
      '/',
      '/victim/args/kube-proxy',
      `${args}/../../../../../victim/args/kube-proxy`,
      `${args}/./kube-proxy`,
      `/${args}/kube-proxy`,
      `${args}/kube-proxy/`,
      `${args}/kube-proxy\0.yaml`,
      `${args}/cni-network/a\0b`,
      `${args}/cni-network/a\nb`,
      `${args}/cni-network/..`,
      `${args}/cni-network/a/b`,
      `${args}/kube-proxy2`,
      '/var/snap/microk8s/common/args/kube-proxy',
      '/var/snap/microk8s/x1/credentials/client.config',
      '/etc/rancher/k3s/config.yaml',
      '/etc/rancher/k3s/config.yaml.d/../../x.yaml',
      '/etc/rancher/k3s/config.yaml.d/x.sh',
      '/etc/ld.so.preload',
    ];
    for (const file of paths) expect(await refusal(file)).to.contain('not in the list of files');
  });

  it('follows no link out of the list, in whatever part of the path it is', async () => {
    const parts = args.slice(1).split('/');
    for (const [index] of parts.entries()) {
      const part = `/${parts.slice(0, index + 1).join('/')}`;
      const rest = parts.slice(index + 1).join('/');
      await mkdir(at(`/elsewhere/${rest}`), { recursive: true });
      await rename(at(part), at('/aside'));
      for (const target of ['/elsewhere', at('/elsewhere'), `${'../'.repeat(index)}elsewhere`]) {
        await symlink(target, at(part));
        expect(await refusal(proxy), `${part} -> ${target}`).to.contain('a link that leads to');
        await rm(at(part));
      }
      await rename(at('/aside'), at(part));
      const made = await readdir(at(`/elsewhere/${rest}`));
      expect(made.filter((name) => name.includes('kube'))).to.deep.equal([]);
    }
    await rm(at(proxy));
    await symlink('/victim/args/kube-proxy', at(proxy));
    expect(await refusal(proxy)).to.contain('it is a link that leads to /victim/args/kube-proxy');
    expect(await request(`${args}/kubelet`, 'x', '')).to.deep.equal({ answer: 'done' });
  });

  it('refuses links that lead in a circle, hard links, pipes and folders', async () => {
    await rm(at(proxy));
    await symlink('kube-proxy', at(proxy));
    expect(await refusal(proxy)).to.contain('its links lead in a circle');
    await rm(at(proxy));
    await link(path.join(victim, 'args/kube-proxy'), at(proxy));
    expect(await refusal(proxy)).to.contain('hard links');
    await rm(at(proxy));
    execFileSync('mkfifo', [at(proxy)]);
    expect(await refusal(proxy)).to.contain('it is a named pipe, not a file');
    await rm(at(proxy));
    await mkdir(at(proxy));
    expect(await refusal(proxy)).to.contain('it is a folder, not a file');
    expect(await readdir(at(args))).to.deep.equal(['kube-proxy']);
  });

  it('writes nothing over a text that is not the one that was read', async () => {
    expect(await request(proxy, 'x', '--a=0\n')).to.deep.equal({ answer: 'changed' });
    expect(await request(proxy, 'x', '')).to.deep.equal({ answer: 'changed' });
    expect(await request(proxy, undefined, '--a=0\n')).to.deep.equal({ answer: 'changed' });
    expect(await readFile(at(proxy), 'utf8')).to.equal(before);
    expect(await readdir(at(args))).to.deep.equal(['kube-proxy']);
  });

  it('writes no file that nobody could read back', async () => {
    const answer = await request(proxy, 'ü'.repeat(3 * mib));
    expect(answer).to.have.property('why').that.contains('it would be larger than');
    expect(await readFile(at(proxy), 'utf8')).to.equal(before);
  });

  it('writes nothing elsewhere while a folder above is replaced by a link and back', async () => {
    const swapper = spawn(process.execPath, ['-e', swap, at('/var/snap/microk8s/x1'), victim]);
    try {
      await once(swapper.stdout, 'data');
      for (let count = 0; count < 150; count += 1) await request(proxy, before);
    } finally {
      swapper.kill('SIGKILL');
      await once(swapper, 'close');
    }
  });

  it('changes no other file when a link takes the place of the new one', async () => {
    const target = path.join(victim, 'args/kube-proxy');
    await chmod(at(proxy), 0o644);
    const watcher = watch(at(args), (_, name) => {
      if (name?.endsWith('.unfinished') !== true) return;
      try {
        unlinkSync(path.join(at(args), name));
        symlinkSync(target, path.join(at(args), name));
        watcher.close();
      } catch {
        // It had its place already.
      }
    });
    try {
      await request(proxy, '--a=2\n');
    } finally {
      watcher.close();
    }
    expect((await stat(at(proxy))).isFile()).to.equal(true);
    expect(['--a=1\n', '--a=2\n']).to.include(await readFile(at(proxy), 'utf8'));
    expect(await readdir(at(args))).to.deep.equal(['kube-proxy']);
  });
});

/** Puts a link in the place of a folder, and the folder back, again and again. */
const swap = `
  const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
  const [folder, target] = process.argv.slice(1);
  const stay = (until = performance.now() + 0.3) => { while (performance.now() < until); };
  console.log('ready');
  for (;;) {
    stay();
    renameSync(folder, folder + '.aside');
    symlinkSync(target, folder);
    stay();
    unlinkSync(folder);
    renameSync(folder + '.aside', folder);
  }
`;

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
