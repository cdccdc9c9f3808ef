import { expect } from 'chai';
import { formatTable } from '../../../runtime/cli/table.ts';

describe('a table for the terminal', () => {
  it('aligns the columns on the left and leaves no spaces at the end', () => {
    const text = formatTable(
      ['NODE', 'AS'],
      [
        ['node-0', '64512'],
        ['n', ''],
      ],
    );
    expect(text).to.equal('NODE    AS\nnode-0  64512\nn');
  });

  it('lets no cell colour the terminal or begin a row', () => {
    const text = formatTable(['NODE'], [['a\u001b[31m\nfake\u009b\u2028\u202e']]);
    expect(text).to.equal('NODE\na\\u001b[31m\\u000afake\\u009b\\u2028\\u202e');
  });
});
