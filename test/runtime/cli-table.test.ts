import { expect } from 'chai';
import { formatTable } from '../../runtime/cli-table.ts';

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
});
