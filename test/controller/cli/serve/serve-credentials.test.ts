import { expect } from 'chai';
import { credentialsOf } from '../../../../controller/cli/serve/serve-credentials.ts';

describe('the credentials of the controller', () => {
  const none = { tokenFile: undefined, tlsCert: undefined, tlsKey: undefined };
  const pair = { certFile: 'c', keyFile: 'k' };

  it('are those of the options', () => {
    expect(
      credentialsOf({ tokenFile: 't', tlsCert: 'a', tlsKey: 'b' }, { tls: pair }),
    ).to.deep.equal({ tokenFile: 't', tls: { certFile: 'a', keyFile: 'b' } });
  });

  it('are certificates only, where the shared token is refused', () => {
    const tls = { ...pair, clientCaFile: 'ca' };
    expect(
      credentialsOf({ ...none, tokenFile: 't' }, { tls, sharedToken: 'refused' }),
    ).to.deep.equal({ tls: { ...tls, fromConfig: true } });
    expect(credentialsOf({ ...none, tokenFile: 't' }, { tls })).to.deep.equal({
      tls: { ...tls, fromConfig: true },
      tokenFile: 't',
    });
  });

  const refused: readonly [
    what: string,
    config: Parameters<typeof credentialsOf>[1],
    says: RegExp,
  ][] = [
    ['no token', {}, /give --token-file FILE, or set sharedToken: refused/],
    ['neither a token nor an authority', { sharedToken: 'refused' }, /no agent could connect/],
    [
      'an authority without a certificate of its own',
      { tls: { clientCaFile: 'ca' }, sharedToken: 'refused' },
      /set tls.certFile and tls.keyFile too/,
    ],
  ];
  for (const [what, config, says] of refused) {
    it(`are refused with ${what}`, () => {
      expect(() => credentialsOf(none, config)).to.throw(says);
    });
  }
});
