import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { answerRequest } from '../../../../agent/adapters/host-changes/answer-request.ts';
import { createHelpedHostWriter } from '../../../../agent/adapters/host-changes/helped-host-writer.ts';
import { writeHostFile } from '../../../../agent/adapters/host-changes/write-host-file.ts';
import { digestOfFile } from '../../../../core/platform/due-restarts.ts';

const args = '/var/snap/microk8s/x1/args';
const proxy = '/var/snap/microk8s/current/args/kube-proxy';
const dropIn = '/etc/rancher/k3s/config.yaml.d/90-calico-agent.yaml';
const isRoot = process.getuid?.() === 0;

describe('writing files of the platform', () => {
  let root: string;
  const at = (file: string): string => path.join(root, file);
  const real = (): string => at(`${args}/kube-proxy`);

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'host-root-'));
    await mkdir(at(args), { recursive: true });
    await symlink('x1', at('/var/snap/microk8s/current'));
    await writeFile(real(), '--a=1\n');
    await chmod(real(), 0o640);
    await mkdir(at('/etc/rancher/k3s'), { recursive: true });
  });

  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  const write = (file: string, before: string | undefined, text?: string): Promise<boolean> =>
    writeHostFile(root, {
      path: file,
      before: digestOfFile(before),
      ...(text !== undefined && { text }),
    });

  it('keeps mode and owner, and leaves no other file behind', async () => {
    if (isRoot) execFileSync('chown', ['1234:5678', real()]);
    const { uid, gid } = await stat(real());
    expect(await write(proxy, '--a=1\n', '--a=2\n')).to.equal(true);
    expect(await readFile(real(), 'utf8')).to.equal('--a=2\n');
    const after = await stat(real());
    expect([after.mode & 0o777, after.uid, after.gid]).to.deep.equal([0o640, uid, gid]);
    expect(await readdir(at(args))).to.deep.equal(['kube-proxy']);
  });

  it('lets no new text run as the owner or the group of the file', async () => {
    await chmod(real(), 0o7755);
    expect(await write(proxy, '--a=1\n', '--a=2\n')).to.equal(true);
    expect((await stat(real())).mode & 0o7777).to.equal(0o755);
  });

  it('keeps extended attributes', async function () {
    try {
      execFileSync('setfattr', ['-n', 'user.note', '-v', 'mine', real()], { stdio: 'pipe' });
    } catch {
      this.skip();
    }
    await write(proxy, '--a=1\n', '--a=2\n');
    const shown = execFileSync('getfattr', ['--only-values', '-n', 'user.note', real()], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(shown).to.equal('mine');
  });

  it('writes through a link, which stays', async () => {
    await writeFile(at(`${args}/real`), '--a=1\n');
    await rm(real());
    await symlink('kubelet', real());
    await writeFile(at(`${args}/kubelet`), '--a=1\n');
    expect(await write(proxy, '--a=1\n', '--a=2\n')).to.equal(true);
    expect(await readFile(at(`${args}/kubelet`), 'utf8')).to.equal('--a=2\n');
    expect(execFileSync('readlink', [real()], { encoding: 'utf8' })).to.equal('kubelet\n');
  });

  it('keeps a BOM and CRLF as they are compared', async () => {
    await writeFile(real(), '\uFEFF--a=1\r\n');
    expect(await write(proxy, '--a=1\r\n', 'x')).to.equal(false);
    expect(await write(proxy, '\uFEFF--a=1\r\n', '\uFEFF--a=2\r\n')).to.equal(true);
    expect(await readFile(real(), 'utf8')).to.equal('\uFEFF--a=2\r\n');
  });

  it('leaves a file that somebody changed since it was read', async () => {
    expect(await write(proxy, '--a=0\n', '--a=2\n')).to.equal(false);
    expect(await write(proxy, undefined, '--a=2\n')).to.equal(false);
    expect(await write(proxy, '--a=0\n')).to.equal(false);
    expect(await readFile(real(), 'utf8')).to.equal('--a=1\n');
    expect(await readdir(at(args))).to.deep.equal(['kube-proxy']);
  });

  it('makes a new file with the folder of drop-ins, and removes it', async () => {
    expect(await write(dropIn, undefined, 'a: 1\n')).to.equal(true);
    expect((await stat(at(dropIn))).mode & 0o777).to.equal(0o600);
    expect(await write(dropIn, 'a: 1\n')).to.equal(true);
    expect(await readdir(at('/etc/rancher/k3s/config.yaml.d'))).to.deep.equal([]);
  });

  it('makes a folder that others may list, also under the umask of the helper', async () => {
    const before = process.umask(0o077);
    try {
      await writeHostFile(root, { path: dropIn, before: 'absent', text: 'a: 1\n' });
    } finally {
      process.umask(before);
    }
    const folder = await stat(path.join(root, path.dirname(dropIn)));
    expect(folder.mode & 0o777).to.equal(0o755);
  });

  it('removes what a killed helper left behind', async () => {
    await writeFile(at(`${args}/.kube-proxy.1.unfinished`), 'half');
    await write(proxy, '--a=1\n', '--a=2\n');
    expect(await readdir(at(args))).to.deep.equal(['kube-proxy']);
  });

  const refused: readonly (readonly [name: string, file: string])[] = [
    ['a file of another program', '/etc/passwd'],
    ['a token of K3s', '/var/lib/rancher/k3s/server/token'],
    ["K3s' own configuration", '/etc/rancher/k3s/config.yaml'],
    ['a path with ..', `${args}/../args/kube-proxy`],
    ['credentials of MicroK8s', '/var/snap/microk8s/current/credentials/client.config'],
  ];
  for (const [name, file] of refused) {
    it(`refuses ${name}`, async () => {
      const fault = await write(file, undefined, 'x').then(String, String);
      expect(fault).to.include(`cannot write "${file}": it is not in the list`);
    });
  }

  it('refuses a link that leads elsewhere', async () => {
    await rm(real());
    await writeFile(at('/etc/passwd'), 'root\n');
    await symlink('/etc/passwd', real());
    const fault = await write(proxy, 'root\n', 'x').then(String, String);
    expect(fault).to.include('it is a link that leads to /etc/passwd');
    expect(await readFile(at('/etc/passwd'), 'utf8')).to.equal('root\n');
  });

  it('refuses a file with several names', async () => {
    await link(real(), at(`${args}/other`));
    expect(await write(proxy, '--a=1\n', 'x').then(String, String)).to.include('hard links');
  });

  it('says that a file is immutable', async function () {
    try {
      execFileSync('chattr', ['+i', real()], { stdio: 'pipe' });
    } catch {
      this.skip();
    }
    try {
      const fault = await write(proxy, '--a=1\n', 'x').then(String, String);
      expect(fault).to.include(`cannot write "${proxy}": the kernel does not permit it`);
      expect(await readFile(real(), 'utf8')).to.equal('--a=1\n');
    } finally {
      execFileSync('chattr', ['-i', real()]);
    }
  });

  describe('by the helper', () => {
    let server: Server;
    let socket: string;
    const restarted: string[] = [];

    beforeEach(async () => {
      socket = path.join(root, 'host.sock');
      const restart = (service: string): Promise<void> => {
        restarted.push(service);
        return Promise.resolve();
      };
      server = createServer((connection) => {
        let text = '';
        connection.on('data', (chunk) => {
          text += String(chunk);
          if (!text.endsWith('\n')) return;
          void answerRequest(text, { root, restart }).then((answer) =>
            connection.end(`${JSON.stringify(answer)}\n`),
          );
        });
      });
      await new Promise<void>((resolve) => server.listen(socket, resolve));
    });

    afterEach(() => {
      server.close();
    });

    it('writes, restarts, and says where a file changed meanwhile', async () => {
      const writer = createHelpedHostWriter(socket);
      expect(await writer.obstacle()).to.equal(undefined);
      await writer.write(proxy, digestOfFile('--a=1\n'), '--a=2\n');
      await writer.restart('k3s.service');
      expect(restarted).to.deep.equal(['k3s.service']);
      const fault = await writer.remove(proxy, digestOfFile('--a=1\n')).then(String, (e) => e);
      expect(fault).to.include({ code: 'datastore-conflict', retryable: true });
      const refusal = await writer.write('/etc/passwd', 'absent', 'x').then(String, String);
      expect(refusal).to.include('it is not in the list');
    });

    it('refuses what it does not know', async () => {
      const texts = ['', '{}', '{"action":"run"}', `{"action":"write-file","path":"/x"}`];
      for (const text of texts) {
        expect(await answerRequest(text)).to.deep.equal({
          answer: 'failed',
          why: 'this is not a request that the helper knows',
        });
      }
    });

    it('is named where it does not listen', async () => {
      const writer = createHelpedHostWriter(`${socket}.none`);
      expect(await writer.obstacle()).to.match(/calico-agent-host.socket.* does not listen/);
    });
  });
});
