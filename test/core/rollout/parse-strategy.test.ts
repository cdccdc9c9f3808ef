import { expect } from 'chai';
import { parseStrategy } from '../../../core/rollout/parse-strategy.ts';
import { allowedFailures, plainStrategy, termsOf } from '../../../core/rollout/strategy.ts';

const head = 'apiVersion: calico-agent/v1\nkind: RolloutStrategy\n';

function issuesOf(text: string): readonly string[] {
  const parsed = parseStrategy(text);
  if (parsed.ok) throw new Error('it was taken');
  return parsed.issues.map(({ code, pointer, line, message, hint }) =>
    [`${code} ${pointer} ${String(line)}`, message, hint ?? '-'].join(' | '),
  );
}

describe('the strategy of a rollout', () => {
  it('has the terms that a person wrote', () => {
    const parsed = parseStrategy(
      `${head}waves:
  - { name: canary, count: 2, labels: { zone: a } }
  - { name: racks, each: rack }
settle: 30s
limit: 2h
maxFailures: 5%
approval: each-wave
windows: [{ days: [sat], from: '22:00', to: '04:30', timeZone: Europe/Berlin }]
onFailure: pause
clusterShare: canary
`,
    );
    if (!parsed.ok) throw new Error('it was refused');
    const terms = termsOf(parsed.strategy);
    expect(terms).to.deep.equal({
      settleMs: 30_000,
      limitMs: 7_200_000,
      maxFailures: { kind: 'percent', percent: 5 },
      approval: 'each-wave',
      windows: [{ from: 1320, to: 270, days: [6], timeZone: 'Europe/Berlin' }],
      onFailure: 'pause',
      clusterShare: 'canary',
      barrier: { limitMs: 7_200_000, away: 'wait' },
    });
    expect([19, 20, 39, 40].map((nodes) => allowedFailures(terms, nodes))).to.deep.equal([
      0, 1, 1, 2,
    ]);
  });

  it('has defaults', () => {
    expect(termsOf(plainStrategy)).to.deep.equal({
      settleMs: 60_000,
      limitMs: 900_000,
      maxFailures: { kind: 'count', count: 0 },
      approval: 'none',
      windows: [],
      onFailure: 'roll-back',
      clusterShare: 'last',
      barrier: { limitMs: 900_000, away: 'wait' },
    });
  });

  it('is refused with faults of form and of meaning at once, in the order of the text', () => {
    expect(
      issuesOf(
        `${head}waves:
  - { name: canary, percent: "50%" }
  - { name: canary, count: 2 }
  - { name: racks }
settle: 60
limit: 200h
windows: [{ days: [sunday], from: "22:00", to: "04:30", timeZone: Berlin }]
clusterShare: canry
`,
      ).map((text) => text.split(' | ')),
    ).to.deep.equal([
      [
        'wrong-type /waves/0/percent 4',
        '"percent" must be a whole number, but is the text "50%"',
        'write 50, without the percent sign and without quotes',
      ],
      [
        'duplicate-name /waves/1/name 5',
        'two waves have the name "canary"',
        'give each wave a name of its own; rest, last, all and cluster-share have another meaning',
      ],
      [
        'wave-without-condition /waves/2 6',
        'the wave does not say which nodes it has',
        'add nodes, labels, count, percent or each; leave the wave out where it is for all other nodes, which form the last wave',
      ],
      ['wrong-type /settle 7', '"settle" must be a text, but is 60', 'write 60s'],
      ['out-of-range /limit 8', 'limit must be from 1s to 168h, but is 200h', '-'],
      [
        'unknown-value /windows/0/days/0 9',
        '"days" entry 1 must be one of mon, tue, wed, thu, fri, sat, sun, but is the text "sunday"',
        'did you mean sun?',
      ],
      [
        'unknown-time-zone /windows/0/timeZone 9',
        'the time zone "Berlin" is not known',
        'write a name of the IANA database, such as Europe/Berlin, America/New_York or UTC',
      ],
      ['unknown-wave /clusterShare 10', 'no wave has the name "canry"', 'did you mean "canary"?'],
    ]);
  });

  it('is not refused for a wave whose name may be the one with the fault', () => {
    const faulty = `${head}waves: [{ name: Canary, count: 1 }]\nclusterShare: canary\n`;
    expect(issuesOf(faulty)).to.have.length(1);
  });

  it('is refused for a wave with the name by which a person approves the cluster share', () => {
    const text = `${head}waves: [{ name: cluster-share, count: 1 }]\n`;
    expect(issuesOf(text)).to.have.length(1);
    expect(issuesOf(text)[0]).to.contain('a wave cannot have the name "cluster-share"');
  });

  it('is refused with all faults of its meaning at once, each with its place', () => {
    const text = `${head}waves:
  - name: canary
  - { name: canary, count: 1, percent: 5 }
  - { name: rest, each: rack, count: 1 }
settle: 25h
limit: 0s
windows: [{ from: '22:00', to: '23:00', timeZone: Europe/Berlni }]
clusterShare: canray
`;
    expect(issuesOf(text)).to.deep.equal([
      'out-of-range /settle 7 | settle must be from 0s to 24h, but is 25h | -',
      'out-of-range /limit 8 | limit must be from 1s to 168h, but is 0s | -',
      'wave-without-condition /waves/0 4 | the wave does not say which nodes it has | add nodes, labels, count, percent or each; leave the wave out where it is for all other nodes, which form the last wave',
      'wave-with-two-limits /waves/1 5 | the wave has count and percent | keep one of them',
      'duplicate-name /waves/1/name 5 | two waves have the name "canary" | give each wave a name of its own; rest, last, all and cluster-share have another meaning',
      'wave-with-two-limits /waves/2 6 | the wave has each beside count or percent | keep each, and put count or percent into a wave of its own before it',
      'duplicate-name /waves/2/name 6 | a wave cannot have the name "rest" | give each wave a name of its own; rest, last, all and cluster-share have another meaning',
      'unknown-wave /clusterShare 10 | no wave has the name "canray" | did you mean "canary"?',
      'unknown-time-zone /windows/0/timeZone 9 | the time zone "Europe/Berlni" is not known | write a name of the IANA database, such as Europe/Berlin, America/New_York or UTC',
    ]);
  });

  it('is refused with all faults of its form at once', () => {
    const text = `${head}waves: [{ nodes: [node_1] }]
setle: 60s
limit: 15 minutes
maxFailures: 5 percent
`;
    expect(issuesOf(text)).to.deep.equal([
      'wrong-form /waves/0/nodes/0 3 | "nodes" entry 1 must be the name of a node, or a pattern in which * is any text, such as rack1-*, but is the text "node_1" | write node-1',
      'unknown-key /setle 4 | unknown key "setle" | did you mean "settle"?',
      'wrong-form /limit 5 | "limit" must be a time such as 60s, 15m or 2h, but is the text "15 minutes" | -',
      'wrong-form /maxFailures 6 | "maxFailures" must be a percentage in quotes, from "0%" to "100%", but is the text "5 percent" | -',
    ]);
  });

  it('names a wave that does not exist where no name is near', () => {
    expect(
      issuesOf(`${head}waves: [{ name: canary, count: 1 }]\nclusterShare: zzzzzz\n`),
    ).to.deep.equal([
      'unknown-wave /clusterShare 4 | no wave has the name "zzzzzz" | write last, or the name of a wave: canary',
    ]);
  });

  it('is not a network configuration', () => {
    expect(issuesOf('global-as-number: 64512\n').join()).to.match(
      /^unknown-document .* this is a network configuration \(options of the calico charm\), not the strategy of a rollout/,
    );
  });
});
