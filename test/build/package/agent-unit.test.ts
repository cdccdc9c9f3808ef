import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { unitFlags } from '../../../bench/unit-flags.ts';
import { agentLimits } from '../../../runtime/confined/usual-confinement.ts';

/** The daemon's largest resident memory in the soak benchmark, in MB. */
const daemonMb = 117;
/** The pages of the node binary and of its libraries, in MB: both processes share them. */
const sharedMb = 35;

describe('the unit of the agent', () => {
  it('gives node only flags that it accepts silently', () => {
    const { status, stderr } = spawnSync(process.execPath, [...unitFlags(), '--eval', '0'], {
      encoding: 'utf8',
    });
    expect([status, stderr]).to.deep.equal([0, '']);
  });

  it('is not throttled by the kernel while a text within the limits is decided', async () => {
    const unit = await readFile('systemd/calico-agent.service', 'utf8');
    const [, high] = /^MemoryHigh=(\d+)M$/m.exec(unit) ?? [];
    expect(Number(high)).to.be.at.least(daemonMb + agentLimits.residentMb - sharedMb);
  });
});
