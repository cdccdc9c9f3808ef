/** The hook with stand-ins for Juju's tools, and a real daemon behind the socket. */
import { expect } from 'chai';
import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import needs from '../support/needs.cjs';
import { spawnDaemon, type Daemon } from '../support/daemon.ts';

const hook = path.resolve('hooks/config-changed');

describe('the hook config-changed', function () {
  this.timeout(60_000);
  let folder: string;
  let daemon: Daemon | undefined;
  before(function () {
    if (spawnSync('curl', ['--version']).error === undefined) return;
    needs.lacks('the program curl', 'curl');
    this.skip();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-hook-'));
    await tool('config-get', `cat "${at('options.json')}"`);
    await tool('status-set', `printf '%s: %s' "$1" "$2" > "${at('status')}"`);
  });
  afterEach(async () => {
    await daemon?.kill('SIGKILL');
    daemon = undefined;
    await rm(folder, { recursive: true });
  });

  const at = (name: string): string => path.join(folder, name);
  const tool = async (name: string, command: string): Promise<void> => {
    await writeFile(at(name), `#!/bin/sh\n${command}\n`);
    await chmod(at(name), 0o755);
  };
  const start = async (): Promise<void> => {
    const document = {
      apiVersion: 'calico-agent/v1',
      kind: 'AgentConfig',
      node: { name: 'node-0', units: ['calico/0'], addresses: ['10.0.0.2/24'] },
      stateDirectory: at('state'),
      socket: at('agent.sock'),
      statusSocket: at('status.sock'),
    };
    await writeFile(at('agent.yaml'), JSON.stringify(document));
    daemon = spawnDaemon(at('agent.yaml'), at('agent.sock'));
    await daemon.logged('listening');
  };
  const run = async (options: object): Promise<string> => {
    await writeFile(at('options.json'), JSON.stringify(options));
    const env = {
      ...process.env,
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
      CALICO_AGENT_SOCKET: at('agent.sock'),
      JUJU_UNIT_NAME: 'calico-agent/12',
    };
    await promisify(execFile)(hook, { env });
    return readFile(at('status'), 'utf8');
  };

  it("hands the charm's options to the agent, in the application's lineage", async () => {
    await start();
    expect(await run({ 'global-as-number': 64520 })).to.match(/^active: /);
    const answer = await daemon?.client.request({ method: 'GET', path: '/v1/config' });
    expect(JSON.parse(answer?.body ?? '')).to.include({
      lineage: 'juju:calico-agent',
      number: 1,
      by: 'config-changed',
      text: '{"global-as-number":64520}',
    });
  });

  it("blocks the unit and does not fail for a user's mistake", async () => {
    await start();
    expect(await run({ 'global-as-number': 0 })).to.match(/^blocked: the options were refused/);
  });

  it('waits where no agent answers', async () => {
    expect(await run({ 'global-as-number': 64520 })).to.match(
      /^waiting: the agent does not answer/,
    );
  });
});
