import { expect } from 'chai';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { applyEdits } from '../../../../core/platform/edit/apply-edits.ts';
import { linesOf } from '../../../../core/platform/edit/edited.ts';
import type { YamlEdit, YamlStep, YamlValue } from '../../../../core/platform/edit/file-edit.ts';
import { applyUndo, undoOf } from '../../../../core/platform/edit/undo.ts';

const manifest = `# Calico
---
kind: ConfigMap
apiVersion: v1
metadata:
  name: calico-config
data:
  calico_backend: "vxlan" # the backend
  veth_mtu: '0'
  conf: |
    {"a": 1}

---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system}
spec:
  template:
    spec:
      containers:
        - image: calico/node
          name: calico-node
          env:
            # first
            - name: IP
              value: "autodetect"
            - name: CALICO_IPV4POOL_VXLAN
              value: "Always" # kept
          livenessProbe:
            exec:
              command:
              - /bin/calico-node
              - -felix-live
              # - -bird-live
            periodSeconds: 10
          args: [one, "two"]
        - name: other
---
kind: DaemonSet
metadata: {name: calico-kube-controllers}
`;

const daemonSet = { kind: 'DaemonSet', name: 'calico-node' } as const;
const config = { kind: 'ConfigMap', name: 'calico-config' } as const;
const container: readonly YamlStep[] = [
  ...['spec', 'template', 'spec', 'containers'],
  { key: 'name', value: 'calico-node' },
];

interface Asked {
  readonly document?: YamlEdit['document'];
  readonly at: readonly YamlStep[];
  readonly value?: YamlValue;
}

function edit({ document = daemonSet, ...asked }: Asked): YamlEdit {
  return { form: 'yaml', path: '/cni.yaml', reasons: [], document, ...asked };
}

function edited(text: string, ...asked: Asked[]): string {
  const result = applyEdits(text, asked.map(edit));
  if (!result.ok) throw new Error(`${result.fault.code}: ${result.fault.message}`);
  return result.text ?? '';
}

/** `-line` and `+line` of what differs. */
function differences(before: string, after: string): readonly string[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < old.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) {
    end += 1;
  }
  return [
    ...old.slice(start, old.length - end).map((line) => `-${line.trimEnd()}`),
    ...now.slice(start, now.length - end).map((line) => `+${line.trimEnd()}`),
  ];
}

const cases: readonly (readonly [name: string, asked: Asked, differences: string[]])[] = [
  [
    'a text in its quotes, beside a comment',
    { document: config, at: ['data', 'calico_backend'], value: 'bird' },
    ['-  calico_backend: "vxlan" # the backend', '+  calico_backend: "bird" # the backend'],
  ],
  [
    'a text in single quotes',
    { document: config, at: ['data', 'veth_mtu'], value: '1400' },
    ["-  veth_mtu: '0'", "+  veth_mtu: '1400'"],
  ],
  [
    'a mapping by a new key after a block text',
    { document: config, at: ['data', 'typha'], value: 'none' },
    ['+  typha: none'],
  ],
  [
    'the value of an item',
    {
      at: [...container, 'env', { key: 'name', value: 'CALICO_IPV4POOL_VXLAN' }, 'value'],
      value: 'Never',
    },
    ['-              value: "Always" # kept', '+              value: "Never" # kept'],
  ],
  [
    'a list by a new item',
    {
      at: [...container, 'env', { key: 'name', value: 'IP6' }],
      value: { name: 'IP6', value: 'autodetect' },
    },
    ['+            - name: IP6', '+              value: autodetect'],
  ],
  [
    'a list of texts by a new one, before a comment',
    {
      at: [...container, 'livenessProbe', 'exec', 'command', { item: '-bird-live' }],
      value: '-bird-live',
    },
    ['+              - -bird-live'],
  ],
  [
    'nothing where the item is there',
    {
      at: [...container, 'livenessProbe', 'exec', 'command', { item: '-felix-live' }],
      value: '-felix-live',
    },
    [],
  ],
  [
    'a list without an item',
    { at: [...container, 'env', { key: 'name', value: 'CALICO_IPV4POOL_VXLAN' }] },
    ['-            - name: CALICO_IPV4POOL_VXLAN', '-              value: "Always" # kept'],
  ],
  [
    'a mapping without the key behind the dash',
    { at: [...container, 'image'] },
    [
      '-        - image: calico/node',
      '-          name: calico-node',
      '+        - name: calico-node',
    ],
  ],
  [
    'a list in brackets',
    { at: [...container, 'args', { item: 'x: y' }], value: 'x: y' },
    ['-          args: [one, "two"]', '+          args: [one, "two", "x: y"]'],
  ],
  [
    'a list in brackets without an item',
    { at: [...container, 'args', { item: 'one' }] },
    ['-          args: [one, "two"]', '+          args: ["two"]'],
  ],
  [
    'a mapping in braces',
    { at: ['metadata', 'labels'], value: { a: 'b' } },
    [
      '-metadata: {name: calico-node, namespace: kube-system}',
      '+metadata: {name: calico-node, namespace: kube-system, labels: {"a":"b"}}',
    ],
  ],
  [
    'a mapping by a new mapping',
    { at: [...container, 'securityContext'], value: { privileged: true, list: ['yes', '1'] } },
    [
      '+          securityContext:',
      '+            privileged: true',
      '+            list:',
      '+              - "yes"',
      '+              - "1"',
    ],
  ],
  [
    'several keys of a mapping',
    { at: [...container, 'livenessProbe'], value: { periodSeconds: 20, timeoutSeconds: 5 } },
    [
      '-            periodSeconds: 10',
      '+            periodSeconds: 20',
      '+            timeoutSeconds: 5',
    ],
  ],
];

const env = [...container, 'env', { key: 'name', value: 'IP' }];
const refused: readonly (readonly [name: string, text: string, asked: Asked, code: string])[] = [
  [
    'a document that is not there',
    manifest,
    { document: { kind: 'Job', name: 'x' }, at: ['a'] },
    'document-missing',
  ],
  [
    'a document that is there twice',
    `${manifest}---\n${manifest}`,
    { at: ['a'], value: 1 },
    'document-twice',
  ],
  [
    'a place that is not there',
    manifest,
    { at: ['spec', 'no', 'x'], value: 1 },
    'yaml-place-missing',
  ],
  [
    'an item that is there twice',
    manifest.replace('CALICO_IPV4POOL_VXLAN', 'IP'),
    { at: [...env, 'value'], value: '1' },
    'yaml-place-twice',
  ],
  [
    'a key that is there twice',
    'a: 1\na: 2\n',
    { document: 'only', at: ['a'], value: 3 },
    'yaml-place-twice',
  ],
  [
    'a value with an anchor',
    'a: &x 1\nb: *x\n',
    { document: 'only', at: ['a'], value: 3 },
    'yaml-anchor',
  ],
  [
    'a place behind an alias',
    'a: &x {c: 1}\nb: *x\n',
    { document: 'only', at: ['b', 'c'], value: 3 },
    'yaml-anchor',
  ],
  [
    'a list where a text is asked for',
    'a: [1]\n',
    { document: 'only', at: ['a'], value: 3 },
    'yaml-shape',
  ],
  [
    'a text of several lines',
    'a: |\n  x\n',
    { document: 'only', at: ['a'], value: 'y' },
    'yaml-shape',
  ],
  ['a file that is no YAML', 'a: [1\n', { document: 'only', at: ['a'], value: 'y' }, 'yaml-'],
  [
    'a tab as indentation',
    'a:\n\tb: 1\n',
    { document: 'only', at: ['a', 'b'], value: 'y' },
    'yaml-',
  ],
  [
    'a file of 5 MB',
    `a: ${'x'.repeat(5 * 1024 * 1024)}\n`,
    { document: 'only', at: ['a'], value: 'y' },
    'too-large',
  ],
];

describe('an edit of a YAML file', () => {
  for (const [name, asked, expected] of cases) {
    it(`changes ${name}`, () => {
      const after = edited(manifest, asked);
      expect(differences(manifest, after)).to.deep.equal(expected);
      expect(parseAllDocuments(after).flatMap(({ errors }) => errors)).to.deep.equal([]);
    });
    it(`keeps CRLF and a BOM where it changes ${name}`, () => {
      const text = `\uFEFF${manifest.replaceAll('\n', '\r\n')}`;
      expect(edited(text, asked)).to.equal(
        `\uFEFF${edited(manifest, asked).replaceAll('\n', '\r\n')}`,
      );
    });
    it(`is undone where it changes ${name}`, () => {
      const after = edited(manifest, asked);
      expect(applyUndo(after, undoOf(manifest, after))).to.deep.equal({ text: manifest, lost: 0 });
    });
  }
  for (const [name, text, asked, code] of refused) {
    it(`refuses ${name}`, () => {
      const result = applyEdits(text, [edit(asked)]);
      expect(result).to.include({ ok: false });
      expect(result).to.have.nested.property('fault.code').that.includes(code);
    });
  }

  it('names the line of a fault in the whole file', () => {
    const text = manifest.replace('name: IP\n', 'name: [IP\n');
    const result = applyEdits(text, [edit({ at: ['spec', 'x'], value: 1 })]);
    expect(result).to.have.nested.property('fault.line').that.is.within(24, 26);
  });

  it('sets a key that has no value', () => {
    expect(edited('a: # note\nb:\n', { document: 'only', at: ['a'], value: 'x' })).to.equal(
      'a: x # note\nb:\n',
    );
    expect(edited('a:\nb:', { document: 'only', at: ['b'], value: 'x' })).to.equal('a:\nb: x');
  });

  it('adds to and takes from a file without a final line end', () => {
    const asked = { document: 'only', at: ['b'] } as const;
    expect(edited('a: 1', { ...asked, value: 2 })).to.equal('a: 1\nb: 2');
    expect(edited('a: 1\nb: 2', asked)).to.equal('a: 1');
  });

  it('does not parse the documents that it does not change', () => {
    const broken = `kind: Secret\na: [\n---\n${manifest}`;
    expect(edited(broken, { at: ['spec', 'x'], value: 1 })).to.include('x: 1');
  });

  const line = fc.constantFrom('', '# note', '  # deep note', '   ');
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const value = fc.constantFrom(
    ...['1', '"1"', "'x y'", 'plain', '[a, b]', '{a: b}', '"é\\n"', ''],
  );
  const file = fc
    .tuple(
      fc.uniqueArray(fc.tuple(name, value, line, fc.boolean()), {
        minLength: 1,
        maxLength: 4,
        selector: ([key]) => key,
      }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
    )
    .map(([pairs, end, isCut]) => {
      const lines = pairs.flatMap(([key, source, note, isNested]) => [
        isNested ? `${key}:${end}  in: ${source}` : `${key}: ${source}`,
        note,
      ]);
      const text = lines.join(end) + end;
      return isCut ? text.trimEnd() : text;
    });
  const change = fc.record(
    {
      document: fc.constant('only' as const),
      at: fc.tuple(name),
      value: fc.constantFrom<YamlValue>('x', 'yes', '0.1', 7, true, 'a: b', '#', ''),
    },
    { requiredKeys: ['document', 'at'] },
  );

  it('and its undo give the same bytes, for any file', () => {
    fc.assert(
      fc.property(file, change, (text, asked) => {
        const result = applyEdits(text, [edit(asked)]);
        if (!result.ok || result.text === undefined) return;
        expect(applyUndo(result.text, undoOf(text, result.text))).to.deep.equal({ text, lost: 0 });
        expect(applyEdits(result.text, [edit(asked)])).to.deep.include({ text: result.text });
        const before: unknown = parseAllDocuments(text)[0]?.toJS();
        const after: unknown = parseAllDocuments(result.text)[0]?.toJS();
        const [key] = asked.at;
        const rest = Object.fromEntries(
          Object.entries(before ?? {}).filter(([one]) => one !== key),
        );
        expect(after ?? {}).to.deep.equal(
          asked.value === undefined ? rest : { ...rest, [key]: asked.value },
        );
      }),
      { numRuns: 1000 },
    );
  });
});
