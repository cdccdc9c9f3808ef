/**
 * The main job, by one command: a controller, one agent per node of examples/as-per-rack, a
 * configuration pushed, changed, and a broken one refused. Real processes, sockets and
 * WebSockets; the agents write files into a temporary folder instead of a cluster.
 */
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { runScript, script } from '../build/script.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const example = path.join(root, 'examples/as-per-rack');
const folder = path.join(os.tmpdir(), `calico-agent-demo-${randomBytes(6).toString('hex')}`);
const controllerSocket = path.join(folder, 'controller.sock');
/** For seven processes on a small machine that does other things too. */
const startSeconds = 90;
const daemons: ChildProcess[] = [];

await runScript(
  script(
    'npm run demo',
    'A controller and an agent per node of two racks, and what they do.',
  ).action(async () => {
    await mkdir(folder, { mode: 0o700 });
    try {
      await demo();
    } finally {
      await stopAll();
      await rm(folder, { recursive: true, force: true });
    }
  }),
);

async function demo(): Promise<void> {
  const nodes = await readNodes();
  title(`A controller, and an agent for each of ${String(nodes.length)} nodes`);
  const url = await startController();
  await Promise.all(nodes.map((node) => startAgent(node, url)));
  await untilConnected(nodes.length);
  say(`${String(nodes.length)} agents are connected to ${url}`);

  title('Push the configuration: two racks, an AS number each, two route reflectors in each');
  const config = path.join(example, 'config.yaml');
  await controller('push', config, '--wait');
  await controller('nodes');

  title('What the agent of node-0 wrote');
  await agent('node-0', 'resources');

  title('A change: rack 1 gets AS 64520. The plan of a node of that rack first');
  const changed = await derive('changed.yaml', (text) => text.replaceAll('64513', '64520'));
  await agent('node-2', 'plan', changed);
  await controller('push', changed, '--wait');
  await controller('nodes');

  title('A broken change is refused with its reasons, and the old one stays');
  const broken = await derive('broken.yaml', (text) =>
    text
      .replaceAll('64520', '4294967296')
      .replace('address: 10.0.0.1', 'address: 10.0.0.300')
      .replace('node-to-node-mesh: false', 'node-to-node-mesh: "off"'),
  );
  await controller('push', broken, '--wait');
  await agent('node-2', 'status');

  title('Now you');
  say('node dist/calico-agent.js check examples/route-reflection/config.yaml');
  say(
    'node dist/calico-agent.js render examples/route-reflection/config.yaml --nodes examples/route-reflection/nodes.yaml',
  );
  say('node dist/calico-agent.js --help');
  say('README.md goes on from here: a configuration of your own, an agent on a node.');
}

interface DemoNode {
  readonly name: string;
}

async function readNodes(): Promise<readonly DemoNode[]> {
  const document: unknown = parse(await readFile(path.join(example, 'nodes.yaml'), 'utf8'));
  if (!Array.isArray(document)) throw new Error('examples/as-per-rack/nodes.yaml is not a list');
  return document;
}

async function derive(name: string, change: (text: string) => string): Promise<string> {
  const previous = name === 'broken.yaml' ? path.join(folder, 'changed.yaml') : undefined;
  const text = await readFile(previous ?? path.join(example, 'config.yaml'), 'utf8');
  const file = path.join(folder, name);
  await writeFile(file, change(text));
  return file;
}

/** @returns the address to dial */
async function startController(): Promise<string> {
  const tokenFile = path.join(folder, 'token');
  await writeFile(tokenFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const directory = path.join(folder, 'controller');
  startDaemon('calico-controller', [
    ...['serve', '--listen', '127.0.0.1:0', '--token-file', tokenFile],
    ...['--socket', controllerSocket, '--state-directory', directory, '--log-level', 'warn'],
  ]);
  const status = await answerOf(['status', '-o', 'json'], (text) => text !== '');
  const listen = /"listen":\s*"([^"]+)"/.exec(status)?.[1];
  if (listen === undefined) throw new Error('the controller does not say where it listens');
  return `ws://${listen}`;
}

async function startAgent(node: DemoNode, url: string): Promise<void> {
  const home = path.join(folder, node.name);
  await mkdir(home);
  const document = {
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    node,
    stateDirectory: path.join(home, 'state'),
    socket: agentSocket(node.name),
    statusSocket: path.join(home, 'status.sock'),
    datastore: { driver: 'files', directory: path.join(home, 'resources') },
    controller: {
      url,
      tokenFile: path.join(folder, 'token'),
      reconnect: { baseSeconds: 0.1, capSeconds: 1 },
    },
    log: { level: 'error' },
  };
  const file = path.join(home, 'agent.yaml');
  await writeFile(file, JSON.stringify(document));
  startDaemon('calico-agent', ['run', '--config', file]);
}

function agentSocket(node: string): string {
  return path.join(folder, node, 'agent.sock');
}

function startDaemon(name: string, args: readonly string[]): void {
  const program = path.join(root, 'dist', `${name}.js`);
  daemons.push(spawn(process.execPath, [program, ...args], { stdio: 'inherit' }));
}

async function stopAll(): Promise<void> {
  const running = daemons.filter(
    (daemon) => daemon.exitCode === null && daemon.signalCode === null,
  );
  const ends = running.map((daemon) => once(daemon, 'exit'));
  for (const daemon of running) daemon.kill('SIGTERM');
  await Promise.all(ends);
}

async function untilConnected(count: number): Promise<void> {
  const connected = (text: string): number => text.match(/"connected":\s*true/g)?.length ?? 0;
  await answerOf(['nodes', '-o', 'json'], (text) => connected(text) === count);
}

/** Asks the controller until the answer is the one waited for. */
async function answerOf(
  args: readonly string[],
  isExpected: (text: string) => boolean,
): Promise<string> {
  const deadline = performance.now() + startSeconds * 1000;
  for (;;) {
    const text = await capture('calico-controller', [...args, '--socket', controllerSocket]);
    if (isExpected(text)) return text;
    if (performance.now() > deadline)
      throw new Error(
        `the controller and its agents were not ready within ${String(startSeconds)} s; the last answer of calico-controller ${args.join(' ')} was: ${text}`,
      );
    await wait(50);
  }
}

async function capture(name: string, args: readonly string[]): Promise<string> {
  const program = path.join(root, 'dist', `${name}.js`);
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = await once(child, 'close');
  return code === 0 ? Buffer.concat(chunks).toString() : '';
}

function controller(...args: readonly string[]): Promise<void> {
  return show('calico-controller', args, controllerSocket);
}

function agent(node: string, ...args: readonly string[]): Promise<void> {
  return show('calico-agent', args, agentSocket(node));
}

/** Runs a command as a person would, with its output in sight. */
async function show(name: string, args: readonly string[], socket: string): Promise<void> {
  const shown = args.map((arg) =>
    path.relative(root, arg).startsWith('..') ? arg : arg.replace(root, ''),
  );
  say(`$ ${name} ${shown.join(' ')}`);
  const program = path.join(root, 'dist', `${name}.js`);
  const child = spawn(process.execPath, [program, ...args, '--socket', socket], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0) say(`(exit ${String(code)})`);
}

function title(text: string): void {
  console.log(`\n── ${text}`);
}

function say(text: string): void {
  console.log(text);
}
