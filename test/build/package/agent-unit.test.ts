import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { agentLimits } from '../../../runtime/confined/usual-confinement.ts';

/** The daemon's largest resident memory in the soak benchmark, in MB. */
const daemonMb = 117;
/** The pages of the node binary and of its libraries, in MB: both processes share them. */
const sharedMb = 35;

describe('the unit of the agent', () => {
  it('gives node no flags, with which it would compile its own modules at each start', async () => {
    const unit = await readFile('systemd/calico-agent.service', 'utf8');
    expect(unit).to.match(/^ExecStart=\S+ \S+\/node \S+\/calico-agent\.js run$/m);
    expect(unit).not.to.include('NODE_OPTIONS');
  });

  it('is not throttled by the kernel while a text within the limits is decided', async () => {
    const unit = await readFile('systemd/calico-agent.service', 'utf8');
    const [, high] = /^MemoryHigh=(\d+)M$/m.exec(unit) ?? [];
    expect(Number(high)).to.be.at.least(daemonMb + agentLimits.residentMb - sharedMb);
  });
});
