import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createLookInside } from '../../../../agent/adapters/lxd/inside/look-inside.ts';
import { readMounts } from '../../../../agent/adapters/lxd/inside/read-mounts.ts';
import { readSysctls } from '../../../../agent/adapters/lxd/inside/read-sysctls.ts';
import { failure } from '../../../support/failure.ts';
import { lacks } from '../../../support/skips/needs.cjs';
import { inFolder } from '../../cli/run-command.ts';

const line = (at: string, type: string): string =>
  `36 35 98:0 / ${at} rw,noatime shared:1 - ${type} source rw\n`;

describe('the inspection of a container', () => {
  it('finds a mount among more than a megabyte of others, and keeps no other', async () => {
    await inFolder(async (folder) => {
      const file = path.join(folder, 'mountinfo');
      const many = line('/var/lib/kubelet/pods/x', 'tmpfs').repeat(30_000);
      await writeFile(file, `${many}${line('/a\\040b', 'bpf')}${many}`);
      expect(await readMounts(file, ['/a b'])).to.deep.equal([{ path: '/a b', type: 'bpf' }]);
      expect((await failure(readMounts(path.join(folder, 'none'), []))).code).to.equal('not-found');
    });
  });

  it('knows nothing of a process that is gone, instead of calling everything missing', async () => {
    const config = { 'linux.sysctl.net.ipv4.ip_forward': '1' };
    expect(await createLookInside()(2 ** 22 + 1, { config, devices: {} })).to.deep.equal({
      sysctls: {},
    });
  });

  it('distinguishes an absent sysctl from a value', async function () {
    if (process.getuid?.() !== 0) {
      lacks('root');
      this.skip();
    }
    const names = ['net.ipv4.ip_local_port_range', 'net.ipv4.conf.all.rp_fliter'];
    const found = await readSysctls(process.pid, names);
    expect(found[names[0] ?? '']).to.match(/^\d+\s+\d+$/);
    expect(found[names[1] ?? '']).to.equal(null);
  });
});
