import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock/system-clock.ts';
import {
  connectController,
  type ControllerChannel,
} from '../../agent/channel/connect-controller.ts';
import { silentLogger } from '../../runtime/log/logger.ts';
import { eventually } from '../support/eventually.ts';
import { MemoryAgent } from '../support/twins/memory-agent.ts';
import { attackFromOutside } from './processes/attack-process.ts';
import type { ControllerDoor } from './attackers/hostile-agent.ts';
import { passed, slowestStatus, startVictim, type Victim } from './processes/victim.ts';

/** MemoryHigh of systemd/calico-controller.service. */
const memoryMegabytes = 768;
const token = 'a-token-for-tests-only';

describe('a controller under attack by an agent', function () {
  this.timeout(120_000);
  let folder: string;
  let controller: Victim;
  let door: ControllerDoor;
  let honest: ControllerChannel;
  const at = (name: string): string => path.join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-controller-attack-'));
    await writeFile(at('token'), token, { mode: 0o600 });
    const files = ['--token-file', at('token'), '--state-directory', at('state')];
    const argv = ['serve', ...files, '--socket', at('a.sock'), '--listen', '127.0.0.1:0'];
    controller = await startVictim('calico-controller', argv, at('a.sock'));
    const { listen }: { listen: string } = JSON.parse((await controller.status(at('a.sock'))).body);
    door = { url: `ws://${listen}`, token, cluster: 'default' };
    honest = connectController(
      new MemoryAgent({ name: 'honest' }),
      { url: door.url, tokenFile: at('token'), reconnect: { baseSeconds: 0.05, capSeconds: 0.2 } },
      { logger: silentLogger, random: Math.random, clock: systemClock },
    );
    await connected();
  });
  afterEach(async () => {
    await honest.stop();
    await controller.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const connected = (): Promise<void> =>
    eventually(() => expect(honest.state().connected).to.equal(true));

  interface Case {
    readonly what: string;
    readonly attack: string;
    readonly count: number;
    /** Its traces in the log, in lines that are counted and not repeated. */
    readonly line?: RegExp;
  }
  const cases: readonly Case[] = [
    {
      what: '2,000 invented names with 30 KB of facts each',
      attack: 'inventNames',
      count: 2000,
      line: /too many nodes from this address/,
    },
    {
      what: '2,000 invented names that come and go',
      attack: 'inventNamesAndLeave',
      count: 2000,
    },
    { what: 'floods of messages', attack: 'floodMessages', count: 8, line: /it sends too much/ },
    { what: 'floods of large statuses', attack: 'floodLargeStatus', count: 50 },
    { what: 'floods of absurd reports about a fleet', attack: 'floodFleetStatus', count: 50 },
    { what: 'messages that never end', attack: 'halfMessages', count: 300 },
    { what: 'agents that ask and do not read', attack: 'deafAgents', count: 100 },
    { what: 'agents that say nothing', attack: 'silentAgents', count: 1000 },
  ];
  for (const { what, attack, count, line } of cases) {
    it(`answers root at once, keeps its memory, and serves the others: ${what}`, async () => {
      const { standing, stop } = attackFromOutside(attack, door, count);
      try {
        const slowest = await slowestStatus(controller, at('a.sock'), standing);
        const later = await slowestStatus(controller, at('a.sock'), passed(3000));
        expect(Math.max(slowest, later), 'ms for the slowest status').to.be.below(1000);
        expect(await controller.peakMegabytes(), 'MB at most').to.be.below(memoryMegabytes);
        honest.dialNow();
        await connected();
        if (line !== undefined) {
          await eventually(() => expect(controller.log.join('\n')).to.match(line));
        }
        expect(controller.log, 'lines of the log').to.have.length.below(150);
      } finally {
        await stop();
      }
      expect(controller.isAlive()).to.equal(true);
    });
  }
});
