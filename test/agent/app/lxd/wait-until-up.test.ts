/** A container that runs for an instant is not one that came back. */
import { expect } from 'chai';
import { waitUntilUp } from '../../../../agent/app/lxd/wait-until-up.ts';
import type { ObservedContainer } from '../../../../core/lxd/observed-lxd.ts';
import { quickClock } from '../../../support/clocks/quick-clock.ts';
import { failure } from '../../../support/failure.ts';

const id = { project: 'default', name: 'a' };
const expected = { agent: 'none', withNetwork: false, timeoutSeconds: 10 } as const;

/** @param pids what one look after the other sees, the last one for ever; 0: the container does not run */
function wait(pids: readonly number[]): Promise<ObservedContainer> {
  let looks = 0;
  const look = (): Promise<ObservedContainer> => {
    const pid = pids[Math.min(looks, pids.length - 1)] ?? 0;
    looks += 1;
    const stopped = { ...id, profilesIn: 'default', profiles: [], config: {}, devices: {} };
    const inside = { pid, sysctls: {}, networkUp: true };
    return Promise.resolve(pid === 0 ? stopped : { ...stopped, inside });
  };
  const never = (): Promise<never> => Promise.reject(new Error('is not called here'));
  const lxd = { look, restart: never, start: never, agentInside: never };
  return waitUntilUp({ lxd, clock: quickClock, isStopping: () => false }, id, expected);
}

describe('a container after its start', () => {
  it('is up when two looks see the same init process', async () => {
    expect((await wait([0, 7])).inside?.pid).to.equal(7);
  });

  it('is not up when it ran for an instant', async () => {
    expect((await failure(wait([7, 0]))).message).to.equal(
      'container "a" did not come back within 10 s: it does not run',
    );
  });

  it('is not up when each look sees another process', async () => {
    const pids = Array.from({ length: 200 }, (_, index) => index + 1);
    expect((await failure(wait([...pids, 0]))).message).to.contain('did not come back within 10 s');
  });
});
