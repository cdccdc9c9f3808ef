import { expect } from 'chai';
import fc from 'fast-check';
import { Document, isCollection, visit } from 'yaml';
import { editYaml, type YamlChange } from '../../../core/yaml-edit/edit-yaml.ts';
import { isRecord } from '../../../core/yaml-edit/same-data.ts';
import type { YamlValue } from '../../../core/yaml-edit/written-value.ts';
import { applyPatches, undoPatches } from '../../../core/yaml-edit/text-patch.ts';

const cluster = `# the cluster of team a
apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
spec:
    kubernetesVersion: "1.28.4"   # quoted
    networking:
        calico: {} # the default

    # the pods
    podCIDR:   100.96.0.0/11
    subnets:
    - name: a
      cidr: 172.20.32.0/19
    - {name: b, cidr: 172.20.64.0/19}
    topology: {masters: private,  nodes: private}
    notes: |
      two
      lines
`;

const set = (path: YamlChange['path'], value: YamlValue): YamlChange => ({
  kind: 'set',
  path,
  value,
});
const unset = (path: YamlChange['path']): YamlChange => ({ kind: 'unset', path });

function edit(text: string, ...changes: readonly YamlChange[]): string {
  const edited = editYaml(text, 0, changes);
  if (!edited.ok) throw new Error(edited.message);
  expect(applyPatches(edited.text, undoPatches(edited.patches))).to.equal(text);
  return edited.text;
}

/** The lines that differ, the new ones with +. */
function difference(before: string, after: string): readonly string[] {
  const [old, made] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter((line) => !made.includes(line)).map((line) => `-${line}`),
    ...made.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}

describe('editYaml', () => {
  const cases: readonly (readonly [string, YamlChange, readonly string[]])[] = [
    [
      'opens an empty mapping, and keeps its comment',
      set(['spec', 'networking', 'calico', 'mtu'], 8981),
      [
        '-        calico: {} # the default',
        '+        calico: # the default',
        '+            mtu: 8981',
      ],
    ],
    [
      'replaces a plain value, and keeps the spaces before it',
      set(['spec', 'podCIDR'], '10.0.0.0/16'),
      ['-    podCIDR:   100.96.0.0/11', '+    podCIDR:   10.0.0.0/16'],
    ],
    [
      'quotes a text that others read as a number',
      set(['spec', 'kubernetesVersion'], '1.30'),
      ['-    kubernetesVersion: "1.28.4"   # quoted', '+    kubernetesVersion: "1.30"   # quoted'],
    ],
    [
      'adds an entry with the indentation of its mapping, after the last one',
      set(['spec', 'kubeProxy', 'enabled'], false),
      ['+    kubeProxy:', '+        enabled: false'],
    ],
    [
      'adds to a mapping in brackets',
      set(['spec', 'topology', 'dns'], 'none'),
      [
        '-    topology: {masters: private,  nodes: private}',
        '+    topology: {masters: private,  nodes: private, dns: none}',
      ],
    ],
    [
      'removes from a mapping in brackets',
      unset(['spec', 'topology', 'masters']),
      ['-    topology: {masters: private,  nodes: private}', '+    topology: {nodes: private}'],
    ],
    [
      'removes an entry with its line, and not the comment above it',
      unset(['spec', 'podCIDR']),
      ['-    podCIDR:   100.96.0.0/11'],
    ],
    [
      'changes an item of a list',
      set(['spec', 'subnets', 0, 'cidr'], '172.20.0.0/19'),
      ['-      cidr: 172.20.32.0/19', '+      cidr: 172.20.0.0/19'],
    ],
    [
      'removes the first entry of an item of a list',
      unset(['spec', 'subnets', 0, 'name']),
      ['-    - name: a', '-      cidr: 172.20.32.0/19', '+    - cidr: 172.20.32.0/19'],
    ],
    [
      'replaces a block of text, and keeps the line break after it',
      set(['spec', 'notes'], 'one'),
      ['-    notes: |', '-      two', '-      lines', '+    notes: one'],
    ],
    [
      'gives an entry another key and value, in its place',
      { kind: 'rename', path: ['spec', 'networking', 'calico'], key: 'cilium', value: {} },
      ['-        calico: {} # the default', '+        cilium: {} # the default'],
    ],
    [
      'gives an entry another key and a value of several lines',
      {
        kind: 'rename',
        path: ['spec', 'networking', 'calico'],
        key: 'flannel',
        value: { backend: 'vxlan' },
      },
      [
        '-        calico: {} # the default',
        '+        flannel: # the default',
        '+            backend: vxlan',
      ],
    ],
  ];
  for (const [name, change, lines] of cases) {
    it(name, () => {
      expect(difference(cluster, edit(cluster, change))).to.deep.equal(lines);
    });
  }

  it('gives the same bytes when what it set is removed, or set back', () => {
    const mtu = ['spec', 'networking', 'calico', 'mtu'];
    expect(edit(cluster, set(mtu, 1440), unset(mtu))).to.equal(cluster);
    const pods = ['spec', 'podCIDR'];
    expect(edit(cluster, set(pods, '10.0.0.0/8'), set(pods, '100.96.0.0/11'))).to.equal(cluster);
    const proxy = ['spec', 'kubeProxy'];
    expect(edit(cluster, set([...proxy, 'enabled'], false), unset(proxy))).to.equal(cluster);
    const network = ['spec', 'networking'];
    const there: YamlChange = {
      kind: 'rename',
      path: [...network, 'calico'],
      key: 'weave',
      value: { mtu: 8912 },
    };
    const back: YamlChange = {
      kind: 'rename',
      path: [...network, 'weave'],
      key: 'calico',
      value: {},
    };
    expect(edit(cluster, there, back)).to.equal(cluster);
  });

  it('keeps CRLF, and a last line without a line break', () => {
    const text = 'spec:\r\n  networking:\r\n    calico: {}';
    const mtu = ['spec', 'networking', 'calico', 'mtu'];
    const made = edit(text, set(mtu, 1440));
    expect(made).to.equal('spec:\r\n  networking:\r\n    calico:\r\n      mtu: 1440');
    expect(edit(made, unset(mtu))).to.equal(text);
  });

  it('writes JSON into JSON', () => {
    const text = '{\n  "spec": {\n    "networking": {"calico": {}}\n  }\n}\n';
    const made = edit(
      text,
      set(['spec', 'networking', 'calico', 'ipipMode'], 'Always'),
      set(['spec', 'podCIDR'], '10.0.0.0/8'),
    );
    expect(JSON.parse(made)).to.deep.equal({
      spec: { networking: { calico: { ipipMode: 'Always' } }, podCIDR: '10.0.0.0/8' },
    });
    expect(made).to.contain(',\n    "podCIDR": "10.0.0.0/8"');
  });

  it('changes one of several documents', () => {
    const text = 'a: 1\n---\n---\n# second\nb: 2\n';
    const edited = editYaml(text, 1, [set(['b'], 3)]);
    expect(edited).to.include({ ok: true, text: 'a: 1\n---\n---\n# second\nb: 3\n' });
  });

  it('refuses what an anchor or an alias would change elsewhere', () => {
    const text = 'a: &one {x: 1}\nb: *one\n';
    for (const change of [unset(['a']), set(['a'], 2), set(['b', 'x'], 2), set(['a', 'x'], 2)]) {
      const edited = editYaml(text, 0, [change]);
      expect(edited.ok, JSON.stringify(change)).to.equal(false);
      expect(edited).to.have.property('hint').that.contains('by hand');
    }
    expect(editYaml(text, 0, [unset(['c'])]).ok).to.equal(false);
  });
});

describe('editYaml, as laws', () => {
  const key = fc.constantFrom('mtu', 'calico', 'name', 'yes', '1', 'a b', '__proto__', 'ipipMode');
  const leaf = fc.oneof(
    fc.constantFrom('Always', '1.30', 'yes', '', ' x', 'a: b', '# no', 'two\nlines', '0755', '~'),
    fc.integer({ min: -5, max: 9000 }),
    fc.boolean(),
    fc.constant(null),
  );
  const { tree } = fc.letrec<{ tree: Record<string, YamlValue>; node: YamlValue }>((tie) => ({
    tree: fc.dictionary(key, tie('node'), { maxKeys: 4 }),
    node: fc.oneof({ maxDepth: 3 }, leaf, fc.array(leaf, { maxLength: 3 }), tie('tree')),
  }));
  const written = fc.record({
    data: tree.filter((data) => Object.keys(data).length > 0),
    indent: fc.constantFrom(2, 4),
    indentSeq: fc.boolean(),
    isFlow: fc.boolean(),
    flowAt: fc.integer({ min: 0, max: 5 }),
    break: fc.constantFrom('\n', '\r\n'),
    comments: fc.boolean(),
  });
  type Written = typeof written extends fc.Arbitrary<infer T> ? T : never;

  function textOf(given: Written): string {
    const document = new Document(given.data, { aliasDuplicateObjects: false });
    let count = 0;
    visit(document, {
      Map: (_key, node) => {
        count += 1;
        if (given.isFlow && count > given.flowAt) node.flow = true;
      },
      Pair: (_key, pair) => {
        const { value } = pair;
        if (given.comments && isCollection(value) && value.flow !== true)
          value.commentBefore = ' why';
      },
    });
    const text = document.toString({ indent: given.indent, indentSeq: given.indentSeq });
    return text.replaceAll('\n', given.break);
  }
  const path = fc.array(key, { minLength: 1, maxLength: 4 });

  it('undoes every edit to the same bytes', () => {
    fc.assert(
      fc.property(written, path, fc.oneof(leaf, tree), fc.boolean(), (given, at, value, isSet) => {
        const text = textOf(given);
        const edited = editYaml(text, 0, [isSet ? set(at, value) : unset(at)]);
        if (!edited.ok) return;
        expect(applyPatches(edited.text, undoPatches(edited.patches))).to.equal(text);
      }),
      { numRuns: 400 },
    );
  });

  it('gives the same bytes when a new entry is removed again', () => {
    let done = 0;
    fc.assert(
      fc.property(written, fc.array(key, { maxLength: 2 }), leaf, (given, above, value) => {
        const text = textOf(given);
        const at = [...above, 'new'];
        const there = editYaml(text, 0, [set(at, value)]);
        // Parents that the edit had to make stay as {}; they are another entry.
        if (!there.ok || !isMapAt(given.data, above)) return;
        expect(there.text.split('# why').length).to.equal(text.split('# why').length);
        // {} in a line of its own comes back beside its key.
        if (/^ *\{\}/m.test(text)) return;
        const back = editYaml(there.text, 0, [unset(at)]);
        expect(back).to.include({ ok: true, text });
        done += 1;
      }),
      { numRuns: 400 },
    );
    expect(done).to.be.greaterThan(50);
  });

  function isMapAt(data: unknown, keys: readonly string[]): boolean {
    let current = data;
    for (const one of keys) {
      if (!isRecord(current) || !Object.hasOwn(current, one)) return false;
      current = current[one];
    }
    return isRecord(current);
  }
});
