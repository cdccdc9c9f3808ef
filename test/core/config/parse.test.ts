import { expect } from 'chai';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { charmOptionNames } from '../../../core/config/charm/options.ts';
import { maxConfigBytes, parseConfig } from '../../../core/config/parse.ts';
import { modelOf, summary } from './reading-configs.ts';

const native = { apiVersion: 'calico-agent/v1', kind: 'NetworkConfig' };

/** Any values under meaningful names, so that the readers are reached. */
const almostCharm = fc.dictionary(
  fc.constantFrom(...charmOptionNames),
  fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string(), fc.constant({ '10.0.0.0/24': 64512 })),
);
const peer = fc.record({
  address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
  asNumber: fc.anything(),
});
const almostNative = fc.record({
  apiVersion: fc.constant(native.apiVersion),
  kind: fc.constant(native.kind),
  bgp: fc.oneof(
    fc.jsonValue(),
    fc.record({ peers: fc.array(peer), nodeToNodeMesh: fc.boolean(), asNumber: fc.integer() }),
  ),
  pools: fc.oneof(
    fc.jsonValue(),
    fc.array(fc.record({ name: fc.string(), cidr: fc.string(), blockSize: fc.integer() })),
  ),
  groups: fc.oneof(
    fc.jsonValue(),
    fc.array(
      fc.record({
        name: fc.string(),
        match: fc.record(
          { units: fc.array(fc.nat()), selector: fc.string() },
          { requiredKeys: [] },
        ),
        peers: fc.array(peer),
      }),
    ),
  ),
});

describe('parsing configurations', () => {
  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(parseConfig(text).ok).to.be.a('boolean');
      }),
      { numRuns: 500 },
    );
  });

  for (const [name, values] of [
    ['any JSON value', fc.jsonValue()],
    ['anything under charm options', almostCharm],
    ['anything under native sections', almostNative],
  ] as const) {
    it(`never throws, and places every issue: ${name}`, () => {
      fc.assert(
        fc.property(values, (value) => {
          const text = JSON.stringify(value, undefined, 2);
          const lines = text.split('\n').length;
          const parsed = parseConfig(text);
          for (const issue of parsed.issues) {
            expect(issue.line, summary(issue)).to.be.within(1, lines);
            expect(issue.code).to.match(/^[a-z0-9-]{1,100}$/);
            expect(issue.pointer).to.match(/^(\/|$)/);
            expect(issue.message).to.not.match(/undefined|\[object/);
          }
          expect(parsed.ok).to.equal(parsed.issues.every(({ severity }) => severity !== 'error'));
        }),
        { numRuns: 300 },
      );
    });
  }

  const document = {
    ...native,
    bgp: { asNumber: 64512, peers: [{ address: '10.0.0.1', asNumber: '64513' }] },
    groups: [{ name: 'g', match: { selector: "rack == 'a'" }, asNumber: 64514 }],
  };

  it('gives one digest to one meaning, in any formatting', () => {
    const { digest } = modelOf(JSON.stringify(document));
    expect(digest).to.match(/^sha256:[0-9a-f]{64}$/);
    const turned = Object.fromEntries(Object.entries(document).reverse());
    for (const text of [
      JSON.stringify(turned, undefined, 4),
      stringify(document),
      `# a comment\n---\n${stringify(turned, { defaultStringType: 'QUOTE_DOUBLE' })}\n...\n`,
      stringify(document).replaceAll('\n', '\r\n'),
    ]) {
      expect(modelOf(text).digest).to.equal(digest);
    }
    expect(modelOf(JSON.stringify({ ...document, groups: [] })).digest).to.not.equal(digest);
  });

  it('keeps defaults out of the digest', () => {
    expect(modelOf('cidr: 10.0.0.0/16').digest).to.not.equal(
      modelOf('cidr: 10.0.0.0/16\nipip: Never').digest,
    );
  });

  it('sorts issues by their places in the text', () => {
    const text = 'vxlan: x\ncidr: 10.0.0.1/8,y\nipip: z\n';
    expect(parseConfig(text).issues.map(({ line }) => line)).to.deep.equal([1, 1, 2, 2, 3]);
  });

  it('does not repeat an issue of one place', () => {
    const { issues } = parseConfig(
      'global-as-number: 64512.5\nroute-reflector-cluster-ids: {0: 5}',
    );
    expect(issues.filter(({ severity }) => severity === 'error').map(summary)).to.deep.equal([
      'error as-number-unquoted-dotted /global-as-number 1:19',
      'error cluster-id-invalid /route-reflector-cluster-ids/0 2:34',
    ]);
  });

  it('shows at most 500 issues, the errors among them', () => {
    const bad = Array.from({ length: 700 }, (_, index) => `    ${index}: 0\n`).join('');
    const { issues } = parseConfig(`unit-as-numbers:\n${bad}`);
    expect(issues).to.have.lengthOf(501);
    expect(issues.filter(({ code }) => code === 'as-number-reserved')).to.have.lengthOf(500);
    expect(issues.at(-1)).to.include({ severity: 'note', code: 'more-issues' });
  });

  for (const [name, text] of [
    ['one peer with a thousand AS numbers', `global-bgp-peers:\n${peers(1000)}`],
    ['ten thousand groups on one subnet', groupsOnOneSubnet(8000)],
    ['unknown keys', Array.from({ length: 40_000 }, (_, i) => `ipip${i}: 1\n`).join('')],
    ['one address in nested subnets', nestedSubnets(5000)],
  ] as const) {
    it(`judges ${name} before the test times out`, () => {
      expect(text.length).to.be.below(maxConfigBytes);
      expect(parseConfig(text).ok).to.equal(false);
    });
  }
});

function peers(count: number): string {
  return Array.from(
    { length: count },
    (_, index) => `- {address: 10.0.0.1, as-number: ${64512 + index}}\n`,
  ).join('');
}

function groupsOnOneSubnet(count: number): string {
  const groups = Array.from(
    { length: count },
    (_, index) =>
      `- {name: g${index}, match: {subnets: [10.0.0.0/16]}, peers: [{address: 10.0.0.1, asNumber: ${64512 + (index % 900)}}]}\n`,
  );
  return `${stringify(native)}groups:\n${groups.join('')}`;
}

function nestedSubnets(count: number): string {
  const groups = Array.from({ length: count }, (_, index) => {
    const network = `"fd00:${index.toString(16)}::/${(index % 100) + 28}"`;
    return `- {name: g${index}, match: {subnets: [${network}]}, peers: [{address: 10.0.0.1, asNumber: ${64512 + (index % 900)}}]}\n`;
  });
  return `${stringify(native)}groups:\n${groups.join('')}`;
}
