import { expect } from 'chai';
import { decidingPerson, senderOf } from '../../../../controller/api/people/person-of-request.ts';
import type { HttpRequest } from '../../../../runtime/http/route.ts';
import { failure } from '../../../support/failure.ts';

type Asked = Parameters<typeof senderOf>[0];

function from(uid: number | undefined, by = 'ann@host'): Asked {
  const caller: HttpRequest['caller'] = () =>
    Promise.resolve(uid === undefined ? undefined : { pid: 7, uid, gid: uid });
  return { query: new URLSearchParams({ by }), caller };
}

describe('the person of a request', () => {
  it('is the user whom the kernel names, and for root the one whom the command names', async () => {
    expect(await senderOf(from(0))).to.deep.equal({ name: 'ann', how: 'socket, uid 0' });
    expect((await senderOf(from(4_000_001))).name).to.equal('uid 4000001');
    const client = { name: 'bob', how: 'token 1', address: '::1' };
    expect((await senderOf({ ...from(0), client })).name).to.equal('bob');
  });

  it('decides about nothing where nobody knows who it is', async () => {
    const lost = await failure(decidingPerson(from(undefined), 'approve the proposal'));
    expect(lost.code).to.equal('access-denied');
    expect(lost.message).to.match(/^cannot approve the proposal: .*\/usr\/bin\/perl/);
    const hidden = await failure(decidingPerson(from(65_534), 'approve the proposal'));
    expect(hidden.code).to.equal('access-denied');
    expect(hidden.message).to.contain('PrivateUsers=no');
    expect(await decidingPerson(from(0), 'approve the proposal')).to.include({ name: 'ann' });
  });
});
