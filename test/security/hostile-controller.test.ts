import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../support/eventually.ts';
import * as attackers from './attackers/hostile-controller.ts';
import { passed, slowestStatus, startVictim, type Victim } from './processes/victim.ts';

/** MemoryMax of systemd/calico-agent.service. */
const memoryMegabytes = 256;

describe('an agent under attack by its controller', function () {
  this.timeout(60_000);
  let folder: string;
  let agent: Victim;
  let controller: attackers.HostileController;
  const at = (name: string): string => path.join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-attack-'));
    await writeFile(at('token'), 'a-token-for-tests-only', { mode: 0o600 });
  });
  afterEach(async () => {
    await agent.stop();
    controller.close();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (attack: () => Promise<attackers.HostileController>): Promise<void> => {
    controller = await attack();
    const settings = {
      apiVersion: 'calico-agent/v1',
      kind: 'AgentConfig',
      node: { name: 'node-0', addresses: ['10.0.0.2/24'] },
      stateDirectory: at('state'),
      socket: at('agent.sock'),
      statusSocket: at('status.sock'),
      controller: {
        url: controller.url,
        tokenFile: at('token'),
        reconnect: { baseSeconds: 0.1, capSeconds: 0.5 },
      },
    };
    await writeFile(at('agent.yaml'), JSON.stringify(settings));
    const argv = ['run', '--config', at('agent.yaml')];
    agent = await startVictim('calico-agent', argv, at('agent.sock'));
    await eventually(() => expect(controller.dials()).to.be.above(0));
  };

  const attacks: readonly [what: string, attack: () => Promise<attackers.HostileController>][] = [
    ['a storm of pings, and nobody who reads the answers', attackers.pingStorm],
    ['configurations without end', attackers.floodConfigs],
    ['a message that never ends, in fragments', attackers.endlessMessage],
    ['a frame of 50 MB', attackers.hugeFrame],
    ['a number that uses up all others, and a reason full of escapes', attackers.absurdNumbers],
    ['a handshake that never ends', attackers.endlessHandshake],
    ['redirects without end', attackers.endlessRedirects],
  ];
  for (const [what, attack] of attacks) {
    it(`answers root at once and keeps its memory: ${what}`, async () => {
      await start(attack);
      const slowest = await slowestStatus(agent, at('agent.sock'), passed(4000));
      expect(slowest, 'ms for the slowest status').to.be.below(1000);
      expect(await agent.peakMegabytes(), 'MB at most').to.be.below(memoryMegabytes);
      expect(agent.isAlive()).to.equal(true);
      expect(agent.log.join('\n')).to.not.match(/[\u0007\u001b\u202e]/);
      expect(controller.dials(), 'dials in four seconds').to.be.below(40);
    });
  }
});
