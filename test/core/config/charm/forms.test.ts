import { expect } from 'chai';
import type { NetworkModel } from '../../../../core/config/model.ts';
import { parseConfig } from '../../../../core/config/parse.ts';
import { summary } from '../reading-configs.ts';

function issuesOf(text: string, unitApplication?: string): readonly string[] {
  const options = unitApplication === undefined ? {} : { unitApplication };
  return parseConfig(text, options)
    .issues.filter(({ code }) => code !== 'charm-options-absent')
    .map((issue) => `${summary(issue)} ${issue.message} | ${issue.hint ?? ''}`);
}

function modelOf(text: string, unitApplication?: string): NetworkModel {
  const parsed = parseConfig(text, unitApplication === undefined ? {} : { unitApplication });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.model;
}

const bundle = 'applications:\n  cni: {charm: calico, options: {global-as-number: 64512}}\n';

describe('bundles in common use', () => {
  it('may have overlays that are not about calico, with a note', () => {
    const text = `${bundle}--- # overlay\napplications: {etcd: {options: {channel: x}}}\n---\n`;
    expect(modelOf(text).bgp.asNumber?.value).to.equal(64512);
    const [note, ...others] = issuesOf(text);
    expect(note).to.match(/^note bundle-overlay-ignored .*no options for calico.*1 document/);
    expect(others).to.deep.equal([]);
  });

  for (const [what, overlay] of [
    ['by its name', '{cni: {options: {global-as-number: 64513}}}'],
    ['by its charm', '{c2: {charm: "ch:calico-5", options: {cidr: 10.0.0.0/8}}}'],
  ] as const) {
    it(`may not have overlays with options of calico, known ${what}`, () => {
      const [issue] = issuesOf(`${bundle}---\napplications: ${overlay}\n`);
      expect(issue).to.match(/^error bundle-overlay-options .*not merged.*juju export-bundle/);
    });
  }

  it('alone may have several documents', () => {
    expect(issuesOf('ipip: Never\n---\nvxlan: Never\n')[0]).to.match(
      /^error yaml-several-documents  3:1/,
    );
    expect(issuesOf(`${bundle}---\na: [\n`)[0]).to.match(/^error yaml-syntax/);
    expect(issuesOf(bundle + '---\na: 1\n'.repeat(60))[0]).to.match(/more than 50 documents/);
  });

  it('may merge common options into those of an application', () => {
    const text =
      'x-common: &common {global-as-number: 0, node-to-node-mesh: true}\napplications:\n  calico:\n    options:\n      <<: *common\n';
    expect(issuesOf(text)[0]).to.match(
      /^error as-number-reserved \/applications\/calico\/options\/global-as-number 1:38/,
    );
  });

  const two =
    'applications:\n  calico-a: {charm: calico, options: {global-as-number: 64512}}\n  calico-b: {charm: calico, options: {global-as-number: 64513}}\n';
  it('may have several applications of calico when one is chosen', () => {
    expect(issuesOf(two)[0]).to.match(/charm-application-ambiguous.*--unit-application/);
    expect(modelOf(two, 'calico-a').bgp.asNumber?.value).to.equal(64512);
    expect(modelOf(two, 'calico-b').bgp.asNumber?.value).to.equal(64513);
  });
});

describe('the file of juju deploy --config', () => {
  const text = 'etcd: {channel: x}\ncni: {global-as-number: 64512}\n';
  it('has options by application, and those of calico count', () => {
    const model = modelOf(text.replace('cni', 'calico'));
    expect(model.bgp.asNumber).to.deep.equal({
      value: 64512,
      place: { pointer: '/calico/global-as-number', line: 2, column: 28 },
    });
    expect(modelOf(text, 'cni').unitApplication).to.equal('cni');
  });

  it('asks for the application when none has the name', () => {
    expect(issuesOf(text)[0]).to.match(/no application here is called calico.*cni has options/);
  });
});

describe('numbers that Juju prints as floating-point ones', () => {
  for (const text of [
    'settings: {global-as-number: {value: 4.2e+09}}',
    'settings: {global-as-number: {value: 4.200000000e+09}}',
    'global-as-number: 4.2e+09',
    '{"global-as-number": 4.2e+09}',
  ]) {
    it(`are integers again in ${text}`, () => {
      expect(modelOf(text).bgp.asNumber?.value).to.equal(4_200_000_000);
      expect(issuesOf(text)).to.deep.equal([]);
    });
  }

  for (const text of [
    'applications: {calico: {options: {global-as-number: 4.2e+09}}}',
    'unit-as-numbers: {0: 4.2e+09}',
    'apiVersion: calico-agent/v1\nkind: NetworkConfig\nbgp: {asNumber: 4.2e+09}',
  ]) {
    it(`are explained in ${text}`, () => {
      expect(issuesOf(text).join()).to.match(/error as-number-invalid.*: write 4200000000/);
    });
  }

  it('are refused when they are fractions', () => {
    expect(issuesOf('global-as-number: 6.45125e+04').join()).to.match(/fraction|number such as/);
    expect(issuesOf('settings: {global-as-number: {value: 1.25e+01}}').join()).to.include(
      'error as-number-invalid',
    );
  });
});

describe('the settings of another application', () => {
  for (const [what, text] of [
    [
      'by its charm',
      'application: kubernetes-worker\ncharm: kubernetes-worker\nsettings: {channel: {value: 1}, labels: {value: ""}, cidr: {value: x}}',
    ],
    [
      'by its options',
      'application: kubernetes-worker\nsettings: {channel: {value: 1}, labels: {value: ""}}',
    ],
  ] as const) {
    it(`are one error that names their application, known ${what}`, () => {
      const issues = issuesOf(text);
      expect(issues).to.have.length(1);
      expect(issues[0]).to.match(/charm-other-application.*the settings of kubernetes-worker/);
    });
  }

  it('are not suspected in a fork of calico', () => {
    const text = 'application: c\ncharm: our-calico\nsettings: {global-as-number: {value: 64512}}';
    expect(modelOf(text).bgp.asNumber?.value).to.equal(64512);
  });
});
