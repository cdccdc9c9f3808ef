import { expect } from 'chai';
import { awaitHello, stepControllerSide } from '../../../core/protocol/controller-side.ts';
import { defaultLiveness } from '../../../core/protocol/liveness.ts';
import { identityOf, identityUri } from '../../../core/protocol/node-identity.ts';
import { helloOf } from './sample.ts';

describe('the identity in a certificate', () => {
  const names: readonly [
    what: string,
    commonName: string | readonly string[] | undefined,
    alternativeNames: string | undefined,
    identity: ReturnType<typeof identityOf>,
  ][] = [
    ['its common name', 'node-0', undefined, { node: 'node-0' }],
    ['its common name in lower case', 'Node-0.Example', 'DNS:x', { node: 'node-0.example' }],
    [
      'its URI, also beside another common name',
      'other',
      'DNS:x, URI:calico-agent://prod/node/Node-0, IP Address:10.0.0.1',
      { node: 'node-0', cluster: 'prod' },
    ],
    ['its common name beside another URI', 'node-0', 'URI:spiffe://a/b', { node: 'node-0' }],
    ['nothing, if it has no names', undefined, undefined, undefined],
    ['nothing, if it has two common names', ['node-0', 'node-1'], undefined, undefined],
    ['nothing, if the name is no name of a node', 'node 0/..', undefined, undefined],
    [
      'nothing, if it has two URIs',
      'node-0',
      'URI:calico-agent://a/node/x, URI:calico-agent://a/node/y',
      undefined,
    ],
    ['nothing, if the URI has another form', 'node-0', 'URI:calico-agent://a/x', undefined],
    [
      'nothing, if the URI has an unusual scheme',
      'node-0',
      'URI:Calico-Agent://a/node/x',
      undefined,
    ],
    [
      'its common name, if a URI stands in the text of another name',
      'node-0',
      'DNS:"x, URI:calico-agent://a/node/y", DNS:z',
      { node: 'node-0' },
    ],
    [
      'the URI behind a name of another kind',
      'node-0',
      'X400Name:<unsupported>, URI:calico-agent://other/node/x',
      { node: 'x', cluster: 'other' },
    ],
    [
      'none with a URI that needs quotes',
      'node-0',
      'URI:"calico-agent://other/node/x,y"',
      undefined,
    ],
    [
      'none with alternative names of an unknown form',
      'node-0',
      'a-b:c, URI:calico-agent://other/node/x',
      undefined,
    ],
  ];
  for (const [what, commonName, alternativeNames, identity] of names) {
    it(`is ${what}`, () => {
      expect(identityOf({ commonName, alternativeNames })).to.deep.equal(identity);
    });
  }

  it('is the same after it was written as a URI', () => {
    const identity = { node: 'node-0.example', cluster: 'prod_1' };
    expect(identityOf({ alternativeNames: `URI:${identityUri(identity)}` })).to.deep.equal(
      identity,
    );
  });
});

describe("the controller's side of a connection with a certificate", () => {
  const settings = {
    cluster: 'default',
    liveness: defaultLiveness,
    helloMs: 1,
    slowMs: 1,
    drainMs: 1,
  };
  const greet = (certified: string, node: string): ReturnType<typeof stepControllerSide> =>
    stepControllerSide(
      awaitHello(0, certified),
      { type: 'received', now: 0, message: { ...helloOf(), node } },
      settings,
    );

  it('accepts a hello of the same node, also with other letters', () => {
    expect(greet('node-0', 'Node-0').state.phase).to.equal('open');
  });

  it('ends the connection if the hello names another node', () => {
    const { state, actions } = greet('node-0', 'node-1');
    expect(state.phase).to.equal('over');
    expect(actions).to.deep.equal([
      { type: 'misnamed', certified: 'node-0', claimed: 'node-1' },
      {
        type: 'close',
        code: 4401,
        reason: 'the certificate is for node "node-0", not "node-1"',
      },
    ]);
  });
});
