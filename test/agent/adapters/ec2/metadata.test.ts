import { expect } from 'chai';
import { exchange, type Exchange } from '../../../../agent/adapters/ec2/exchange.ts';
import { createMetadata, type Metadata } from '../../../../agent/adapters/ec2/metadata.ts';
import { failure } from '../../../support/failure.ts';
import { startImds, type StandInImds } from '../../../support/servers/stand-in-imds.ts';

const hurried: Exchange = (request) => exchange({ ...request, timeoutMs: 150 });
const closedPort = 'http://127.0.0.1:1';

describe('the metadata service of an instance', () => {
  let imds: StandInImds;
  let nowMs: number;

  beforeEach(async () => {
    imds = await startImds();
    nowMs = 0;
  });
  afterEach(() => imds.close());

  const metadataAt = (endpoints: readonly string[] = [imds.endpoint], maker?: string): Metadata =>
    createMetadata({
      exchange: hurried,
      endpoints,
      elapsed: () => nowMs,
      maker: () => Promise.resolve(maker),
    });
  const tokens = (): number => imds.requests.filter((one) => one.startsWith('PUT')).length;
  const partition = 'meta-data/services/partition';

  it('asks for one token, and sends it with every request', async () => {
    const metadata = metadataAt();
    expect(await metadata.read(partition)).to.equal('aws');
    expect(await metadata.find('meta-data/nothing')).to.equal(undefined);
    expect(tokens()).to.equal(1);
  });

  it('asks for a new token before the old one ends, and when the service has forgotten it', async () => {
    const metadata = metadataAt();
    await metadata.read(partition);
    nowMs = 6 * 3_600_000;
    await metadata.read(partition);
    expect(tokens()).to.equal(2);
    imds.endTokens();
    expect(await metadata.read(partition)).to.equal('aws');
    expect(tokens()).to.equal(3);
  });

  it('never asks as version 1 does, without a token', async () => {
    imds.mode = 'fails';
    await failure(metadataAt().read(partition));
    expect(imds.requests).to.deep.equal(['PUT /latest/api/token']);
  });

  const faults: readonly (readonly [string, StandInImds['mode'], string])[] = [
    ['it is turned off', 'off', '--http-endpoint enabled'],
    ['the hop limit keeps the token away', 'hop-limit', '--http-put-response-hop-limit 2'],
    ['it fails', 'fails', 'answers 500'],
  ];
  for (const [name, mode, words] of faults) {
    it(`says what to do where ${name}`, async () => {
      imds.mode = mode;
      const fault = await failure(metadataAt().read(partition));
      expect(fault.message).to.contain(words);
      expect([fault.code, fault.retryable]).to.deep.equal(['not-ready', true]);
    });
  }

  for (const [maker, words] of [
    ['QEMU', 'its maker is "QEMU": a cloud section is for clusters whose nodes are all instances'],
    ['Amazon EC2', 'a firewall of this machine'],
    [undefined, 'or the machine is no instance of EC2'],
  ] as const) {
    it(`says why nobody answers on a machine by ${maker ?? 'nobody known'}`, async () => {
      const fault = await failure(metadataAt([closedPort], maker).read(partition));
      expect(fault.message).to.contain('ECONNREFUSED').and.contain(words);
    });
  }

  it('takes the second address where the first one does not answer', async () => {
    const metadata = metadataAt([closedPort, imds.endpoint]);
    expect(await metadata.read(partition)).to.equal('aws');
    expect(metadata.endpoint()).to.equal(imds.endpoint);
  });

  it('is read by IPv6 too', async () => {
    const other = await startImds({ host: '::1' });
    try {
      const metadata = metadataAt([closedPort, other.endpoint]);
      expect(await metadata.read(partition)).to.equal('aws');
      expect(metadata.endpoint()).to.match(/^http:\/\/\[::1\]:/);
    } finally {
      await other.close();
    }
  });
});
