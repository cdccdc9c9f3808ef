/** Small texts that are meant to be expensive: they are decided, or refused early. */
import { expect } from 'chai';
import { Composer } from 'yaml';
import { parseConfig } from '../../../core/config/parse.ts';
import { parseNodes } from '../../../core/facts/parse-nodes.ts';
import { hostileTexts } from './hostile-texts.ts';

/** Of computing time: on a busy machine the clock goes on many times as far. */
const mostSeconds = 15;
const gateBytes = 48 * 1024;

describe('a hostile text', function () {
  this.timeout(300_000);
  for (const [family, make] of Object.entries(hostileTexts)) {
    it(`is decided: ${family}`, () => {
      const started = process.cpuUsage();
      const text = make(gateBytes);
      const read = [parseConfig(text), parseNodes(text)];
      for (const { issues } of read) expect(issues.length).to.be.at.most(502);
      expect(process.cpuUsage(started).user / 1e6).to.be.below(mostSeconds);
    });
  }

  const mib = 1024 * 1024;
  const refused: readonly [family: string, bytes: number, code: string][] = [
    ['a bracket and commas', mib - 10, 'too-large'],
    ['stars', mib - 10, 'too-large'],
    ['colons on lines', mib - 10, 'too-large'],
    ['commas inside of a YAML option', mib - 100, 'too-large'],
    ['stars inside of a YAML option', mib - 100, 'too-large'],
    ['a tower of aliases', 0, 'yaml-aliases'],
    ['a tower of aliases in a part that nobody checks', 0, 'yaml-aliases'],
    ['a tower of aliases in charm options', 0, 'yaml-aliases'],
    ['a tower of merge keys', 64 * 1024, 'yaml-aliases'],
    ['aliases of a long text', 256 * 1024, 'yaml-aliases'],
    ['JSON of one long key', 64 * 1024, 'too-long'],
    ['keys of 1,000 characters within each other', 300_000, 'too-long'],
  ];
  for (const [family, bytes, code] of refused) {
    it(`is refused with its place and what to do: ${family}`, () => {
      const parsed = parseConfig(hostileTexts[family]?.(bytes) ?? '');
      expect(parsed.ok).to.equal(false);
      const issue = parsed.issues.find((one) => one.code === code);
      expect(issue).to.include({ severity: 'error' });
      expect(issue?.line).to.be.at.least(1);
      expect(issue?.hint).to.be.a('string');
      expect(issue?.message.length).to.be.below(200);
    });
  }

  it('is reported by the library through the property that ours replaces', () => {
    expect(Object.keys(new Composer())).to.include('onError');
  });
});
