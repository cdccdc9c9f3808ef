import { expect } from 'chai';
import {
  advertiseOf,
  requireAdvertisable,
} from '../../../../controller/cli/serve/serve-advertise.ts';

const store = { engine: 'etcd' as const, endpoints: ['http://127.0.0.1:2379'] };

describe('advertise in controller.yaml', () => {
  it('is the address for the other controllers', () => {
    expect(advertiseOf({ store, advertise: '[2001:db8::1]:7843' })).to.deep.equal({
      advertise: '[2001:db8::1]:7843',
    });
    expect(advertiseOf({ store })).to.deep.equal({});
  });

  it('is refused where there are no other controllers, and without a usable port', () => {
    expect(() => advertiseOf({ advertise: '10.0.0.11:7843' })).to.throw(
      'set store.engine: etcd, or leave advertise out',
    );
    expect(() => advertiseOf({ store, advertise: '10.0.0.11:99999' })).to.throw(
      'has no port from 1 to 65535',
    );
  });

  it('is refused in the same way for the API', () => {
    const check = (address: string | undefined, hasEtcd: boolean) => (): void =>
      requireAdvertisable('api.advertise', address, hasEtcd);
    expect(check(undefined, false)).not.to.throw();
    expect(check('10.0.0.11:7844', true)).not.to.throw();
    expect(check('10.0.0.11:7844', false)).to.throw('or leave api.advertise out');
    expect(check('10.0.0.11:99999', true)).to.throw('api.advertise: "10.0.0.11:99999" has no port');
  });
});
