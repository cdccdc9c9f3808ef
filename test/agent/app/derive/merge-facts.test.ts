import { expect } from 'chai';
import { mergeFacts } from '../../../../agent/app/derive/merge-facts.ts';

describe('facts from several sources', () => {
  it('takes each field from the first that has it', () => {
    const merged = mergeFacts(
      { addresses: ['10.0.0.2/24'] },
      { name: 'node-0', leader: true },
      { name: 'host', addresses: ['10.9.9.9/24', '2001:db8::2/64'], platform: 'k3s' },
    );
    expect(merged).to.deep.equal({
      name: 'node-0',
      addresses: ['10.0.0.2/24'],
      leader: true,
      platform: 'k3s',
    });
  });

  it('treats unit and units as the same fact', () => {
    expect(mergeFacts({ unit: 'calico/0' }, { units: ['calico/9'] })).to.deep.equal({
      unit: 'calico/0',
    });
    expect(mergeFacts({ units: [] }, { unit: 'calico/9' })).to.deep.equal({ units: [] });
  });

  it('combines labels', () => {
    const merged = mergeFacts({ labels: { a: '1' } }, { labels: { a: '2', b: '2' } }, {});
    expect(merged).to.deep.equal({ labels: { a: '1', b: '2' } });
  });
});
