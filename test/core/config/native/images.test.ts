import { expect } from 'chai';
import { parseConfig } from '../../../../core/config/parse.ts';
import { checkRow, modelOf, type Row } from '../reading-configs.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const sha = `sha256:${'a'.repeat(64)}`;
const images = (...lines: readonly string[]): string =>
  `${head}images:\n${lines.map((line) => `  ${line}\n`).join('')}`;
const pinned = (component: string, name: string): string =>
  `${component}: "docker.io/calico/${name}@${sha}"`;

const rows: readonly Row[] = [
  ['takes a registry', images('registry: registry.example:5000/mirror')],
  ['takes images with digests', images(pinned('node', 'node'), pinned('cni', 'cni'))],
  ['takes images of other names', images(`node: rancher/mirrored-calico-node@${sha}`)],
  [
    'names all faults at once',
    images('registry: https://a.b', 'node: calico/Node:v1', 'kubeControllers: ""', 'pullSecret: A'),
    ['error image-scheme /images/registry 4:13', 'leave the scheme out'],
    ['error image-uppercase /images/node 5:9', 'write calico/node:v1'],
    ['error image-empty /images/kubeControllers 6:20', 'it is empty'],
    ['error image-pull-secret /images/pullSecret 7:15', 'not shown'],
  ],
  [
    'refuses a key that nobody knows',
    images('nod: calico/node:v3.29.3'),
    ['error unknown-key /images/nod 4:3', 'did you mean "node"'],
  ],
  [
    'refuses an owner that nobody knows',
    images('installedBy: helm', 'registry: a.b'),
    ['error unknown-value /images/installedBy 4:16', 'manifest, operator, charm, kops'],
  ],
  [
    'refuses a credential and does not show it',
    images('node: admin:hunter2@registry.example/calico/node:v3.29.3'),
    ['error image-credential /images/node 4:9', 'images.pullSecret'],
  ],
  [
    'says that a tag is not pinned',
    images('node: calico/node:v3.29.3'),
    ['note image-not-pinned /images/node 4:9', '@sha256:'],
  ],
  [
    'says so of a tag that the section gives',
    images('version: v3.29.3', 'node: calico/node'),
    ['note image-not-pinned /images/node 5:9', 'v3.29.3'],
  ],
  [
    'warns of an image without a tag',
    images('node: calico/node'),
    ['warning image-latest /images/node 4:9', 'name a release'],
  ],
  [
    'warns of capital letters that make a registry of the first part',
    images(`node: Calico/node:v3.29.3@${sha}`),
    ['warning image-uppercase /images/node 4:9', '; a registry needs a domain or a port'],
  ],
  [
    'takes capital letters in the domain of a registry',
    images(`node: Registry.Example/calico/node:v3.29.3@${sha}`),
  ],
  [
    'warns of the tag latest',
    images('version: latest', 'node: calico/node:latest'),
    ['warning image-latest /images/version 4:12', 'name a release'],
    ['warning image-latest /images/node 5:9', 'name a release'],
  ],
  [
    'warns of node and kube-controllers that differ',
    images(
      `node: calico/node:v3.29.3@${sha}`,
      `kubeControllers: calico/kube-controllers:v3.28.2@${sha}`,
    ),
    ['warning images-differ /images/kubeControllers 5:20', 'use v3.29.3 for both'],
  ],
  [
    'compares with the version of the section',
    images('version: v3.29.3', `cni: calico/cni:v3.29.2@${sha}`),
    ['warning images-differ /images/cni 5:8', 'images.version is 3.29.3'],
  ],
  [
    'takes two builds of one version',
    images(
      `node: calico/node:v3.29.3@${sha}`,
      `kubeControllers: calico/kube-controllers:v3.29.3-2@${sha}`,
    ),
  ],
  [
    "warns of an old charm's image for one architecture",
    images('node: calico/node-arm64:v3.6.1'),
    ['warning image-one-architecture /images/node 4:9', 'leave "-arm64" out'],
    ['note image-not-pinned /images/node 4:9', ''],
  ],
  [
    'warns of an architecture in the tag',
    images('node: calico/node:v3.6.1-ppc64le'),
    ['warning image-one-architecture /images/node 4:9', 'ppc64le alone'],
    ['note image-not-pinned /images/node 4:9', ''],
  ],
  [
    'refuses the image of another component',
    images(pinned('node', 'kube-controllers')),
    ['error image-of-other-component /images/node 4:9', 'images.kubeControllers'],
  ],
  [
    'refuses it also with an architecture',
    images(`kubeControllers: calico/node-amd64@${sha}`),
    [
      'error image-of-other-component /images/kubeControllers 4:20',
      'write calico/kube-controllers',
    ],
    ['warning image-one-architecture /images/kubeControllers 4:20', 'amd64 alone'],
  ],
  [
    'refuses a version in place of an image',
    images('node: v3.29.3'),
    ['error image-only-version /images/node 4:9', 'write calico/node:v3.29.3'],
  ],
  [
    'refuses a version in place of an image, also with a registry',
    images('registry: registry.example:5000\n  node: v3.29.3'),
    ['error image-only-version /images/node 5:9', 'version: v3.29.3 for all images'],
  ],
  [
    'warns of an image of the library',
    images(`node: node:v3.29.3@${sha}`),
    ['warning image-library /images/node 4:9', 'docker.io/library/node'],
  ],
  [
    'refuses a bad version',
    images('version: v3.29.3+k1'),
    ['error image-tag /images/version 4:12', 'write a tag such as v3.29.3'],
  ],
  [
    'refuses a number as version',
    images('version: 3.29'),
    ['error wrong-type /images/version 4:12', 'a text'],
  ],
  [
    'says that a section asks for nothing',
    images('installedBy: manifest'),
    ['warning images-without-effect /images 4:3', 'write registry'],
  ],
  [
    'refuses for the operator what its release decides',
    images('installedBy: operator', 'version: v3.29.3', pinned('node', 'node')),
    ['error images-not-by-operator /images/version 5:12', 'update the operator'],
    ['error images-not-by-operator /images/node 6:9', 'ImageSet'],
  ],
  [
    'takes registry and pull secret for the operator',
    images('installedBy: operator', 'registry: a.b/mirror', 'pullSecret: registry-credentials'),
  ],
  [
    'refuses for the charm what it has no option for',
    images('installedBy: charm', pinned('cni', 'cni'), 'pullSecret: credentials'),
    ['error images-not-by-charm /images/cni 5:8', 'leave cni out'],
    ['error images-not-by-charm /images/pullSecret 6:15', 'custom_registries'],
  ],
  [
    'refuses single images for kops',
    images('installedBy: kops', pinned('node', 'node'), 'pullSecret: credentials'),
    ['error images-not-by-kops /images/node 5:9', 'write registry and version in its place'],
    ['error images-not-by-kops /images/pullSecret 6:15', 'kops create secret dockerconfig'],
  ],
  [
    'refuses a charm on MicroK8s',
    `${head}platform: microk8s\nimages: {installedBy: charm, registry: a.b}\n`,
    ['error images-other-owner /images/installedBy 4:23', 'leave installedBy out'],
  ],
  [
    'refuses the operator on MicroK8s',
    `${head}platform: microk8s\nimages: {installedBy: operator, registry: a.b}\n`,
    ['error images-other-owner /images/installedBy 4:23', 'MicroK8s'],
  ],
  [
    'takes the operator on K3s',
    `${head}platform: k3s\nimages: {installedBy: operator, registry: a.b}\n`,
  ],
  [
    'refuses images of Calico beside flannel',
    `${head}platform: k3s\nk3s: {cni: flannel}\nimages: {registry: a.b}\n`,
    ['error images-not-calico /images 5:9', 'k3s.cni is flannel'],
  ],
];

/** The section, the code of its issue, and the edit that obeys the hint. */
const obeyed: readonly (readonly [
  text: string,
  code: string,
  hint: string,
  from: string,
  to: string,
])[] = [
  ['node: https://a.b/calico/node:v1', 'image-scheme', 'leave the scheme out', 'https://', ''],
  [
    `node: r:p@a.b/calico/node@${sha}`,
    'image-credential',
    'remove everything up to the "@"',
    'r:p@',
    '',
  ],
  [`node: calico/Node@${sha}`, 'image-uppercase', 'write calico/node', 'Node', 'node'],
  ['version: 3.29.3', 'image-version-without-v', 'write v3.29.3', '3.29.3', 'v3.29.3'],
  [
    'registry: quay.io/calico',
    'image-registry-too-long',
    'write quay.io',
    'quay.io/calico',
    'quay.io',
  ],
  [
    'registry: a.b/mirror/calico/node',
    'image-registry-too-long',
    'write a.b/mirror',
    'a.b/mirror/calico/node',
    'a.b/mirror',
  ],
  ['version: ""', 'image-tag', 'write a tag such as v3.29.3', '""', 'v3.29.3'],
  ['registry: mirror', 'image-registry', 'registry:443', 'mirror', 'mirror:443'],
  ['registry: a.b/c:v1', 'image-registry', 'leave the tag out', ':v1', ''],
  [
    'registry: a.b:0',
    'image-registry',
    'write it as registry.example:5000',
    'a.b:0',
    'registry.example:5000',
  ],
  [
    'pullSecret: My_Secret',
    'image-pull-secret',
    'write the name alone, such as registry-credentials',
    'My_Secret',
    'registry-credentials',
  ],
  [
    'node: v3.29.3',
    'image-only-version',
    'write calico/node:v3.29.3, or version: v3.29.3 for all images',
    'v3.29.3',
    'calico/node:v3.29.3',
  ],
  [
    `node: node@${sha}`,
    'image-library',
    'write calico/node:v3.29.3, with your version',
    `node@${sha}`,
    'calico/node:v3.29.3',
  ],
  [
    'node: calico/node:v3.29.3',
    'image-not-pinned',
    'add @sha256: and the digest',
    'v3.29.3',
    `v3.29.3@${sha}`,
  ],
  [
    'node: calico/node',
    'image-latest',
    'name a release, such as v3.29.3',
    'calico/node',
    'calico/node:v3.29.3',
  ],
  [
    `node: calico/cni@${sha}`,
    'image-of-other-component',
    'write calico/node, or move the line to cni:',
    'node:',
    'cni:',
  ],
  [
    `node: calico/node-arm64@${sha}`,
    'image-one-architecture',
    'leave "-arm64" out: the image without it is for all architectures',
    '-arm64',
    '',
  ],
  [
    'installedBy: manifest',
    'images-without-effect',
    'write registry: registry.example:5000',
    'installedBy: manifest',
    'registry: registry.example:5000',
  ],
  [
    '{installedBy: operator, registry: a.b, version: v3.29.3}',
    'images-not-by-operator',
    'leave version out, and update the operator',
    ', version: v3.29.3',
    '',
  ],
  [
    `{installedBy: operator, registry: a.b, node: "calico/node@${sha}"}`,
    'images-not-by-operator',
    'leave node out: registry moves all images',
    `, node: "calico/node@${sha}"`,
    '',
  ],
  [
    `{installedBy: charm, registry: a.b, cni: "calico/cni@${sha}"}`,
    'images-not-by-charm',
    'leave cni out: registry and version',
    `, cni: "calico/cni@${sha}"`,
    '',
  ],
  [
    '{installedBy: charm, registry: a.b, pullSecret: a}',
    'images-not-by-charm',
    'leave pullSecret out, and give containerd the credentials',
    ', pullSecret: a',
    '',
  ],
  [
    `{installedBy: kops, registry: a.b, version: v1, node: "calico/node@${sha}"}`,
    'images-not-by-kops',
    'leave node out: registry and version are there',
    `, node: "calico/node@${sha}"`,
    '',
  ],
  [
    '{installedBy: kops, registry: a.b, pullSecret: a}',
    'images-not-by-kops',
    'leave pullSecret out, and give containerd the credentials',
    ', pullSecret: a',
    '',
  ],
];

describe('the images section', () => {
  for (const row of rows) it(row[0], () => checkRow(row));

  it('never shows what a pull secret or a credential holds', () => {
    for (const text of [
      images('pullSecret: eyJhdXRocyI6eyJyZWdpc3RyeSI6e319fQ=='),
      images('registry: robot:eyJhdXRocyI6eyJyZWdpc3RyeSI6e319fQ@registry.example'),
      images('version: robot:eyJhdXRocyI6@registry.example/calico/node'),
      images('installedBy: robot:eyJhdXRocyI6@registry.example', 'registry: a.b'),
      images('node: {a: robot:eyJhdXRocyI6@registry.example}'),
      images('node: [robot:eyJhdXRocyI6@registry.example]'),
      `${head}images: robot:eyJhdXRocyI6@registry.example\n`,
      'eyJhdXRocyI6',
    ]) {
      const { ok, issues } = parseConfig(text);
      expect(ok).to.equal(false);
      expect(JSON.stringify(issues)).to.not.include('eyJh');
    }
    const [issue] = parseConfig(images('pullSecret: 12345678')).issues;
    expect(issue?.message).to.equal('"pullSecret" must be a text, but is a value (not shown)');
    expect(issue?.hint).to.equal('write it in quotes');
    expect(parseConfig(images('pullSecret: "12345678"')).ok).to.equal(true);
  });

  it('has its values with their places, and a registry without its last slash', () => {
    const model = modelOf(images('registry: a.b/mirror/', 'pullSecret: credentials')).images;
    expect(model?.installedBy).to.equal('manifest');
    expect(model?.registry?.value).to.equal('a.b/mirror');
    expect(model?.pullSecret?.place).to.deep.include({ pointer: '/images/pullSecret', line: 5 });
  });

  for (const [section, code, hint, from, to] of obeyed) {
    it(`resolves ${code} when its hint is obeyed: ${hint}`, () => {
      const isFlow = section.startsWith('{');
      const text = isFlow ? `${head}images: ${section}\n` : images(section);
      const issue = parseConfig(text).issues.find((one) => one.code === code);
      expect(issue?.hint ?? '').to.include(hint);
      const mended = parseConfig(text.replace(from, to)).issues;
      expect(mended.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
      expect(mended.map((one) => one.code)).to.not.include(code);
    });
  }
});
