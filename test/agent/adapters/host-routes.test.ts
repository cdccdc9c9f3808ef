import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { HostRoutes } from '../../../agent/ports/host-routes.ts';
import {
  createHostRoutes,
  createRouteProgram,
} from '../../../agent/adapters/host-routes/host-routes.ts';

/** Printed by iproute2 6.1 on a node with BIRD 1.6.8 and bird6. */
const printed = {
  4: '[{"type":"blackhole","dst":"192.168.1.0/26","flags":[]},{"dst":"192.168.2.0/26","gateway":"10.9.0.2","dev":"eth0","flags":[]},{"type":"unreachable","dst":"192.168.3.7","flags":[]},{"dst":"192.168.4.0/26","flags":[],"nexthops":[{"gateway":"10.9.0.2","dev":"eth0","weight":1,"flags":[]},{"gateway":"10.9.0.3","dev":"eth0","weight":1,"flags":[]}]}]',
  6: '[{"type":"blackhole","dst":"fd01::/122","dev":"lo","metric":1024,"flags":[],"pref":"medium"},{"dst":"default","gateway":"fd09::2","dev":"eth0","metric":1024,"flags":[],"pref":"medium"}]',
};

describe("the kernel's routes by BIRD", () => {
  const routesOf = (fourth: string, sixth = '[]'): ReturnType<HostRoutes['birdRoutes']> =>
    createHostRoutes({
      run: (args) => Promise.resolve(args.includes('-4') ? fourth : sixth),
    }).birdRoutes();

  it('reads both families', async () => {
    expect(await routesOf(printed[4], printed[6])).to.deep.equal({
      ok: true,
      value: [
        { family: 4, destination: '192.168.1.0/26', kind: 'blackhole', nextHops: [] },
        {
          family: 4,
          destination: '192.168.2.0/26',
          kind: 'unicast',
          nextHops: [{ gateway: '10.9.0.2', device: 'eth0' }],
        },
        { family: 4, destination: '192.168.3.7/32', kind: 'unreachable', nextHops: [] },
        {
          family: 4,
          destination: '192.168.4.0/26',
          kind: 'unicast',
          nextHops: [
            { gateway: '10.9.0.2', device: 'eth0' },
            { gateway: '10.9.0.3', device: 'eth0' },
          ],
        },
        { family: 6, destination: 'fd01::/122', kind: 'blackhole', nextHops: [] },
        {
          family: 6,
          destination: '::/0',
          kind: 'unicast',
          nextHops: [{ gateway: 'fd09::2', device: 'eth0' }],
        },
      ],
    });
  });

  it('reads an empty output as no routes', async () => {
    expect(await routesOf('', '')).to.deep.equal({ ok: true, value: [] });
  });

  for (const text of [
    '{}',
    '[{}]',
    '[{"dst":"10.0.0.300/24"}]',
    '[{"dst":"fd00::/8"}]',
    '[',
    '[null]',
  ]) {
    it(`does not guess the meaning of ${text}`, async () => {
      expect(await routesOf(text)).to.have.property('ok', false);
    });
  }

  it('says why when the program fails', async () => {
    const routes = createHostRoutes({ run: () => Promise.reject(new Error('no ip')) });
    const why = "cannot list the kernel's routes: no ip";
    expect(await routes.birdRoutes()).to.deep.equal({ ok: false, why });
  });

  it('waits no longer than its deadline for an ip that ignores SIGTERM', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-ip-'));
    const { PATH } = process.env;
    try {
      // Programs of a shell ignore the signals that it ignores.
      const text = "#!/bin/sh\ntrap '' TERM\nexec sleep 60\n";
      await writeFile(path.join(folder, 'ip'), text, { mode: 0o755 });
      process.env['PATH'] = `${folder}:${PATH ?? ''}`;
      const why = "cannot list the kernel's routes: ip does not answer in time";
      const routes = createHostRoutes(createRouteProgram(200));
      expect(await routes.birdRoutes()).to.deep.equal({ ok: false, why });
    } finally {
      process.env['PATH'] = PATH;
      await rm(folder, { recursive: true });
    }
  });
});
