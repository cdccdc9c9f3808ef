/** The adapter between a stand-in of the metadata service and a scripted EC2. */
import { expect } from 'chai';
import type { IncomingHttpHeaders } from 'node:http';
import { createEc2 } from '../../../../agent/adapters/ec2/ec2.ts';
import { exchange } from '../../../../agent/adapters/ec2/exchange.ts';
import type { Ec2 } from '../../../../agent/ports/cloud/ec2.ts';
import { failure } from '../../../support/failure.ts';
import {
  startScriptedServer,
  text,
  type Answer,
  type ScriptedServer,
} from '../../../support/servers/scripted-server.ts';
import {
  startImds,
  type ImdsOf,
  type StandInImds,
} from '../../../support/servers/stand-in-imds.ts';

const instance = 'i-0123456789abcdef0';
const first = 'eni-00000000000000001';
const second = 'eni-00000000000000002';

function described(...items: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet><item>
<instancesSet><item><instanceId>${instance}</instanceId><networkInterfaceSet>${items.join('')}</networkInterfaceSet>
</item></instancesSet></item></reservationSet></DescribeInstancesResponse>`;
}

function item(id: string, index: number, check: string, ...addresses: readonly string[]): string {
  const of = (name: string, isOf6: boolean): string =>
    addresses
      .filter((one) => one.includes(':') === isOf6)
      .map((one) => `<item><${name}>${one}</${name}></item>`)
      .join('');
  return `<item><networkInterfaceId>${id}</networkInterfaceId>
<attachment><deviceIndex>${String(index)}</deviceIndex><networkCardIndex>0</networkCardIndex></attachment>
<privateIpAddressesSet>${of('privateIpAddress', false)}</privateIpAddressesSet>
<ipv6AddressesSet>${of('ipv6Address', true)}</ipv6AddressesSet>
<sourceDestCheck>${check}</sourceDestCheck></item>`;
}

function refused(code: string, message = 'no'): string {
  return `<?xml version="1.0"?><Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>r</RequestID></Response>`;
}

const done =
  '<ModifyNetworkInterfaceAttributeResponse><return>true</return></ModifyNetworkInterfaceAttributeResponse>';
const whole = described(
  item(first, 0, 'true', '10.0.0.2', '10.0.0.3'),
  item(second, 1, 'false', '10.0.1.2', '2001:DB8:0::2'),
);

describe('an instance of EC2', () => {
  let imds: StandInImds;
  let api: ScriptedServer | undefined;
  let pauses: number[];

  beforeEach(() => {
    pauses = [];
  });
  afterEach(async () => {
    await imds.close();
    await api?.close();
    api = undefined;
  });

  const start = async (answers: readonly Answer[], of: ImdsOf = {}): Promise<Ec2> => {
    imds = await startImds(of);
    api = await startScriptedServer(...answers);
    return createEc2({
      exchange,
      endpoints: { metadata: [imds.endpoint], ec2: api.url, isDualStack: false },
      maker: () => Promise.resolve('Amazon EC2'),
      elapsed: () => 0,
      wallClock: Date.now,
      random: () => 0.5,
      pause: (milliseconds) => Promise.resolve(void pauses.push(milliseconds)),
    });
  };

  it('knows who it is by the metadata service alone', async () => {
    const ec2 = await start([text(500, '')]);
    expect(await ec2.instance()).to.deep.equal({
      id: instance,
      region: 'eu-west-1',
      account: '123456789012',
      partition: 'aws',
    });
    expect(api?.requests).to.deep.equal([]);
  });

  it('gives all interfaces with their canonical addresses of both families', async () => {
    const ec2 = await start([text(200, whole)]);
    const base = { cardIndex: 0 };
    expect(await ec2.interfaces()).to.deep.equal([
      { ...base, id: first, deviceIndex: 0, addresses: ['10.0.0.2', '10.0.0.3'], check: 'enabled' },
      {
        ...base,
        id: second,
        deviceIndex: 1,
        addresses: ['10.0.1.2', '2001:db8::2'],
        check: 'disabled',
      },
    ]);
  });

  it('signs with the credentials of the instance profile, and never shows them', async () => {
    let headers: IncomingHttpHeaders = {};
    const ec2 = await start([
      (request, response) => {
        headers = request.headers;
        response.end(whole);
      },
    ]);
    await ec2.interfaces();
    expect(headers['x-amz-security-token']).to.equal('session-token');
    expect(headers.authorization).to.match(
      /^AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE\/\d{8}\/eu-west-1\/ec2\/aws4_request, /,
    );
    expect(JSON.stringify(headers)).to.not.contain('hush-hush');
  });

  it('takes new credentials when the old ones end soon, and keeps them else', async () => {
    const ec2 = await start([text(200, whole)], {
      expiration: new Date(Date.now() + 60_000).toISOString(),
    });
    await ec2.interfaces();
    await ec2.interfaces();
    const path = 'GET /latest/meta-data/iam/security-credentials/node-profile';
    expect(imds.requests.filter((one) => one === path)).to.have.lengthOf(2);
  });

  it('waits with jitter and asks again where EC2 throttles', async () => {
    const throttled = text(503, refused('RequestLimitExceeded'));
    const ec2 = await start([throttled, text(400, refused('Throttling')), text(200, whole)]);
    expect(await ec2.interfaces()).to.have.lengthOf(2);
    expect(pauses).to.deep.equal([250, 500]);
  });

  it('gives up after five attempts, for the agent to try again later', async () => {
    const ec2 = await start([text(503, refused('RequestLimitExceeded'))]);
    const fault = await failure(ec2.interfaces());
    expect([fault.code, fault.retryable]).to.deep.equal(['busy', true]);
    expect(fault.message).to.contain('RequestLimitExceeded, 5 times in a row');
    expect(api?.requests).to.have.lengthOf(5);
  });

  for (const code of ['UnauthorizedOperation', 'AccessDenied']) {
    it(`gives the missing statement for ${code}`, async () => {
      const encoded = 'Encoded authorization failure message: abc';
      const ec2 = await start([text(403, refused(code, encoded))]);
      const fault = await failure(ec2.interfaces());
      expect([fault.code, fault.retryable]).to.deep.equal(['access-denied', true]);
      expect(fault.message)
        .to.contain('{"Effect":"Allow","Action":"ec2:DescribeInstances","Resource":"*"}')
        .and.not.contain('Encoded');
      const other = await failure(ec2.setCheck(first, 'disabled'));
      expect(other.message).to.contain(
        `arn:aws:ec2:eu-west-1:123456789012:network-interface/${first}`,
      );
    });
  }

  it('does not quote what EC2 says about a wrong signature: the session token is in it', async () => {
    const said = 'The Canonical String should have been x-amz-security-token:session-token';
    const ec2 = await start([text(403, refused('SignatureDoesNotMatch', said))]);
    const { message } = await failure(ec2.interfaces());
    expect(message).to.contain('SignatureDoesNotMatch').and.not.contain('session-token');
  });

  it('says that an instance without a profile has no credentials', async () => {
    const ec2 = await start([text(200, whole)]);
    imds.texts.delete('meta-data/iam/security-credentials/');
    const fault = await failure(ec2.interfaces());
    expect(fault.code).to.equal('access-denied');
    expect(fault.message).to.contain('associate-iam-instance-profile');
  });

  for (const [name, answer, expected] of [
    ['permitted', text(412, refused('DryRunOperation')), { result: 'permitted' }],
    [
      'denied',
      text(403, refused('UnauthorizedOperation')),
      { result: 'denied', action: 'ModifyNetworkInterfaceAttribute' },
    ],
    ['gone', text(400, refused('InvalidNetworkInterfaceID.NotFound')), { result: 'gone' }],
  ] as const) {
    it(`reads a dry run as ${name}`, async () => {
      const ec2 = await start([answer]);
      expect(await ec2.tryCheck(first, 'disabled')).to.deep.equal(expected);
    });
  }

  it('sets the check of one interface', async () => {
    let body = '';
    const ec2 = await start([
      (request, response) => {
        // The scripted server has read the body away: the signature's length stands for it.
        body = request.headers['content-length'] ?? '';
        response.end(done);
      },
    ]);
    await ec2.setCheck(first, 'disabled');
    const sent = `Version=2016-11-15&Action=ModifyNetworkInterfaceAttribute&NetworkInterfaceId=${first}&SourceDestCheck.Value=false`;
    expect(Number(body)).to.equal(sent.length);
  });

  it('asks to observe again where the interface is gone', async () => {
    const ec2 = await start([text(400, refused('InvalidNetworkInterfaceID.NotFound'))]);
    const fault = await failure(ec2.setCheck(first, 'disabled'));
    expect([fault.code, fault.retryable]).to.deep.equal(['datastore-conflict', true]);
  });

  for (const [name, body, words] of [
    ['a check that is not there', described(item(first, 0, '')), 'does not say the source'],
    ['another instance', described().replace(instance, 'i-00000000000000009'), 'does not have'],
    ['no XML', '{"a": 1', 'cannot'],
    ['a document type', `<!DOCTYPE a [<!ENTITY b "c">]>${whole}`, 'document type'],
  ] as const) {
    it(`claims nothing by an answer with ${name}`, async () => {
      const fault = await failure((await start([text(200, body)])).interfaces());
      expect(fault.message).to.contain(words);
      expect(fault.retryable).to.equal(true);
    });
  }

  for (const [name, document] of [
    [
      'a region that is a host name',
      { instanceId: instance, region: 'a.test/', accountId: '123456789012' },
    ],
    ['no instance', { region: 'eu-west-1', accountId: '123456789012' }],
    ['no object', []],
  ] as const) {
    it(`refuses metadata with ${name}`, async () => {
      const ec2 = await start([text(200, whole)]);
      imds.texts.set('dynamic/instance-identity/document', JSON.stringify(document));
      const fault = await failure(ec2.interfaces());
      expect(fault.message).to.contain('cannot use the metadata of this instance');
      expect(api?.requests).to.deep.equal([]);
    });
  }
});
