/**
 * The commands of the documents, from top to bottom, on real parts, and the shown parts of their
 * output.
 */
import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from '../support/servers/free-port.ts';
import { startEtcd, needsEtcd, type RunningEtcd } from '../support/servers/etcd.ts';
import { lacks } from '../support/skips/needs.cjs';
import { needsLxd, startLxd } from '../support/machine/lxd.ts';
import { spawnDaemon, type Daemon } from '../support/machine/daemon.ts';
import { cannotRun, readBlocks, runs, tutorial, type Block, type Place } from './blocks.ts';
import { buildPrograms, makeScratchMachine, type ScratchMachine } from './scratch-machine.ts';

const blocks = await readBlocks();

function blocksAt(...places: readonly Place[]): readonly Block[] {
  return blocks.filter(({ name }) => places.some((place) => runs[name] === place));
}

describe('the commands of the documents', function () {
  this.timeout(300_000);

  it('are all run here, or have a reason why they cannot be', () => {
    const names = blocks.filter(({ file }) => file !== tutorial).map(({ name }) => name);
    const listed = [...Object.keys(runs), ...Object.keys(cannotRun)];
    expect(listed, 'each once').to.have.lengthOf(new Set(listed).size);
    expect(names, 'each has a first line of its own').to.have.lengthOf(new Set(names).size);
    expect(listed).to.have.members(names);
    for (const reason of Object.values(cannotRun)) expect(reason).to.have.length.greaterThan(10);
  });

  let machine: ScratchMachine;
  before(async function () {
    machine = await makeScratchMachine();
    if (spawnSync('curl', ['--version']).error !== undefined) {
      lacks('the program curl', 'curl');
      this.skip();
    }
    await buildPrograms();
  });
  after(() => machine.remove());
  const define = (some: readonly Block[], run: (block: Block) => Promise<string | void>): void => {
    for (const block of some) {
      it(block.name, async () => {
        const printed = await run(block);
        if (block.output !== undefined) expectShown(block.output, printed ?? '');
      });
    }
  };

  describe('in a checkout', () => {
    define(blocksAt('checkout'), ({ text }) => machine.paste(text, { folder: '.' }));
  });

  it('lead from nothing to a confirmed change in the tutorial', async () => {
    const some = blocks.filter(({ file }) => file === tutorial);
    const texts = some.map(({ text }) => `echo '${blockMark}'\n${text}`).join('\n');
    // The port of the document may be taken.
    const port = String(await freePort());
    const serving = texts
      .replaceAll(' serve ', ` serve --listen 127.0.0.1:${port} `)
      .replaceAll(':7843', `:${port}`);
    const printed = (await machine.paste(serving, { folder: '.' }))
      .split(`${blockMark}\n`)
      .slice(1);
    for (const [index, { output }] of some.entries()) {
      if (output !== undefined) expectShown(output, printed[index] ?? '');
    }
  });

  it('are in the README as in the tutorial, with the same plan', async () => {
    const [, shown = ''] =
      /^\$ calico-agent plan without-mesh\.yaml\n(.*?)^```/ms.exec(
        await readFile('README.md', 'utf8'),
      ) ?? [];
    const outputs = blocks.filter(({ file }) => file === tutorial).map(({ output }) => output);
    expect(outputs).to.include(shown);
  });

  describe('in a folder', () => {
    // The port of the documents may be taken.
    define(blocksAt('folder'), ({ text }) =>
      machine.paste(text.replaceAll(' serve ', ' serve --listen 127.0.0.1:0 '), {
        folder: machine.at('work'),
      }),
    );
  });

  describe('on a node', () => {
    let etcd: RunningEtcd | undefined;
    let daemon: Daemon | undefined;
    let environment: Readonly<Record<string, string>>;
    const [kubeconfig = ''] = (process.env['KUBECONFIG_FOR_TESTS'] ?? '').split(path.delimiter);
    before(async function () {
      needsEtcd(this);
      etcd = await startEtcd();
      await useAsCalico(etcd);
      environment = {
        CALICO_AGENT_SOCKET: machine.at('run/calico-agent/agent.sock'),
        DATASTORE_TYPE: 'etcdv3',
        ETCD_ENDPOINTS: etcd.endpoint,
        ...(kubeconfig !== '' && { KUBECONFIG: kubeconfig }),
      };
      daemon = await startAgent(machine, {
        ...agentFor(machine, 'node-0'),
        node: { name: 'node-0', units: ['calico/0'], addresses: ['10.0.0.2/24'] },
        datastore: { driver: 'etcd', endpoints: [etcd.endpoint] },
      });
      // Its own block needs an API server too.
      const here = { folder: machine.at('work'), environment };
      await machine.paste('calico-agent export > network.yaml', here);
      if (kubeconfig !== '') await machine.paste(useKubernetes, here);
    });
    after(async () => {
      await daemon?.kill('SIGTERM');
      await etcd?.stop();
    });
    for (const { name, text } of blocksAt('node', 'node-with-kubernetes')) {
      it(name, async function () {
        if (runs[name] === 'node-with-kubernetes' && kubeconfig === '') {
          lacks('an API server: KUBECONFIG_FOR_TESTS names none', undefined, 'api-server');
          this.skip();
        }
        await machine.paste(text, { folder: machine.at('work'), environment });
      });
    }
  });

  describe('on a node with revisions', () => {
    let own: ScratchMachine | undefined;
    let daemon: Daemon | undefined;
    const environment: Record<string, string> = {};
    before(async () => {
      own = await makeScratchMachine();
      environment['CALICO_AGENT_SOCKET'] = own.at('run/calico-agent/agent.sock');
      daemon = await startAgent(own, agentFor(own, 'node-0'));
      await own.paste(threeRevisions, { folder: own.at('work'), environment });
    });
    after(async () => {
      await daemon?.kill('SIGTERM');
      await own?.remove();
    });
    define(blocksAt('node-with-revisions'), ({ text }) => {
      if (own === undefined) throw new Error('there is no machine');
      return own.paste(text, { folder: own.at('work'), environment });
    });
  });

  describe('with a controller', () => {
    let own: ScratchMachine | undefined;
    let controller: Awaited<ReturnType<typeof startController>> | undefined;
    const daemons: Daemon[] = [];
    before(async () => {
      own = await makeScratchMachine();
      controller = await startController(own.at('work'));
      // The last one stays.
      for (const [index, name] of ['node-7', 'node-8', 'node-9', 'node-0'].entries()) {
        await daemons.at(-1)?.kill('SIGTERM');
        const address = `10.0.0.${String(index + 2)}/24`;
        const settings = agentFor(own, name, address);
        daemons.push(await startAgent(own, { ...settings, controller: controller.settings }));
        await own.paste(untilKnown(name), { folder: own.at('work') });
      }
    });
    after(async () => {
      await daemons.at(-1)?.kill('SIGTERM');
      await controller?.stop();
      await own?.remove();
    });
    let asNumber = 64_512;
    define(blocksAt('controller'), async ({ text }) => {
      if (own === undefined) throw new Error('there is no machine');
      // Somebody edits the file before each push.
      asNumber += 1;
      await writeFile(own.at('work/network.yaml'), `global-as-number: ${String(asNumber)}\n`);
      const here = text.replaceAll(
        /^(calico-controller (?:store )?\w+)/gm,
        '$1 --socket controller.sock',
      );
      await own.paste(here, { folder: own.at('work') });
    });
  });

  describe('on a host of LXD containers', () => {
    let lxd: Awaited<ReturnType<typeof startLxd>> | undefined;
    before(async function () {
      needsLxd(this);
      lxd = await startLxd();
      await lxd.lxc('project', 'create', 'lab');
      await lxd.lxc('profile', 'create', 'k8s', '--project', 'lab');
      await lxd.launch('node-0');
    });
    after(() => lxd?.stop());
    define(blocksAt('lxd-host'), async ({ text }) => {
      if (lxd === undefined) throw new Error('there is no LXD');
      const before = await lxd.profile('default');
      const environment = { LXD_DIR: lxd.folder, CALICO_AGENT_SOCKET: machine.at('no.sock') };
      await machine.paste(text, { folder: machine.at('work'), environment });
      expect(await lxd.profile('default'), 'the profile is as it was').to.equal(before);
    });
  });
});

const blockMark = '-- the next block --';

/**
 * A document shows the output of the commands: each of its lines, in this order. `…` stands for
 * omitted lines; times and the user differ.
 */
function expectShown(shown: string, printed: string): void {
  const lines = comparable(printed);
  let from = 0;
  for (const line of comparable(shown)) {
    if (line === '…') continue;
    const at = lines.indexOf(line, from);
    expect(at, `"${line}" is shown and not printed:\n${printed}`).to.be.at.least(from);
    from = at + 1;
  }
}

function comparable(text: string): readonly string[] {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/(?<=TIME +)[\w.-]+@[\w.-]+/g, 'SOMEBODY')
    .split('\n')
    .map((line) => line.trim().replaceAll(/ +/g, ' '));
}

/** A node and an object of Calico's to export; the group of its CRDs depends on the server. */
const useKubernetes = `
kubectl apply -f - <<<'{"apiVersion":"v1","kind":"Node","metadata":{"name":"node-0"}}'
for group in crd.projectcalico.org/v1 projectcalico.org/v3; do
  kubectl apply -f - <<YAML && break
apiVersion: $group
kind: BGPConfiguration
metadata: { name: default }
spec: { asNumber: 64512, nodeToNodeMeshEnabled: true }
YAML
done`;

/** An etcd as Calico leaves it, with a node that is gone. */
async function useAsCalico(etcd: RunningEtcd): Promise<void> {
  const root = '/calico/resources/v3/projectcalico.org';
  const put = (kind: string, name: string, spec: object): Promise<void> =>
    etcd.put(`${root}/${kind.toLowerCase()}s/${name}`, {
      kind,
      apiVersion: 'projectcalico.org/v3',
      metadata: { name, uid: `${kind}-${name}`, creationTimestamp: '2026-01-01T00:00:00Z' },
      spec,
    });
  await etcd.put(`${root}/clusterinformations/default`, {
    kind: 'ClusterInformation',
    apiVersion: 'projectcalico.org/v3',
    metadata: { name: 'default' },
    spec: { clusterGUID: 'x', calicoVersion: 'v3.28.0', datastoreReady: true },
  });
  await put('Node', 'node-0', { bgp: { ipv4Address: '10.0.0.2/24' } });
  await put('Node', 'node-9', { bgp: { ipv4Address: '10.0.0.9/24' } });
  await put('IPPool', 'default-ipv4-ippool', {
    cidr: '192.168.0.0/16',
    ipipMode: 'Never',
    vxlanMode: 'Never',
    natOutgoing: true,
    nodeSelector: 'all()',
    blockSize: 26,
  });
}

/** Revisions 1 to 3, and the file of the next one. */
const threeRevisions = `
for number in 64513 64514 64515; do
  echo "global-as-number: $number" | calico-agent apply - --wait
done
echo 'global-as-number: 64516' > config.yaml`;

/** Settings of an agent that writes files. */
function agentFor(machine: ScratchMachine, name: string, address = '10.0.0.2/24'): object {
  return {
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    node: { name, addresses: [address] },
    stateDirectory: machine.at(`var/lib/calico-agent/${name}`),
    socket: machine.at('run/calico-agent/agent.sock'),
    statusSocket: machine.at('run/calico-agent/status.sock'),
  };
}

function untilKnown(node: string): string {
  const nodes = 'calico-controller nodes --socket controller.sock 2>/dev/null';
  return `until ${nodes} | grep -q ${node}; do sleep 0.2; done`;
}

async function startController(
  folder: string,
): Promise<{ readonly settings: object; stop(): Promise<void> }> {
  const tokenFile = path.join(folder, 'token');
  await writeFile(tokenFile, 'abcdefghijklmnopqrstuvwxyz', { mode: 0o600 });
  const port = String(await freePort());
  const words = ['--listen', `127.0.0.1:${port}`, '--token-file', tokenFile];
  const where = ['--state-directory', 'controller', '--socket', 'controller.sock'];
  const program = path.resolve('dist/calico-controller.js');
  const child = spawn(process.execPath, [program, 'serve', ...words, ...where], {
    cwd: folder,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  return {
    settings: { url: `ws://127.0.0.1:${port}`, tokenFile },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function startAgent(machine: ScratchMachine, settings: object): Promise<Daemon> {
  const config = machine.at('etc/calico-agent/agent.yaml');
  await writeFile(config, JSON.stringify(settings));
  const daemon = spawnDaemon(config, machine.at('run/calico-agent/agent.sock'));
  await daemon.logged('listening');
  return daemon;
}
