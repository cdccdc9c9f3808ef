/**
 * A stored text is verified in a process that can be stopped: the daemons answer meanwhile, and a
 * hook starts nothing.
 */
import { expect } from 'chai';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import { eventually } from '../support/eventually.ts';
import { startVictim, type Victim } from './processes/victim.ts';

const config = 'global-as-number: 65001\n';

describe('a stored text', function () {
  this.timeout(120_000);
  let folder: string;
  let victims: Victim[];
  const at = (name: string): string => path.join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-stored-'));
    victims = [];
    await writeFile(at('token'), 'a-token-for-tests-only\n', { mode: 0o600 });
    await writeFile(
      at('agent.yaml'),
      JSON.stringify({
        apiVersion: 'calico-agent/v1',
        kind: 'AgentConfig',
        node: { name: 'node-0', addresses: ['10.0.0.2/24'] },
        stateDirectory: at('agent'),
        datastore: { driver: 'files', directory: at('resources') },
        socket: at('agent.sock'),
        statusSocket: at('status.sock'),
      }),
    );
  });
  afterEach(async () => {
    await Promise.all(victims.map((victim) => victim.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  const startAgent = async (): Promise<Victim> => {
    const argv = ['run', '--config', at('agent.yaml')];
    const victim = await startVictim('calico-agent', argv, at('agent.sock'));
    victims.push(victim);
    return victim;
  };
  const startController = async (): Promise<Victim> => {
    const argv = ['serve', '--token-file', at('token'), '--listen', '127.0.0.1:0'];
    const places = ['--state-directory', at('controller'), '--socket', at('controller.sock')];
    const program = 'calico-controller';
    const victim = await startVictim(program, [...argv, ...places], at('controller.sock'));
    victims.push(victim);
    return victim;
  };
  const put = (socket: string, text: string): Promise<{ readonly body: string }> =>
    createUnixHttpClient(at(socket), { startHint: '' }).request({
      method: 'PUT',
      path: '/v1/config?wait=60',
      body: text,
      mediaType: 'application/yaml',
      timeoutMs: 90_000,
    });
  const flipDigit = async (): Promise<void> => {
    const [name = ''] = await readdir(at('agent/revisions'));
    const file = at(path.join('agent/revisions', name));
    await writeFile(file, (await readFile(file, 'utf8')).replace('65001', '65009'));
  };

  it('is read in another process by the agent', async () => {
    const first = await startAgent();
    await put('agent.sock', config);
    await first.stop();
    await flipDigit();
    const agent = await startAgent();
    await setAsideBy(agent);
    expect(await childrenOf(agent.pid)).to.not.equal('');
  });

  it('is read in another process by the controller', async () => {
    const first = await startController();
    await put('controller.sock', config);
    await first.stop();
    const controller = await startController();
    await eventually(async () => expect(await childrenOf(controller.pid)).to.not.equal(''));
  });

  it('starts no process for a hook that changes nothing', async () => {
    const first = await startAgent();
    await put('agent.sock', config);
    await first.stop();
    const agent = await startAgent();
    await put('agent.sock', config);
    await eventually(async () => expect(await childrenOf(agent.pid)).to.equal(''));
    for (let hook = 0; hook < 3; hook += 1) {
      expect(JSON.parse((await put('agent.sock', config)).body)).to.include({ result: 'already' });
      expect(await childrenOf(agent.pid)).to.equal('');
    }
  });
});

/** The process that reads texts stays for a few seconds after it has read one. */
function setAsideBy({ log }: Victim): Promise<void> {
  return eventually(() => expect(log.join('\n')).to.match(/is corrupt and was set aside/));
}

async function childrenOf(pid: number): Promise<string> {
  const id = String(pid);
  return readFile(`/proc/${id}/task/${id}/children`, 'utf8');
}
