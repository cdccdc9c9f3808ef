/** Sessions of real BIRDs in network namespaces, as calico-node configures them. */
import { expect } from 'chai';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createBirdSessions } from '../../agent/adapters/bird/bird-sessions.ts';
import { createHostRoutes } from '../../agent/adapters/host-routes/host-routes.ts';
import type { Resolution } from '../../core/resolve/resolution.ts';
import { matchSessions, type SessionVerdict } from '../../core/sessions/match-sessions.ts';
import type { KernelRoute } from '../../core/sessions/parse-kernel-routes.ts';
import { changedNextHops, nextHopsOf } from '../../core/sessions/paths/changed-next-hops.ts';
import { oddRoutes } from '../../core/sessions/paths/odd-routes.ts';
import { eventually } from '../support/eventually.ts';
import { needsBird1, needsNamespaces } from '../support/machine/network.ts';

const run = promisify(execFile);
const reason = { rule: 'global', place: { pointer: '' } };

interface FamilyOfBird {
  readonly program: 'bird' | 'bird6';
  readonly address: (own: number) => string;
  readonly block: (own: number) => string;
}

const ipv4: FamilyOfBird = {
  program: 'bird',
  address: (own) => `10.21.0.${String(own)}`,
  block: (own) => `192.168.${String(own)}.0/26`,
};
const ipv6: FamilyOfBird = {
  program: 'bird6',
  address: (own) => `fd21::${String(own)}`,
  block: (own) => `fd99:${String(own)}::/122`,
};

/** The lines of Calico's bird.cfg.template about sessions. */
function birdConfig(own: number, more: string, { address, block }: FamilyOfBird): string {
  return `
    router id 10.21.0.${own};
    protocol kernel {
      learn; persist; scan time 2; import all; export all; graceful restart; merge paths on;
    }
    protocol device { scan time 2; }
    protocol direct { interface "*"; }
    protocol static { route ${block(own)} blackhole; }
    template bgp bgp_template {
      local as 64512; multihop; gateway recursive; import all; export where source != RTS_DEVICE;
      source address ${address(own)}; add paths on; graceful restart;
      connect delay time 1; connect retry time 2; error wait time 2,4; hold time 6;
    }
    ${more}`;
}

describe('the sessions of real BIRDs', function () {
  this.timeout(300_000);
  const names = ['a', 'b', 'c'].map((name) => `bird-${name}-${String(process.pid)}`);
  const [first = '', second = '', third = ''] = names;
  let folder: string;
  const birds: ChildProcess[] = [];

  before(async function () {
    needsBird1(this);
    needsNamespaces(this);
    for (const name of names) await run('ip', ['netns', 'add', name]);
    // A bridge in the first namespace, so that all are in one subnet.
    const ip = (namespace: string, ...args: readonly string[]) =>
      run('ip', ['-n', namespace, ...args]);
    await ip(first, 'link', 'add', 'br0', 'type', 'bridge');
    for (const name of names) await ip(name, 'link', 'set', 'lo', 'up');
    for (const [index, name] of [second, third].entries()) {
      const port = `port${String(index)}`;
      await ip(first, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'br0', 'netns', name);
      await ip(first, 'link', 'set', port, 'master', 'br0', 'up');
    }
    for (const [index, name] of names.entries()) {
      await ip(name, 'address', 'add', `${ipv4.address(index + 1)}/24`, 'dev', 'br0');
      await ip(name, 'address', 'add', `${ipv6.address(index + 1)}/64`, 'dev', 'br0', 'nodad');
      await ip(name, 'link', 'set', 'br0', 'up');
    }
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-bird-'));
  });
  afterEach(async () => {
    for (const bird of birds.splice(0)) await end(bird);
    // A BIRD that is killed leaves its routes.
    await flushRoutes();
    await rm(folder, { recursive: true });
  });
  after(async () => {
    for (const name of names) await run('ip', ['netns', 'del', name]).catch(() => undefined);
  });

  const flushRoutes = async (): Promise<void> => {
    for (const name of names) {
      for (const family of ['-4', '-6']) {
        await run('ip', ['-n', name, family, 'route', 'flush', 'proto', '12']);
      }
    }
  };
  const end = async (bird: ChildProcess): Promise<void> => {
    if (bird.exitCode !== null || bird.signalCode !== null) return;
    const ended = once(bird, 'exit');
    bird.kill('SIGKILL');
    await ended;
  };
  /** Starts a BIRD in a namespace; returns the path of its socket. */
  const start = async (
    namespace: string,
    own: number,
    more: string,
    options: readonly string[] = [],
    family = ipv4,
  ): Promise<string> => {
    const config = path.join(folder, `${namespace}.cfg`);
    const socket = path.join(folder, `${namespace}.ctl`);
    await writeFile(config, birdConfig(own, more, family));
    const command = [family.program, '-f', '-c', config, '-s', socket, ...options];
    birds.push(spawn('ip', ['netns', 'exec', namespace, ...command], { stdio: 'ignore' }));
    return socket;
  };
  const peer = (address: string, as = 64512, more = ''): string =>
    `protocol bgp Node_${address.replaceAll('.', '_')} from bgp_template { neighbor ${address} as ${as}; ${more} }\n`;
  const resolution = (...addresses: readonly string[]): Resolution => ({
    node: 'node-1',
    groups: [],
    peers: addresses.map((address) => ({
      address,
      family: 4,
      asNumber: 64512,
      reasons: [reason],
    })),
    asNumber: { value: 64512, reason, outranked: [] },
    issues: [],
  });
  const verdicts = async (
    socket: string,
    ...addresses: readonly string[]
  ): Promise<ReadonlyMap<string | undefined, SessionVerdict>> => {
    const daemons = await createBirdSessions({ sockets: [socket] }).observe();
    const all = matchSessions({
      resolution: resolution(...addresses),
      addresses: [{ family: 4, address: '10.21.0.1', prefixLength: 24 }],
      mesh: false,
      daemons,
      reachesCluster: true,
      appliedSeconds: 60,
    });
    return new Map(all.map((verdict) => [verdict.neighbor, verdict]));
  };
  const verdictOf = ({ verdict, code, why }: Partial<SessionVerdict> = {}): readonly unknown[] => [
    verdict,
    code,
    why,
  ];

  it('are established, refused, without a route, or missing', async () => {
    const socket = await start(
      first,
      1,
      peer('10.21.0.2') + peer('10.21.0.3') + peer('10.21.0.77') + peer('10.99.0.1'),
    );
    await start(second, 2, peer('10.21.0.1'));
    const all = ['10.21.0.2', '10.21.0.3', '10.21.0.77', '10.99.0.1', '10.21.0.8'];
    await eventually(async () => {
      const found = await verdicts(socket, ...all);
      expect(found.get('10.21.0.2')?.verdict).to.equal('established');
      expect(verdictOf(found.get('10.21.0.3'))).to.deep.equal([
        'down',
        'refused',
        "connection refused: is BGP's port 179 open there?",
      ]);
      expect(verdictOf(found.get('10.21.0.77')).slice(0, 2)).to.deep.equal(['down', 'no-route']);
      expect(verdictOf(found.get('10.99.0.1'))).to.deep.equal([
        'down',
        'no-route',
        'this node has no route to it',
      ]);
      expect(found.get('10.21.0.8')?.verdict).to.equal('missing');
    }, 90_000);
    const up = (await verdicts(socket, ...all)).get('10.21.0.2')?.observed;
    expect(up).to.include({ state: 'Established', localAs: 64512, remoteAs: 64512 });
    expect(up?.channels[0]?.routes).to.deep.equal({ imported: 1, exported: 1, preferred: 1 });
  });

  it('show whose AS number is refused, on both sides', async () => {
    const socket = await start(first, 1, peer('10.21.0.2', 64512, 'passive on;'));
    const other = await start(second, 2, peer('10.21.0.1', 64999));
    await eventually(async () => {
      const [here] = (await verdicts(socket, '10.21.0.2')).values();
      expect(verdictOf(here).slice(1)).to.deep.equal([
        'our-as-differs',
        'the other side expects another AS number of this node than 64512',
      ]);
    }, 90_000);
    const daemons = await createBirdSessions({ sockets: [other] }).observe();
    const [there] = matchSessions({
      resolution: { ...resolution('10.21.0.1'), node: 'node-2' },
      addresses: [],
      mesh: false,
      nodes: new Map([['10.21.0.1', { name: 'node-1', asNumber: 64512 }]]),
      daemons,
      reachesCluster: true,
    });
    expect(verdictOf(there).slice(1)).to.deep.equal([
      'their-as-differs',
      'the other side says AS 64512, and BIRD expects 64999; BIRD has AS 64999 for it instead of 64512',
    ]);
  });

  it('are held back while the mesh has a session to the same address', async () => {
    const mesh = `protocol bgp Mesh_10_21_0_2 from bgp_template { neighbor 10.21.0.2 as 64512; }\n`;
    const socket = await start(first, 1, mesh + peer('10.21.0.2'));
    await start(second, 2, peer('10.21.0.1'));
    await eventually(async () => {
      const daemons = await createBirdSessions({ sockets: [socket] }).observe();
      const all = matchSessions({
        resolution: resolution('10.21.0.2'),
        addresses: [],
        mesh: true,
        daemons,
        reachesCluster: true,
      });
      expect(all.map(({ verdict, code }) => [verdict, code])).to.deep.equal([
        ['down', 'covered'],
        ['established', undefined],
      ]);
    }, 90_000);
  });

  it('end with a hold timer, and come back', async () => {
    const socket = await start(first, 1, peer('10.21.0.2'));
    // When both sides connect at once, the session may begin anew after it was Established.
    await start(second, 2, peer('10.21.0.1', 64512, 'passive;'));
    const verdict = async (): Promise<SessionVerdict | undefined> =>
      (await verdicts(socket, '10.21.0.2')).get('10.21.0.2');
    const isUp = async (): Promise<void> => {
      expect((await verdict())?.verdict).to.equal('established');
    };
    await eventually(isUp, 90_000);
    birds[1]?.kill('SIGSTOP');
    try {
      await eventually(async () => expect((await verdict())?.code).to.equal('hold-timer'), 60_000);
    } finally {
      birds[1]?.kill('SIGCONT');
    }
    await eventually(isUp, 90_000);
  });

  it('give the kernel routes that are listed, and none while BIRD waits after a start', async () => {
    const socket = await start(first, 1, peer('10.21.0.2') + peer('10.21.0.3'), ['-R']);
    await start(second, 2, peer('10.21.0.1'));
    const routes = createHostRoutes({
      run: async (args) => (await run('ip', ['-n', first, ...args])).stdout,
    });
    await eventually(async () => {
      const [daemon] = await createBirdSessions({ sockets: [socket] }).observe();
      expect(daemon?.ok === true && daemon.sessions[0]?.state).to.equal('Established');
      expect(daemon?.ok === true && daemon.status.isRecovering).to.equal(true);
    }, 90_000);
    expect(await routes.birdRoutes()).to.deep.equal({ ok: true, value: [] });
    await start(third, 3, peer('10.21.0.1'));
    await eventually(async () => {
      const read = await routes.birdRoutes();
      expect(read.ok && read.value).to.deep.include.members([
        { family: 4, destination: '192.168.1.0/26', kind: 'blackhole', nextHops: [] },
        {
          family: 4,
          destination: '192.168.2.0/26',
          kind: 'unicast',
          nextHops: [{ gateway: '10.21.0.2', device: 'br0' }],
        },
      ]);
    }, 90_000);
  });

  it('show the AS numbers of the routes', async () => {
    const socket = await start(first, 1, peer('10.21.0.2', 64513));
    const late = 'local as 64513; export filter { bgp_path.prepend(64999); accept; };';
    await start(second, 2, peer('10.21.0.1', 64512, late));
    await eventually(async () => {
      const [read] = (await createBirdSessions({ sockets: [socket] }).bgpRoutes?.()) ?? [];
      expect(read).to.deep.equal({
        ok: true,
        value: [{ destination: '192.168.2.0/26', asPath: [64999, 64513], nextHop: '10.21.0.2' }],
      });
      expect(read?.ok === true && oddRoutes(read.value, new Set([64999]))).to.deep.equal({
        routes: 1,
        destination: '192.168.2.0/26',
        asNumber: 64999,
      });
    }, 90_000);
  });

  for (const family of [ipv4, ipv6]) {
    it(`are Established, and lead over others after one node's AS number changed: ${family.program}`, async () => {
      const routes = createHostRoutes({
        run: async (args) => (await run('ip', ['-n', first, ...args])).stdout,
      });
      const routesTo = async (own: number): Promise<readonly KernelRoute[]> => {
        const read = await routes.birdRoutes();
        if (!read.ok) throw new Error(read.why);
        return read.value.filter(({ destination }) => destination === family.block(own));
      };
      const hopsTo = async (own: number): Promise<readonly unknown[]> =>
        (await routesTo(own)).flatMap(({ nextHops }) => nextHops.map(({ gateway }) => gateway));
      /** The mesh of three nodes, where the first has this AS number. */
      const startMesh = async (asNumber: number): Promise<string> => {
        const to = (own: number, as: number, local: number): string =>
          `protocol bgp Mesh_${String(own)} from bgp_template { local as ${String(local)}; neighbor ${family.address(own)} as ${String(as)}; }\n`;
        const own = to(2, 64512, asNumber) + to(3, 64512, asNumber);
        const socket = await start(first, 1, own, [], family);
        await start(second, 2, to(1, asNumber, 64512) + to(3, 64512, 64512), [], family);
        await start(third, 3, to(1, asNumber, 64512) + to(2, 64512, 64512), [], family);
        return socket;
      };
      await startMesh(64512);
      await eventually(async () => {
        expect(await hopsTo(2)).to.deep.equal([family.address(2)]);
        expect(await hopsTo(3)).to.deep.equal([family.address(3)]);
      }, 90_000);
      const before = nextHopsOf([...(await routesTo(2)), ...(await routesTo(3))]);
      for (const bird of birds.splice(0)) await end(bird);
      await flushRoutes();

      const socket = await startMesh(64513);
      await eventually(async () => {
        expect(await hopsTo(2)).to.have.members([family.address(2), family.address(3)]);
      }, 90_000);
      const [daemon] = await createBirdSessions({ sockets: [socket] }).observe();
      const sessions = daemon?.ok === true ? daemon.sessions : [];
      expect(sessions.map(({ state }) => state)).to.deep.equal(['Established', 'Established']);
      const all = new Set(sessions.flatMap(({ neighbor }) => neighbor ?? []));
      const odd = before && changedNextHops(before, await routesTo(2), { mayLead: new Set(), all });
      expect(odd).to.deep.equal({
        routes: 1,
        destination: family.block(2),
        nextHop: family.address(3),
        before: family.address(2),
      });
    });
  }

  it('cannot be changed over our connection', async () => {
    const socket = await start(first, 1, '');
    const { converse } = await import('../../agent/adapters/bird/conversation.ts');
    const refused = (): Promise<string> =>
      converse(socket, undefined, undefined, ({ ask }) => ask('configure')).then(
        () => 'done',
        (error: unknown) => String(error),
      );
    await eventually(async () => {
      expect(await refused()).to.contain('BIRD answers "Access denied"');
    });
  });
});
