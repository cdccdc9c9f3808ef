import { expect } from 'chai';
import { sharedTokenWarning } from '../../../controller/clusters/shared-token-warning.ts';

describe('the warning of a controller with a shared token', () => {
  it('says that the token is no identity, and in which clusters', () => {
    expect(sharedTokenWarning({ tokenFile: '/a' })).to.match(
      /^agents may present the shared token: it is no identity, .*identities\.md/,
    );
    const cluster = (name: string) => ({
      cluster: name,
      listen: '127.0.0.1:0',
      plaintextBeyondLoopback: false,
      stateDirectory: '/s',
    });
    const clusters = [cluster('east'), { ...cluster('west'), tokenFile: '/a' }];
    expect(sharedTokenWarning({ clusters })).to.match(
      /^agents may present the shared token of "west": /,
    );
  });

  it('is not there where all agents present certificates', () => {
    expect(sharedTokenWarning({})).to.equal(undefined);
    expect(sharedTokenWarning({ clusters: [] })).to.equal(undefined);
  });
});
