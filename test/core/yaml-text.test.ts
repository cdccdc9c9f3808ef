import { expect } from 'chai';
import { parse } from 'yaml';
import { yamlText } from '../../core/yaml-text.ts';

/** Texts that are a boolean, a number, a time or nothing to readers of YAML 1.1 or 1.2. */
const texts = [
  ...['yes', 'No', 'on', 'OFF', 'y', 'n', 'true', '~', 'null', '', '<<', '='],
  ...['012', '0o14', '08', '1_000', '0x1F', '0b11', '1e3', '.5', '1.', '.inf', '+1'],
  ...['1:20', '190:20:30.15', '2026-01-02', '2026-01-02T03:04:05Z', '22.04'],
];

describe('yamlText', () => {
  for (const version of ['1.1', '1.2'] as const) {
    it(`keeps texts texts, as keys and as values, for a reader of YAML ${version}`, () => {
      for (const text of texts) {
        const value = { [text]: text, list: [text] };
        const read: unknown = parse(yamlText(value), { version, merge: false });
        expect(read, text).to.deep.equal(value);
      }
    });
  }
});
