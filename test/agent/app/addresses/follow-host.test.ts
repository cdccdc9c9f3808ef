import { expect } from 'chai';
import { followHost } from '../../../../agent/app/addresses/follow-host.ts';
import type { DetectedFacts } from '../../../../agent/ports/facts-source.ts';
import { createManualClock } from '../../../support/clocks/manual-clock.ts';

describe('the facts of the host', () => {
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('wake the agent within one reading when a Juju unit or an address comes, and never otherwise', async () => {
    const clock = createManualClock();
    let seen: DetectedFacts = { name: 'node-0', host: [], units: ['calico-agent/0'] };
    let wakes = 0;
    const stop = followHost(
      { detect: () => Promise.resolve(seen) },
      { clock, everyMs: 10_000, wake: () => void (wakes += 1) },
    );
    await settled();
    clock.advance(10_000);
    await settled();
    expect(wakes).to.equal(0);
    seen = { ...seen, units: ['calico-agent/0', 'calico/0'] };
    clock.advance(10_000);
    await settled();
    expect(wakes).to.equal(1);
    const service = { family: 4, address: '10.96.0.7', prefixLength: 32 } as const;
    seen = { ...seen, host: [{ ...service, interface: 'kube-ipvs0' }] };
    clock.advance(10_000);
    await settled();
    expect(wakes).to.equal(1);
    stop();
    expect(clock.waiting()).to.deep.equal([]);
  });
});
