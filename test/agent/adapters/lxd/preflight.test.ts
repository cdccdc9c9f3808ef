import { expect } from 'chai';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { preflight } from '../../../../agent/adapters/lxd/preflight.ts';
import { realPathBelow } from '../../../../agent/adapters/lxd/inside/real-path.ts';
import type { Issue } from '../../../../core/issue.ts';
import type { ProfileContent } from '../../../../core/lxd/observed-lxd.ts';
import { lacks } from '../../../support/skips/needs.cjs';
import { inFolder } from '../../cli/run-command.ts';

const before: ProfileContent = { description: '', config: {}, devices: {} };

/** This process stands in for the init of a container of the profile k8s: it has a root as well. */
async function issuesOf(after: Partial<ProfileContent>): Promise<readonly Issue[]> {
  const container = { project: 'default', name: 'c', profilesIn: 'default', profiles: ['k8s'] };
  return preflight(
    [
      {
        ...{ action: 'set-lxd-profile', project: 'default', profile: 'k8s', isNew: false },
        ...{ before, after: { ...before, ...after }, fields: [] },
      },
    ],
    () => Promise.resolve([{ ...container, pid: process.pid }]),
  );
}

describe('the preflight of LXD settings', () => {
  it('refuses a path over a symbolic link in a running container, and names the real path', async () => {
    await inFolder(async (folder) => {
      await mkdir(path.join(folder, 'usr/lib'), { recursive: true });
      await symlink('usr/lib', path.join(folder, 'lib'));
      const given = (target: string): Promise<readonly Issue[]> =>
        issuesOf({ devices: { modules: { type: 'disk', source: '/tmp', path: target } } });
      const [issue, ...others] = await given(`${folder}/lib/modules`);
      expect([issue?.severity, issue?.code, others]).to.deep.equal([
        'error',
        'lxd-path-linked',
        [],
      ]);
      expect(issue?.hint).to.contain(`${folder}/usr/lib/modules`);
      expect(await given(`${folder}/usr/lib/modules/`)).to.deep.equal([]);
    });
  });

  it('refuses a sysctl that a running container does not have', async function () {
    if (process.getuid?.() !== 0) {
      lacks('root');
      this.skip();
    }
    const config = {
      'linux.sysctl.net.ipv4.conf.all.rp_fliter': '1',
      'linux.sysctl.net.ipv4.conf.all.rp_filter': '1',
    };
    const issues = await issuesOf({ config });
    expect(issues.map(({ code }) => code)).to.deep.equal(['lxd-sysctl-missing']);
    expect(issues[0]?.message).to.contain('rp_fliter');
  });
});

describe('a path below another root', () => {
  it('follows links within that root, and gives up on a circle', async () => {
    await inFolder(async (folder) => {
      await mkdir(path.join(folder, 'usr/lib'), { recursive: true });
      await symlink('/usr/lib', path.join(folder, 'lib'));
      await symlink('../../../../lib', path.join(folder, 'up'));
      await symlink('circle', path.join(folder, 'circle'));
      expect(await realPathBelow(folder, '/lib/modules')).to.equal('/usr/lib/modules');
      expect(await realPathBelow(folder, '/up')).to.equal('/usr/lib');
      expect(await realPathBelow(folder, '/circle/x')).to.equal(undefined);
      expect(await realPathBelow(folder, '/not/there')).to.equal('/not/there');
    });
  });
});
