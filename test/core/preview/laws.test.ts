/** Laws of previews, on the examples and on a fleet of both families. */
import { expect } from 'chai';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { parseNodes } from '../../../core/facts/parse-nodes.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import { parseConfig } from '../../../core/config/parse.ts';
import { expectedSessions, type KnownNode } from '../../../core/sessions/expected-sessions.ts';
import type { Session } from '../../../schemas/generated/fleet-preview.ts';
import { resolveAll } from '../../support/samples/models.ts';
import { config, dualStack, previewed } from './previewed.ts';

async function examples(): Promise<readonly { text: string; nodes: readonly NodeFacts[] }[]> {
  const folder = path.resolve('examples');
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) => {
        const read = (file: string): Promise<string> =>
          readFile(path.join(folder, name, file), 'utf8').catch(() => '');
        return { text: await read('config.yaml'), list: await read('nodes.yaml') };
      }),
  );
  return found.flatMap(({ text, list }) => {
    const nodes = parseNodes(list);
    return nodes.ok && text !== '' ? [{ text, nodes: nodes.nodes }] : [];
  });
}

const rack = (name: string, asNumber: number, more: object = {}): object => ({
  name,
  match: { selector: `rack == '${name}'` },
  asNumber,
  peers: [
    { address: `10.200.0.${String(asNumber % 100)}`, asNumber: 64_900 },
    { address: `fd00:200::${String(asNumber % 100)}`, asNumber: 64_900, ...more },
  ],
});
const reflectors = {
  name: 'reflectors',
  match: { selector: 'has(reflector)' },
  routeReflectorClusterId: '10.255.0.1',
};
const toReflectors = ['10.0.0.2', '10.0.1.2', 'fd00:0:0:0::2', 'fd00:0:0:1::2'].map((address) => ({
  address,
  asNumber: 64_512,
}));

/** Each gives the mesh, an AS number and groups, so that nothing of another one stays. */
const configs: Readonly<Record<string, string>> = {
  mesh: config({ bgp: { asNumber: 64_512, nodeToNodeMesh: true }, groups: [] }),
  'mesh beside reflectors': config({
    bgp: { asNumber: 64_512, nodeToNodeMesh: true, peers: toReflectors },
    groups: [reflectors],
  }),
  reflectors: config({
    bgp: { asNumber: 64_512, nodeToNodeMesh: false, peers: toReflectors },
    groups: [reflectors],
  }),
  racks: config({
    bgp: { asNumber: 64_512, nodeToNodeMesh: false },
    groups: [rack('r0', 64_601), rack('r1', 4_200_000_002, { port: 1179 })],
  }),
  'racks in the mesh': config({
    bgp: { asNumber: 64_512, nodeToNodeMesh: true, peering: 'per-node' },
    groups: [rack('r0', 64_601), reflectors],
  }),
  'peers with nodes of one family': config({
    bgp: { asNumber: 64_512, nodeToNodeMesh: true, peers: toReflectors.slice(0, 1) },
    groups: [rack('r1', 64_512)],
  }),
};

const numbered = (...numbers: readonly number[]): string =>
  config({
    bgp: { nodeToNodeMesh: true },
    groups: numbers.map((asNumber, index) => rack(`r${String(index)}`, asNumber)),
  });

/** Without a number for all nodes: a node without one takes its neighbours for its own AS. */
const withoutGlobal: Readonly<Record<string, string>> = {
  'no numbers': numbered(),
  'numbers for one rack': numbered(64_601),
  'one number for both racks': numbered(64_601, 64_601),
  'two numbers': numbered(64_602, 64_601),
};

const pairs = [configs, withoutGlobal].flatMap((set) =>
  Object.entries(set).flatMap(([nameBefore, before]) =>
    Object.entries(set).map(([nameAfter, after]) => ({
      title: `${nameBefore} → ${nameAfter}`,
      before,
      after,
    })),
  ),
);

describe('laws of a preview', () => {
  it('a configuration compared with itself changes nothing, for each example', async () => {
    const all = await examples();
    expect(all.length).to.be.greaterThan(10);
    for (const { text, nodes } of all) {
      const { outcome, sessions, changes, clusterWide, needsStep, traffic } = previewed(
        text,
        text,
        nodes,
      );
      expect({ outcome, sessions, changes, clusterWide, needsStep, traffic }, text).to.deep.equal({
        outcome: 'same',
        sessions: { gained: 0, lost: 0, changed: 0 },
        changes: [],
        clusterWide: { resources: [], left: 0, sections: [], kept: [] },
        needsStep: [],
        traffic: { lost: [], left: 0 },
      });
    }
  });

  const nodes = [
    ...dualStack(7),
    ...dualStack(9)
      .slice(7)
      .map((one) => ({ ...one, addresses: one.addresses.slice(0, 1) })),
  ];
  for (const { title, before, after } of pairs) {
    it(`has exactly the difference of the sessions: ${title}`, () => {
      const chosen = nodes.map(({ name }) => name);
      const preview = previewed(before, after, nodes, { chosen });
      const [was, is] = [sessionsOf(before, nodes), sessionsOf(after, nodes)];
      const shown = new Map(preview.chosen?.map((one) => [one.nodes.first[0], one]));
      const sum = { gained: 0, lost: 0, changed: 0 };
      for (const { name } of nodes) {
        const expected = difference(was.get(name), is.get(name));
        const { sessions } = shown.get(name) ?? {};
        expect(
          {
            gained: (sessions?.gained.first ?? []).map(textOf).sort(),
            lost: (sessions?.lost.first ?? []).map(textOf).sort(),
            changed: (sessions?.changed.first ?? [])
              .map((one) => `${textOf(one.before)} → ${textOf(one.after)}`)
              .sort(),
          },
          name,
        ).to.deep.equal(expected);
        for (const kind of ['gained', 'lost', 'changed'] as const) {
          expect(sessions?.[kind].count ?? 0, `${name} ${kind}`).to.equal(expected[kind].length);
          sum[kind] += expected[kind].length;
        }
      }
      expect(preview.sessions).to.deep.equal(sum);
      expect(
        preview.left + preview.changes.reduce((all, one) => all + one.nodes.count, 0),
      ).to.equal(preview.nodes.changed);
    });
  }
});

type Texts = ReadonlyMap<string, string>;

function difference(
  before: Texts = new Map(),
  after: Texts = new Map(),
): { gained: string[]; lost: string[]; changed: string[] } {
  return {
    gained: [...after].flatMap(([key, text]) => (before.has(key) ? [] : [text])).sort(),
    lost: [...before].flatMap(([key, text]) => (after.has(key) ? [] : [text])).sort(),
    changed: [...after]
      .flatMap(([key, text]) => {
        const was = before.get(key);
        return was === undefined || was === text ? [] : [`${was} → ${text}`];
      })
      .sort(),
  };
}

function textOf({ neighbor, port, localAs, remoteAs, origin }: Session): string {
  return [neighbor, port ?? 179, localAs, remoteAs, origin].join(' ');
}

/** The sessions of each node, one by one, as the agent expects them, with those that Calico mirrors. */
function sessionsOf(text: string, nodes: readonly NodeFacts[]): ReadonlyMap<string, Texts> {
  const parsed = parseConfig(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const { model } = parsed;
  const resolutions = new Map(resolveAll(model, nodes).map((one) => [one.node, one]));
  const known = new Map(
    nodes.flatMap(({ name, addresses }) => {
      const { asNumber, routeReflectorClusterId } = resolutions.get(name) ?? {};
      const node: KnownNode = {
        name,
        ...(asNumber !== undefined && { asNumber: asNumber.value }),
        ...(routeReflectorClusterId !== undefined && {
          routeReflectorClusterId: routeReflectorClusterId.value,
        }),
      };
      return addresses.map(({ address }) => [address, node] as const);
    }),
  );
  const found = new Map(nodes.map(({ name }) => [name, new Map<string, string>()]));
  const put = (node: string, key: string, words: readonly unknown[]): void => {
    const own = found.get(node);
    if (own?.has(key) === false) own.set(key, words.join(' '));
  };
  const own = nodes.map((facts) => {
    const resolution = resolutions.get(facts.name);
    if (resolution === undefined) throw new Error(facts.name);
    const mesh = model.bgp.nodeToNodeMesh?.value !== false;
    const { addresses } = facts;
    return {
      facts,
      sessions: [...expectedSessions({ resolution, addresses, mesh, nodes: known })],
      localAs: resolution.asNumber?.value,
    };
  });
  const add = (origin: 'configuration' | 'mesh'): void => {
    for (const { facts, sessions, localAs } of own) {
      for (const { neighbor, port = 179, remoteAs, origin: its } of sessions) {
        const key = `${neighbor} ${String(port)}`;
        if (its === origin) put(facts.name, key, [neighbor, port, localAs, remoteAs, origin]);
      }
    }
  };
  add('configuration');
  for (const { facts, sessions, localAs } of own) {
    for (const { neighbor, family, port, remoteAs, origin } of sessions) {
      const target = known.get(neighbor);
      if (origin !== 'configuration' || target === undefined || target.asNumber !== remoteAs)
        continue;
      const back = facts.addresses.find((one) => one.family === family)?.address;
      if (back === undefined || port !== undefined) continue;
      put(target.name, `${back} 179`, [back, 179, target.asNumber, localAs, 'calico']);
    }
  }
  add('mesh');
  return found;
}
