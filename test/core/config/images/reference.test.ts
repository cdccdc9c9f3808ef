import { expect } from 'chai';
import {
  isSameImage,
  parseReference,
  referenceText,
  type ImageReference,
} from '../../../../core/config/images/reference.ts';
import { parseRegistry } from '../../../../core/config/images/registry.ts';

const sha = 'a'.repeat(64);

/** As the reference implementation reads them, before it fills in docker.io and library/. */
const taken: readonly (readonly [text: string, value: ImageReference])[] = [
  ['calico/node', { path: 'calico/node' }],
  ['calico/node:v3.29.3', { path: 'calico/node', tag: 'v3.29.3' }],
  ['docker.io/calico/node:v3.29.3', { registry: 'docker.io', path: 'calico/node', tag: 'v3.29.3' }],
  ['quay.io/calico/cni:v3.29.3', { registry: 'quay.io', path: 'calico/cni', tag: 'v3.29.3' }],
  ['node', { path: 'node' }],
  ['node:1', { path: 'node', tag: '1' }],
  [
    'registry.example:5000/calico/node:v3.29.3',
    { registry: 'registry.example:5000', path: 'calico/node', tag: 'v3.29.3' },
  ],
  ['registry:5000/node', { registry: 'registry:5000', path: 'node' }],
  ['localhost/node:v1', { registry: 'localhost', path: 'node', tag: 'v1' }],
  ['localhost:5000/node:v1', { registry: 'localhost:5000', path: 'node', tag: 'v1' }],
  ['Registry/node:v1', { registry: 'Registry', path: 'node', tag: 'v1' }],
  ['REGISTRY.example/node', { registry: 'REGISTRY.example', path: 'node' }],
  ['10.0.0.5/calico/node', { registry: '10.0.0.5', path: 'calico/node' }],
  ['10.0.0.5:5000/calico/node', { registry: '10.0.0.5:5000', path: 'calico/node' }],
  ['[::1]/calico/node:v1', { registry: '[::1]', path: 'calico/node', tag: 'v1' }],
  [
    '[2001:db8::5]:5000/calico/node:v1',
    { registry: '[2001:db8::5]:5000', path: 'calico/node', tag: 'v1' },
  ],
  ['a.b/c/d/e/f:g', { registry: 'a.b', path: 'c/d/e/f', tag: 'g' }],
  ['a/b/c', { path: 'a/b/c' }],
  ['a__b/c', { path: 'a__b/c' }],
  ['a--b/c', { path: 'a--b/c' }],
  [`calico/node@sha256:${sha}`, { path: 'calico/node', digest: `sha256:${sha}` }],
  [
    `calico/node:v3.29.3@sha256:${sha}`,
    { path: 'calico/node', tag: 'v3.29.3', digest: `sha256:${sha}` },
  ],
  [`calico/node@sha512:${sha}${sha}`, { path: 'calico/node', digest: `sha512:${sha}${sha}` }],
  ['calico/node:V3.29.3', { path: 'calico/node', tag: 'V3.29.3' }],
  ['calico/node:_a', { path: 'calico/node', tag: '_a' }],
  [`calico/node:${'t'.repeat(128)}`, { path: 'calico/node', tag: 't'.repeat(128) }],
  [
    'rancher/mirrored-calico-node:v3.29.3',
    { path: 'rancher/mirrored-calico-node', tag: 'v3.29.3' },
  ],
  ['calico/node-arm64:v3.6.1', { path: 'calico/node-arm64', tag: 'v3.6.1' }],
  [
    'rocks.canonical.com:443/cdk/calico/node:v3.27.4',
    { registry: 'rocks.canonical.com:443', path: 'cdk/calico/node', tag: 'v3.27.4' },
  ],
];

const refused: readonly (readonly [text: string, code: string, words: string])[] = [
  ['', 'image-empty', 'empty'],
  ['  ', 'image-empty', 'empty'],
  ['calico/node: v3', 'image-form', 'space'],
  ['calico/node\n', 'image-form', 'line break'],
  ['https://registry.example/calico/node:v1', 'image-scheme', 'https://'],
  ['docker://calico/node:v1', 'image-scheme', 'docker://'],
  ['oci://registry.example/calico/node', 'image-scheme', 'oci://'],
  ['user:secret@registry.example/calico/node:v1', 'image-credential', 'not shown'],
  ['https://user:secret@registry.example/calico/node', 'image-credential', 'not shown'],
  ['user:secret@registry.example:5000', 'image-credential', 'not shown'],
  [`user:secret@registry.example/calico/node@sha256:${sha}`, 'image-credential', 'not shown'],
  ['user:se!cret@registry:5000', 'image-digest', 'no digest'],
  ['token@registry.example/calico/node', 'image-credential', 'not shown'],
  ['Calico/Node:v1', 'image-uppercase', 'capital'],
  ['docker.io/calico/Node:v1', 'image-uppercase', 'capital'],
  ['registry.example/CALICO/node', 'image-uppercase', 'capital'],
  ['calico/node:', 'image-tag', 'empty'],
  ['calico/node:.v1', 'image-tag', 'without "." or "-" first'],
  ['calico/node:-v1', 'image-tag', 'first'],
  ['calico/node:v1+build', 'image-tag', 'v1+build'],
  [`calico/node:${'t'.repeat(129)}`, 'image-tag', '128 at most'],
  ['calico/node:v1:v2', 'image-tag', 'v1:v2'],
  ['calico//node:v1', 'image-path', 'a "/" too many'],
  ['/calico/node:v1', 'image-path', 'a "/" too many'],
  ['calico/node/:v1', 'image-path', 'a "/" too many'],
  ['calico/-node:v1', 'image-path', '-node'],
  ['calico/node-:v1', 'image-path', 'node-'],
  ['calico/no..de:v1', 'image-path', 'no..de'],
  ['calico/no___de:v1', 'image-path', 'no___de'],
  ['calico/nöde:v1', 'image-path', 'nöde'],
  ['calico/$(id):v1', 'image-path', '$(id)'],
  [`calico/${'n'.repeat(256)}`, 'image-path', '255 at most'],
  [sha, 'image-path', '64 hexadecimal digits'],
  ['registry.example/:v1', 'image-path', 'no path'],
  ['registry.example:5000', 'image-registry', 'no image of it'],
  ['[::1]:5000', 'image-registry', 'no image of it'],
  ['localhost', 'image-registry', 'no image of it'],
  ['registry.example:0/calico/node', 'image-registry', '1 to 65535'],
  ['registry.example:65536/calico/node', 'image-registry', '1 to 65535'],
  ['registry.example:port/calico/node', 'image-registry', '1 to 65535'],
  ['registry.example:/calico/node', 'image-registry', '1 to 65535'],
  ['-registry.example/calico/node', 'image-registry', 'no host name'],
  ['regis_try.example/calico/node', 'image-registry', 'no host name'],
  ['registry..example/calico/node', 'image-registry', 'no host name'],
  ['[::1/calico/node', 'image-registry', 'brackets'],
  ['[fe80::1%eth0]/calico/node', 'image-registry', 'no IPv6 address'],
  ['[::ffff:10.0.0.1]/calico/node', 'image-registry', 'no IPv6 address'],
  ['[10.0.0.1]/calico/node', 'image-registry', 'no IPv6 address'],
  ['2001:db8::5/calico/node', 'image-registry', 'needs brackets'],
  ['2001:db8::1:5000/calico/node', 'image-registry', 'needs brackets'],
  ['calico/node@sha256:abc', 'image-digest', '64 small hexadecimal digits'],
  [`calico/node@sha256:${sha.toUpperCase()}`, 'image-digest', 'small'],
  [`calico/node@md5:${'a'.repeat(32)}`, 'image-digest', 'no digest'],
  [`calico/node@${sha}`, 'image-digest', 'no digest'],
  ['calico/node@', 'image-digest', 'no digest'],
];

const registries: readonly (readonly [text: string, expected: string])[] = [
  ['registry.example', 'registry.example'],
  ['registry.example/', 'registry.example'],
  ['registry.example:5000', 'registry.example:5000'],
  ['registry.example:5000/mirror', 'registry.example:5000/mirror'],
  ['registry.example:5000/mirror/of/calico/', 'registry.example:5000/mirror/of/calico'],
  ['localhost:5000', 'localhost:5000'],
  ['registry:443', 'registry:443'],
  ['10.0.0.5:5000', '10.0.0.5:5000'],
  ['[2001:db8::5]:5000/mirror', '[2001:db8::5]:5000/mirror'],
  ['docker.io', 'docker.io'],
  ['registry', 'image-registry'],
  ['mirror/calico', 'image-registry'],
  ['registry.example:5000/calico/node:v3.29.3', 'image-registry'],
  ['registry.example//mirror', 'image-path'],
  ['registry.example/Mirror', 'image-uppercase'],
  ['registry.example:99999', 'image-registry'],
  ['https://registry.example', 'image-scheme'],
  ['user:secret@registry.example', 'image-credential'],
  ['https://user:secret@registry.example', 'image-credential'],
  ['', 'image-empty'],
  ['registry.example /x', 'image-form'],
];

describe('the reference of an image', () => {
  for (const [text, value] of taken) {
    it(`takes ${text.slice(0, 60)}`, () => {
      const parsed = parseReference(text);
      expect(parsed).to.deep.equal({ ok: true, value });
      expect(referenceText(value)).to.equal(text);
    });
  }

  for (const [text, code, words] of refused) {
    it(`refuses "${text.slice(0, 60)}" with ${code}`, () => {
      const parsed = parseReference(text);
      if (parsed.ok) throw new Error(`taken as ${JSON.stringify(parsed.value)}`);
      expect(parsed.fault.code).to.equal(code);
      expect(parsed.fault.message).to.include(words);
      expect(parsed.fault.hint).to.not.equal('');
      expect(JSON.stringify(parsed.fault))
        .to.not.include('secret@')
        .and.not.include('token@')
        .and.not.include('se!cret');
    });
  }

  it('takes two texts of one image for the same', () => {
    const same = (one: string, other: string): boolean => {
      const [left, right] = [parseReference(one), parseReference(other)];
      if (!left.ok || !right.ok) throw new Error('not parsed');
      return isSameImage(left.value, right.value);
    };
    expect(same('calico/node:v1', 'docker.io/calico/node:v1')).to.equal(true);
    expect(same('index.docker.io/calico/node', 'calico/node:latest')).to.equal(true);
    expect(same('node', 'docker.io/library/node:latest')).to.equal(true);
    expect(same(`calico/node:v1@sha256:${sha}`, `calico/node@sha256:${sha}`)).to.equal(true);
    expect(same('calico/node:v1', 'quay.io/calico/node:v1')).to.equal(false);
    expect(same('calico/node:v1', 'calico/node:v2')).to.equal(false);
  });
});

describe('the hint of a fault', () => {
  const hints: readonly (readonly [hint: string, from: string, to: string])[] = [
    [
      'copy the digest that docker buildx imagetools inspect',
      'a/b@sha256:abc',
      `a/b@sha256:${sha}`,
    ],
    ['leave the scheme out', 'https://a.b/c', 'a.b/c'],
    [
      'write registry.example:5000/mirror/node:V3.29.3',
      'registry.example:5000/Mirror/node:V3.29.3',
      'registry.example:5000/mirror/node:V3.29.3',
    ],
    ['add the path of the image', 'a.b:5000', 'a.b:5000/calico/node:v3.29.3'],
    ['write it as docker.io/calico/node:v3.29.3', 'a.b/:v1', 'docker.io/calico/node:v3.29.3'],
    [
      'write it as registry.example:5000, or [2001:db8::1]:5000',
      '2001:db8::1/a',
      '[2001:db8::1]:5000/a',
    ],
  ];
  for (const [hint, from, to] of hints) {
    it(`is obeyed: ${hint}`, () => {
      const parsed = parseReference(from);
      expect(parsed.ok ? '' : parsed.fault.hint).to.include(hint);
      expect(parseReference(to).ok).to.equal(true);
    });
  }

  it('of a registry is obeyed', () => {
    const hintOf = (text: string): string => {
      const parsed = parseRegistry(text);
      return parsed.ok ? '' : parsed.fault.hint;
    };
    expect(hintOf('mirror')).to.include('write the host with a domain or a port');
    expect(parseRegistry('mirror:443').ok).to.equal(true);
    expect(hintOf('a.b/c:v1')).to.include('leave the tag out, or write the whole reference');
    expect(parseRegistry('a.b/c').ok).to.equal(true);
    for (const text of ['', 'a.example//', 'a.example/-']) {
      expect(hintOf(text)).to.equal(
        'write it as registry.example:5000, or registry.example/mirror',
      );
    }
    expect(parseRegistry('registry.example/mirror').ok).to.equal(true);
    expect(hintOf('a.b:5000/Mirror')).to.equal('write a.b:5000/mirror');
    expect(hintOf('2001:db8::1:5000')).to.include('[2001:db8::1]:5000');
  });
});

describe('a registry', () => {
  for (const [text, expected] of registries) {
    it(`"${text}" is ${expected}`, () => {
      const parsed = parseRegistry(text);
      expect(parsed.ok ? parsed.value : parsed.fault.code).to.equal(expected);
      expect(JSON.stringify(parsed)).to.not.include('secret');
    });
  }
});
