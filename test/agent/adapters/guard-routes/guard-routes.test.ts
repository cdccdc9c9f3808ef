import { expect } from 'chai';
import fc from 'fast-check';
import { createGuardRoutes } from '../../../../agent/adapters/guard-routes/guard-routes.ts';
import type { GuardRoutes } from '../../../../agent/ports/guard-routes.ts';
import type { Family } from '../../../../core/config/model.ts';
import { usualGuard, type GuardSettings } from '../../../../core/guard/guard-settings.ts';
import {
  createMemoryKernel,
  type KernelEntry,
  type KernelFamily,
  type MemoryKernel,
} from '../../../support/twins/memory-kernel.ts';

const uptime = 1000;

function guardOn(kernel: MemoryKernel, settings: GuardSettings = usualGuard): GuardRoutes {
  return createGuardRoutes({ program: kernel, settings: () => settings, uptime: () => uptime });
}

function bird(destination: string, ...gateways: readonly string[]): KernelEntry {
  const hops = gateways.map((gateway) => `via ${gateway} dev eth0`);
  return { destination, table: 254, protocol: 12, metric: 0, kind: 'unicast', hops };
}

const someRoutes: readonly KernelEntry[] = [
  bird('192.168.1.0/26', '10.0.0.1'),
  bird('192.168.2.0/26', '10.0.0.2', '10.0.0.3'),
  { ...bird('192.168.9.0/26'), kind: 'blackhole' },
  bird('0.0.0.0/0', '10.0.0.254'),
];

function kernelWith(routes: readonly KernelEntry[] = someRoutes): MemoryKernel {
  const kernel = createMemoryKernel();
  kernel.families[4].routes = [...routes];
  kernel.families[6].routes = [bird('fd01::/64', 'fd00::2')];
  return kernel;
}

/** The content of the guard's table, without the markers. */
function copies(kernel: MemoryKernel, family: Family = 4): Readonly<Record<string, unknown>> {
  const { routes } = kernel.families[family];
  return Object.fromEntries(
    routes
      .filter(({ table, kind }) => table === 4711 && kind === 'unicast')
      .map(({ destination, hops }) => [destination, hops.toSorted()]),
  );
}

/** The path of packets to a destination in the kernel: rule by rule, as in fib_rules_lookup. */
function lookUp({ rules, routes }: KernelFamily, to: string): readonly string[] | 'nowhere' {
  for (const rule of rules.toSorted((one, other) => one.priority - other.priority)) {
    const table = routes.filter((route) => route.table === rule.table);
    const exact = table.find(({ destination }) => destination === to);
    const usual = rule.suppress === 0 ? undefined : table.find(isDefault);
    const found = exact ?? usual;
    if (found !== undefined) return found.hops;
  }
  return 'nowhere';
}

function isDefault({ destination }: KernelEntry): boolean {
  return destination.endsWith('/0');
}

const everything = ({ families }: MemoryKernel): readonly string[] =>
  ([4, 6] as const).flatMap((family) =>
    [...families[family].rules, ...families[family].routes]
      .map((one) => `${family} ${JSON.stringify(one)}`)
      .toSorted(),
  );
const foreignState = (kernel: MemoryKernel): unknown =>
  ([4, 6] as const).map((family) => ({
    rules: kernel.families[family].rules.filter(({ protocol }) => protocol !== 203),
    routes: kernel.families[family].routes.filter(({ protocol }) => protocol !== 203),
  }));
const isClean = (kernel: MemoryKernel): boolean =>
  ([4, 6] as const).every((family) => {
    const { rules, routes } = kernel.families[family];
    return [...rules, ...routes].every(({ protocol }) => protocol !== 203);
  });

describe('guard routes', () => {
  it('copy the routes of BIRD, and neither blackholes nor the default route', async () => {
    const kernel = kernelWith();
    expect(await guardOn(kernel).begin(60)).to.deep.equal({ guard: 'on', routes: 3, uncopied: 0 });
    expect(copies(kernel)).to.deep.equal({
      '192.168.1.0/26': ['via 10.0.0.1 dev eth0'],
      '192.168.2.0/26': ['via 10.0.0.2 dev eth0', 'via 10.0.0.3 dev eth0'],
    });
    expect(copies(kernel, 6)).to.deep.equal({ 'fd01::/64': ['via inet6 fd00::2 dev eth0'] });
    expect(await guardOn(kernel).state()).to.deep.equal({
      state: 'on',
      tables: [4711],
      priorities: [32_764, 32_765],
      routes: 3,
      carrying: [],
      age: 0,
      left: 60,
    });
  });

  it('carry traffic when BIRD withdraws its routes, and give way to routes that BIRD installs', async () => {
    const kernel = kernelWith();
    const family = kernel.families[4];
    await guardOn(kernel).begin(60);
    family.routes = family.routes.filter(
      ({ destination, table }) => destination !== '192.168.1.0/26' || table !== 254,
    );
    expect(lookUp(family, '192.168.1.0/26')).to.deep.equal(['via 10.0.0.1 dev eth0']);
    family.routes = [bird('192.168.1.0/26', '10.0.0.9'), ...family.routes];
    expect(lookUp(family, '192.168.1.0/26')).to.deep.equal(['via 10.0.0.9 dev eth0']);
    expect(lookUp(family, '8.8.8.8/32')).to.deep.equal(['via 10.0.0.254 dev eth0']);
  });

  it('stay unchanged when the agent begins again, with the new deadline', async () => {
    const kernel = kernelWith();
    await guardOn(kernel).begin(60);
    const before = copies(kernel);
    kernel.families[4].routes = [
      bird('192.168.1.0/26', '10.6.6.6'),
      ...kernel.families[4].routes.filter(({ table }) => table !== 254),
    ];
    const later = createGuardRoutes({
      program: kernel,
      settings: () => usualGuard,
      uptime: () => uptime + 50,
    });
    expect(await later.begin(60)).to.include({ guard: 'on', routes: 3 });
    expect(copies(kernel)).to.deep.equal(before);
    expect(await later.state()).to.include({ age: 50, left: 60 });
    const markers = kernel.families[4].routes.filter(({ kind }) => kind === 'throw');
    expect(markers).to.have.length(2);
  });

  it('change nothing in the kernel when BIRD has no routes to other nodes', async () => {
    const kernel = createMemoryKernel();
    expect(await guardOn(kernel).begin(60)).to.deep.equal({ guard: 'on', routes: 0, uncopied: 0 });
    expect(isClean(kernel)).to.equal(true);
  });

  it('are possible on a machine that never had any', async () => {
    expect(await guardOn(kernelWith()).obstacle()).to.equal(undefined);
  });

  it('are refused without the right, with the reason', async () => {
    const kernel = kernelWith();
    kernel.isPermitted = false;
    expect(await guardOn(kernel).begin(60)).to.have.property('guard', 'never');
    expect(await guardOn(kernel).obstacle()).to.contain('CAP_NET_ADMIN');
  });

  it('never touch a table or priority of another program', async () => {
    const kernel = kernelWith();
    kernel.families[4].routes.push({
      ...bird('10.9.0.0/16', '10.0.0.7'),
      table: 4711,
      protocol: 4,
    });
    const before = foreignState(kernel);
    const begun = await guardOn(kernel).begin(60);
    expect(begun).to.have.property('guard', 'never');
    expect(await guardOn(kernel).obstacle()).to.contain('4711');
    await guardOn(kernel).end();
    expect(foreignState(kernel)).to.deep.equal(before);
    expect(isClean(kernel)).to.equal(true);
  });

  it('are found and removed also after the settings changed', async () => {
    const kernel = kernelWith();
    await guardOn(kernel, { table: 900, priority: 100 }).begin(60);
    await guardOn(kernel).end();
    expect(isClean(kernel)).to.equal(true);
    expect(await guardOn(kernel).state()).to.deep.equal({ state: 'off' });
  });

  it('name the destinations for which BIRD has no route, and leave some out', async () => {
    const kernel = kernelWith();
    await guardOn(kernel).begin(60);
    const { families } = kernel;
    families[4].routes = families[4].routes.filter(({ table }) => table !== 254);
    const carrying = async (): Promise<unknown> => {
      const state = await guardOn(kernel).state();
      return state.state === 'on' && state.carrying;
    };
    expect(await carrying()).to.have.members(['192.168.1.0/26', '192.168.2.0/26']);
    await guardOn(kernel).leaveOut(['192.168.2.0/26']);
    expect(await carrying()).to.deep.equal(['192.168.1.0/26']);
    expect(copies(kernel, 6)).to.have.keys('fd01::/64');
  });

  it('count as past their deadline when the markers are missing', async () => {
    const kernel = kernelWith();
    await guardOn(kernel).begin(60);
    kernel.families[4].routes = kernel.families[4].routes.filter(({ kind }) => kind !== 'throw');
    const state = await guardOn(kernel).state();
    expect(state.state === 'on' && state.left <= 0).to.equal(true);
    expect(state).to.not.have.property('age');
  });

  it('are harmless after a kill at each line: the next begin completes them, and the end leaves nothing', async () => {
    for (let lines = 0; lines < 40; lines += 1) {
      const kernel = kernelWith();
      const before = foreignState(kernel);
      const lookups = (): unknown =>
        ['192.168.1.0/26', '192.168.2.0/26', '8.8.8.8/32'].map((to) =>
          lookUp(kernel.families[4], to),
        );
      const routed = lookups();
      kernel.linesLeft = lines;
      const killed = guardOn(kernel);
      await killed.begin(60);
      await killed.end().catch(() => undefined);
      kernel.linesLeft = undefined;
      expect(lookups()).to.deep.equal(routed);
      expect(await guardOn(kernel).begin(60)).to.include({ guard: 'on', routes: 3 });
      expect(lookups()).to.deep.equal(routed);
      await guardOn(kernel).end();
      expect(isClean(kernel)).to.equal(true);
      expect(foreignState(kernel)).to.deep.equal(before);
    }
  });

  it("match BIRD's routes after any half-made guard, and change nothing twice", async () => {
    const path = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3');
    const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 3 });
    const table = fc.dictionary(fc.constantFrom('1', '2', '3', '4'), paths);
    await fc.assert(
      fc.asyncProperty(table, table, fc.boolean(), async (routes, leftovers, hasRule) => {
        const entries = (all: Readonly<Record<string, string[]>>): KernelEntry[] =>
          Object.entries(all).map(([at, gateways]) => bird(`192.168.${at}.0/26`, ...gateways));
        const kernel = createMemoryKernel();
        const left = entries(leftovers).map((one) => ({ ...one, table: 4711, protocol: 203 }));
        kernel.families[4].routes = [...entries(routes), ...left];
        if (hasRule) {
          const rule = { priority: 32_764, table: 254, protocol: 203, suppress: 0 };
          kernel.families[4].rules.push(rule);
        }
        await guardOn(kernel).begin(60);
        if (Object.keys(routes).length === 0) return;
        expect(copies(kernel)).to.deep.equal(
          Object.fromEntries(
            entries(routes).map(({ destination, hops }) => [destination, hops.toSorted()]),
          ),
        );
        const once = everything(kernel);
        await guardOn(kernel).begin(60);
        expect(everything(kernel)).to.deep.equal(once);
        await guardOn(kernel).end();
        expect(isClean(kernel)).to.equal(true);
      }),
    );
  });
});
