import { expect } from 'chai';
import { endLeases } from './end-leases.ts';

describe('the leases of a killed leader', () => {
  const revoking = async (answer: string): Promise<readonly string[]> => {
    const revoked: string[] = [];
    const etcdctl = (...[what, , lease = '']: readonly string[]): Promise<string> => {
      if (what === 'get') return Promise.resolve('"Lease" : 26\n"Lease" : 0\n"Lease" : 27\n');
      revoked.push(lease);
      return lease === '1a' ? Promise.reject(new Error(answer)) : Promise.resolve('');
    };
    await endLeases({ etcdctl }, 'fleet/');
    return revoked;
  };

  it('may have ended before they are revoked', async () => {
    const gone = 'Command failed: etcdctl\nError: etcdserver: requested lease not found\n';
    expect(await revoking(gone)).to.deep.equal(['1a', '1b']);
  });

  it('are not taken as ended where etcd does not answer', async () => {
    const why = await revoking('context deadline exceeded').catch(String);
    expect(why).to.contain('context deadline exceeded');
  });
});
