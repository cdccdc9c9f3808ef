import { expect } from 'chai';
import { json } from '../../../../runtime/http/route.ts';
import type { Platform } from '../../../../schemas/generated/agent-api/platform.ts';
import { inFolder, run } from '../run-command.ts';
import { withAgent } from '../scripted-agent.ts';

const platform: Platform = {
  platform: 'k3s',
  because: [{ file: '/etc/systemd/system/k3s.service', says: 'the unit of a K3s server' }],
  also: [],
  properties: [{ name: 'role', value: 'server' }],
  values: [{ name: 'cluster-cidr', value: '10.42.0.0/16', from: [{ kind: 'default' }] }],
  issues: [{ severity: 'note', code: 'x', file: '/a', line: 3, message: 'm', hint: 'h' }],
};

const text = [
  'platform    k3s',
  'because of  /etc/systemd/system/k3s.service: the unit of a K3s server',
  'role        server',
  '',
  'SETTING       VALUE         FROM',
  'cluster-cidr  10.42.0.0/16  default',
  '',
  '/a:3: note: m [x]',
  '  hint: h',
  '',
].join('\n');

describe('calico-agent platform', () => {
  it('asks the daemon', async () => {
    await withAgent({ 'GET /v1/platform': () => json(platform) }, async ({ socket }) => {
      const ran = await run(['platform', '--socket', socket]);
      expect(ran).to.deep.equal({ status: 0, stderr: '', stdout: text });
    });
  });

  it('names the distributions that this machine does not have', async () => {
    await inFolder(async (folder) => {
      const none: Platform = { ...platform, platform: 'none', because: [], values: [] };
      const readPlatform = (): Promise<Platform> => Promise.resolve(none);
      const { stdout } = await run(['platform', '--socket', `${folder}/agent.sock`], {
        readPlatform,
      });
      expect(stdout).to.contain('none of MicroK8s, K3s, kops, Charmed Kubernetes and kubeadm\n');
    });
  });

  it('reads this machine itself when no daemon runs', async () => {
    await inFolder(async (folder) => {
      const readPlatform = (): Promise<Platform> => Promise.resolve(platform);
      const argv = ['platform', '--socket', `${folder}/agent.sock`];
      expect(await run(argv, { readPlatform })).to.include({ status: 0, stdout: text });
      const { stdout } = await run([...argv, '-o', 'json'], { readPlatform });
      expect(JSON.parse(stdout)).to.deep.equal(platform);
    });
  });
});
