import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readHistory } from '../../agent/compose.ts';
import { inFolder, run } from './cli/run-command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = ['--import', 'tsx', path.join(root, 'agent/main.ts')];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...argv: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...program, ...argv], { cwd: root });
}

async function ended(child: ChildProcess, input = ''): Promise<Ended> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
  child.stdin?.end(input);
  await once(child, 'close');
  return { code: child.exitCode, stdout: stdout.join(''), stderr: stderr.join('') };
}

function command(argv: readonly string[], input?: string): Promise<Ended> {
  return ended(start(...argv), input);
}

const config = `
apiVersion: calico-agent/v1
kind: NetworkConfig
bgp: {asNumber: 64512, nodeToNodeMesh: false}
groups:
  - name: rack-0
    match: {subnets: [10.0.0.0/24]}
    peers: [{address: 10.0.0.1, asNumber: 64512}]
`;

/** A daemon with all its files in the folder, stopped at the end. */
async function withDaemon(
  folder: string,
  use: (socket: string) => Promise<void>,
): Promise<number | null> {
  const socket = `${folder}/agent.sock`;
  const settings = {
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    node: { name: 'node-0', addresses: ['10.0.0.2/24'] },
    stateDirectory: `${folder}/state`,
    socket,
    statusSocket: `${folder}/status.sock`,
  };
  await writeFile(`${folder}/agent.yaml`, JSON.stringify(settings));
  const daemon = start('run', '--config', `${folder}/agent.yaml`);
  const end = ended(daemon);
  try {
    await untilListening(daemon);
    await use(socket);
  } finally {
    daemon.kill('SIGTERM');
  }
  return (await end).code;
}

async function untilListening(daemon: ChildProcess): Promise<void> {
  const log: string[] = [];
  for await (const chunk of daemon.stderr?.iterator({ destroyOnReturn: false }) ?? []) {
    log.push(String(chunk));
    if (log.join('').includes('listening')) return;
  }
  expect.fail(`the daemon did not start: ${log.join('')}`);
}

describe('the program calico-agent', function () {
  this.timeout(60_000);

  it('ends with 2 and a sentence after wrong usage', async () => {
    const { code, stdout, stderr } = await command(['chek']);
    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.contain("unknown command 'chek'\n(Did you mean check?)");
  });

  it('reads stdin', async () => {
    const { code, stdout } = await command(['check', '-'], config);
    expect(code).to.equal(0);
    expect(stdout).to.contain('stdin is valid: a NetworkConfig, 1 subnet, 1 peer');
  });

  it('ends quietly when the reader of its output has read enough', async () => {
    await inFolder(async (folder) => {
      const nodes = Array.from(
        { length: 3000 },
        (_none, index) =>
          `- {name: node-${String(index)}, addresses: [10.1.${String(index >> 8)}.${String(index & 255)}/16]}`,
      );
      await writeFile(`${folder}/nodes.yaml`, nodes.slice(1).join('\n'));
      await writeFile(`${folder}/config.yaml`, config);
      const child = start('render', `${folder}/config.yaml`, '--nodes', `${folder}/nodes.yaml`);
      const stderr: string[] = [];
      child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
      child.stdout?.once('data', () => child.stdout?.destroy());
      await once(child, 'close');
      expect(stderr.join('')).not.to.contain('EPIPE');
      expect(child.exitCode).to.equal(0);
    });
  });

  it('explains what is wrong with the settings of the daemon, without a stack trace', async () => {
    await inFolder(async (folder) => {
      await writeFile(
        `${folder}/agent.yaml`,
        'apiVersion: calico-agent/v1\nkind: AgentConfig\nsokket: x\n',
      );
      const { code, stderr } = await command(['run', '--config', `${folder}/agent.yaml`]);
      expect(code).to.equal(2);
      expect(stderr)
        .to.contain('unknown key "sokket"')
        .and.not.match(/^\s+at /m);
    });
  });

  it('names every fault of settings that a command reads', () =>
    inFolder(async (folder) => {
      const file = path.join(folder, 'agent.yaml');
      const head = 'apiVersion: calico-agent/v1\nkind: AgentConfig\n';
      await writeFile(file, `${head}datastore: {driver: etcd, endpoints: ["10.0.0.1"], x: 1}\n`);
      const { code, stdout, stderr } = await command(['export', '--config', file]);
      expect([code, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.contain(`${file}:3:39: error: "endpoints" entry 1 must be the address`);
      expect(stderr).to.contain(`${file}:3:52: error: unknown key "x"`);
      expect(stderr).to.match(/\ncalico-agent: cannot use ".*agent\.yaml": it has errors\n$/);
    }));

  it('names the setting that leads to no etcd, and shows no internals of Node', () =>
    inFolder(async (folder) => {
      // Node warns of a deprecated name for TLS when the server is an address.
      const plain = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
      await once(plain, 'listening');
      const file = path.join(folder, 'agent.yaml');
      const exported = async (datastore: string): Promise<string> => {
        const head = 'apiVersion: calico-agent/v1\nkind: AgentConfig\n';
        await writeFile(
          file,
          `${head}datastore: {driver: etcd, timeoutSeconds: 5, ${datastore}}\n`,
        );
        return (await command(['export', '--config', file])).stderr;
      };
      const address = plain.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      const tls = `endpoints: ["https://127.0.0.1:${String(address.port)}"]`;
      expect(await exported(tls)).to.match(/^calico-agent: cannot use etcd at https:.*\n$/);
      expect(await exported('endpoints: ["http://127.0.0.1:99999"]')).to.contain(
        '"http://127.0.0.1:99999" is not an endpoint: write https://HOST:PORT',
      );
      const fileOf = (name: string): string => `${tls}, caFile: ${name}`;
      expect(await exported(fileOf('ca.pem'))).to.contain(
        `cannot read caFile "ca.pem", which is relative to "${process.cwd()}": no such file`,
      );
      expect(await exported(fileOf(folder))).to.contain(
        `cannot read caFile "${folder}": it is a folder, not a file`,
      );
      plain.close();
    }));

  it('contains the daemon and its commands', async () => {
    await inFolder(async (folder) => {
      await writeFile(`${folder}/config.yaml`, config);
      const exit = await withDaemon(folder, async (socket) => {
        const at = ['--socket', socket] as const;
        const plan = await run(['plan', `${folder}/config.yaml`, ...at]);
        expect([plan.status, plan.stderr]).to.deep.equal([0, '']);
        expect(plan.stdout).to.contain('10.0.0.1');

        const apply = await run(['apply', '-', '--wait', ...at], { input: config });
        expect(apply.stderr).to.equal('');
        expect(apply.stdout).to.match(
          /^local:node-0#1 \(sha256:\w{8}\) is applied and confirmed\n$/,
        );

        const again = await run(['plan', ...at, '-o', 'json']);
        expect(JSON.parse(again.stdout)).to.have.nested.property('plan.steps').that.deep.equals([]);

        const status = await run(['status', ...at]);
        expect(status.stdout)
          .to.match(/^state +in force: /m)
          .and.match(/^peers +10.0.0.1 AS 64512$/m);
        expect(status.stdout).to.match(
          /^datastore +files: written to files, not applied to a cluster: /m,
        );

        const peers = await run(['peers', ...at]);
        expect(peers.stdout).to.match(/^10\.0\.0\.1 +64512 +group rack-0/m);

        const resources = await run(['resources', ...at]);
        expect(resources.stdout).to.contain('kind: BGPConfiguration');

        const refused = await run(['apply', '-', ...at], { input: config.replace('64512', '0') });
        expect([refused.status, refused.stdout]).to.deep.equal([2, '']);
        expect(refused.stderr).to.contain('stdin:4:17: error: ').and.contain(': it has an error\n');

        const reading = await run(['history', '--socket', `${folder}/status.sock`]);
        expect(reading.stdout).to.match(
          /^local:node-0#1 .* accepted, in-force, confirmed +applied, /m,
        );
      });
      expect(exit).to.equal(0);

      const argv = ['history', '--socket', `${folder}/agent.sock`];
      const dead = await run([...argv, '--state-directory', `${folder}/state`], { readHistory });
      expect(dead.status).to.equal(0);
      expect(dead.stderr).to.contain('no daemon answers');
      expect(dead.stdout).to.match(/^local:node-0#1 .* accepted, in-force, confirmed +applied, /m);
    });
  });
});
