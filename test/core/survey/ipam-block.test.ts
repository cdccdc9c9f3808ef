import { expect } from 'chai';
import {
  blockUse,
  isEmptyBlock,
  parseIpamBlock,
  poolUsageOf,
} from '../../../core/survey/ipam-block.ts';

describe('a block of IPAM', () => {
  const data = { cidr: '10.0.0.0/26', affinity: 'host:node-a', allocations: [null, 0, 1, null] };

  it('has its node by its affinity, or in the form of old releases', () => {
    const { affinity: _affinity, ...old } = data;
    expect(parseIpamBlock(data)).to.deep.equal({
      cidr: '10.0.0.0/26',
      node: 'node-a',
      addresses: 2,
    });
    expect(parseIpamBlock({ ...old, hostAffinity: 'node-b' })).to.include({ node: 'node-b' });
  });

  it('has the network of its key, when it is stored under one', () => {
    expect(parseIpamBlock(data, '10.1.0.0/26')).to.include({ cidr: '10.1.0.0/26' });
  });

  it('does not count while it is being deleted, or when it is not an object', () => {
    expect(parseIpamBlock({ ...data, deleted: true })).to.equal(undefined);
    expect(parseIpamBlock(undefined, '10.0.0.0/26')).to.equal(undefined);
  });

  it('is empty only when every address is free', () => {
    expect(isEmptyBlock({ allocations: [null, null] })).to.equal(true);
    expect(isEmptyBlock({ allocations: [null, 0] })).to.equal(false);
    expect(isEmptyBlock({ allocations: 'none' })).to.equal(false);
    expect(isEmptyBlock({})).to.equal(false);
  });

  it('counts for the pools that contain it', () => {
    const use = blockUse(data);
    expect(poolUsageOf(['10.0.0.0/16', '10.9.0.0/16'], use ? [use] : [])).to.deep.equal([
      { cidr: '10.0.0.0/16', addresses: 2 },
      { cidr: '10.9.0.0/16', addresses: 0 },
    ]);
  });

  it('makes the usage of its pool unknown when it is unreadable', () => {
    for (const unreadable of [undefined, {}, { allocations: 'none' }]) {
      const use = blockUse(unreadable, '10.0.0.64/26');
      expect(poolUsageOf(['10.0.0.0/16', '10.9.0.0/16'], use ? [use] : [])).to.deep.equal([
        { cidr: '10.9.0.0/16', addresses: 0 },
      ]);
    }
  });
});
