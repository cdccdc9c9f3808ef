import { expect } from 'chai';
import { findWeakening, removeWeakening } from '../../../runtime/process/weakening-environment.ts';

describe('an environment that weakens the program', () => {
  it('is named, and variables that the program can ignore do not count', () => {
    const environment = {
      PATH: '/bin',
      HTTPS_PROXY: 'http://proxy',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      SSLKEYLOGFILE: '/tmp/keys',
      GRPC_TRACE: 'all',
      NODE_EXTRA_CA_CERTS: '/tmp/ca.pem',
      NODE_OPTIONS: '--max-semi-space-size=1 --tls-keylog=/tmp/keys',
    };
    const names = removeWeakening(environment).map(({ name }) => name);
    expect(names).to.have.members([
      'NODE_TLS_REJECT_UNAUTHORIZED',
      'SSLKEYLOGFILE',
      'GRPC_TRACE',
      'NODE_EXTRA_CA_CERTS',
      'NODE_OPTIONS',
    ]);
    expect(Object.keys(environment)).to.have.members([
      'PATH',
      'HTTPS_PROXY',
      'NODE_EXTRA_CA_CERTS',
      'NODE_OPTIONS',
    ]);
  });

  it('is not that of our own units', () => {
    expect(findWeakening({ NODE_OPTIONS: '--max-semi-space-size=1', PATH: '/bin' })).to.deep.equal(
      [],
    );
  });
});
