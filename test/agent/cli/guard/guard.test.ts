import { expect } from 'chai';
import { createGuardRoutes } from '../../../../agent/adapters/guard-routes/guard-routes.ts';
import { usualGuard } from '../../../../core/guard/guard-settings.ts';
import { createMemoryKernel, type MemoryKernel } from '../../../support/twins/memory-kernel.ts';
import { run, type Ran } from '../run-command.ts';

describe('calico-agent guard', () => {
  let kernel: MemoryKernel;
  let uptime: number;
  const routes = () =>
    createGuardRoutes({ program: kernel, settings: () => usualGuard, uptime: () => uptime });
  const guard = (...argv: readonly string[]): Promise<Ran> =>
    run(['guard', ...argv, '--socket', '/nowhere/agent.sock'], {
      guardRoutes: () => Promise.resolve(routes()),
    });
  const withdraw = (): void => {
    const { routes: all } = kernel.families[4];
    kernel.families[4].routes = all.filter(({ protocol }) => protocol !== 12);
  };

  beforeEach(() => {
    kernel = createMemoryKernel();
    uptime = 1000;
    kernel.families[4].routes = [
      {
        destination: '192.168.1.0/26',
        table: 254,
        protocol: 12,
        metric: 0,
        kind: 'unicast',
        hops: ['via 10.0.0.1 dev eth0'],
      },
    ];
  });

  it('says that there are no guard routes, also while the daemon is dead', async () => {
    const { status, stdout } = await guard();
    expect(status).to.equal(0);
    expect(stdout).to.equal('guard  no guard routes stand\nagent  does not answer\n');
  });

  it('shows the guard routes with their beginning, their deadline, and their destinations', async () => {
    await routes().begin(60);
    withdraw();
    uptime += 10;
    const { stdout } = await guard();
    expect(stdout).to.contain('1 guard route in table 4711, rules 32764, 32765');
    expect(stdout).to.contain('10 s ago').and.to.contain('in 50 s');
    expect(stdout).to.contain('there is no other route to 192.168.1.0/26');
    const machine: unknown = JSON.parse((await guard('-o', 'json')).stdout);
    expect(machine).to.deep.equal({
      state: 'on',
      tables: [4711],
      priorities: [32_764, 32_765],
      routes: 1,
      carrying: ['192.168.1.0/26'],
      age: 10,
      left: 50,
      agent: 'does not answer',
    });
  });

  it('says that guard routes are past their deadline, and clear --expired removes only those', async () => {
    await routes().begin(60);
    expect((await guard('clear', '--expired')).stdout).to.contain('they stay');
    expect((await routes().state()).state).to.equal('on');
    uptime += 61;
    expect((await guard()).stdout).to.contain('calico-agent guard clear');
    expect((await guard('clear', '--expired')).stdout).to.contain('took 1 guard route');
    expect((await routes().state()).state).to.equal('off');
  });

  it('removes everything by clear, and succeeds when there is nothing', async () => {
    await routes().begin(60);
    expect((await guard('clear', '-o', 'json')).stdout).to.equal('{\n  "cleared": true\n}\n');
    expect(await routes().state()).to.deep.equal({ state: 'off' });
    expect((await guard('clear')).stdout).to.equal('no guard routes stand\n');
  });

  it('fails with the reason when the kernel refuses', async () => {
    await routes().begin(60);
    kernel.isPermitted = false;
    const { status, stderr } = await guard('clear');
    expect(status).to.equal(1);
    expect(stderr).to.contain('not permitted');
  });
});
