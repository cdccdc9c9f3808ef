import { expect } from 'chai';
import { parseConfig } from '../../../../core/config/parse.ts';
import type { NetworkModel } from '../../../../core/config/model.ts';

function modelOf(text: string): NetworkModel {
  const parsed = parseConfig(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.model;
}

/** Source: juju/charm config.go, juju/schema, and yaml.v2, by which Juju reads bundles. */
describe('values of charm options, as Juju takes them', () => {
  const booleans: readonly [written: string, value: boolean][] = [
    ['true', true],
    ['"true"', true],
    ['"True"', true],
    ['"t"', true],
    ['"1"', true],
    ['yes', true],
    ['On', true],
    ['"false"', false],
    ['"FALSE"', false],
    ['"0"', false],
    ['no', false],
    ['off', false],
  ];
  for (const [written, value] of booleans) {
    it(`reads ${written} as ${value}`, () => {
      const { pools } = modelOf(`cidr: 10.0.0.0/16\nnat-outgoing: ${written}\n`);
      expect(pools?.[0]?.natOutgoing).to.equal(value);
      const settings = `settings:\n  cidr: {value: 10.0.0.0/16}\n  nat-outgoing: {value: ${written}}\n`;
      expect(modelOf(settings).pools?.[0]?.natOutgoing).to.equal(value);
    });
  }

  for (const written of ['"yes"', '"on"', '2', '"tRuE"', '[true]']) {
    it(`does not read ${written} as a boolean`, () => {
      const { issues } = parseConfig(`nat-outgoing: ${written}\n`);
      expect(issues.at(-1)).to.include({ severity: 'error', code: 'wrong-type' });
    });
  }

  it('reads a whole number in quotes', () => {
    expect(modelOf('global-as-number: "64513"\n').bgp.asNumber?.value).to.equal(64513);
    expect(parseConfig('veth-mtu: "1400"\nipip: Never\n').ok).to.equal(true);
  });

  it('refuses nothing because of an option for another program', () => {
    const text = 'veth-mtu: [1]\nimage-registry: {a: 1}\nrelease: 3.30\nglobal-as-number: 64513\n';
    const parsed = parseConfig(text);
    expect(parsed.ok).to.equal(true);
    const told = parsed.issues.filter(({ severity }) => severity === 'warning');
    expect(told.map(({ code, line }) => `${code} ${line}`)).to.deep.equal([
      'charm-option-not-ours 1',
      'charm-option-not-ours 2',
      'charm-option-not-ours 3',
    ]);
  });

  it('takes options of another version of the charm from juju config, and names them', () => {
    const parsed = parseConfig(
      'settings:\n  ipip: {value: Never}\n  bpf-mode: {value: true}\n  cdir: {value: x}\n',
    );
    expect(
      parsed.issues.slice(1).map(({ severity, code, line }) => [severity, code, line]),
    ).to.deep.equal([
      ['warning', 'charm-option-unknown', 3],
      ['error', 'unknown-key', 4],
    ]);
  });
});
