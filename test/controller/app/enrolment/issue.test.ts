import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEmbeddedStore } from '../../../../controller/adapters/embedded-store/embedded-store.ts';
import { hostHere } from '../../../../controller/adapters/embedded-store/host-here.ts';
import { createIssuing, type Issuing } from '../../../../controller/app/enrolment/issue.ts';
import { createEnrolmentTokens } from '../../../../controller/app/enrolment/tokens.ts';
import type { Authority } from '../../../../controller/ports/authority.ts';
import type { Store } from '../../../../controller/ports/store.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { failure } from '../../../support/failure.ts';

const cluster = 'default';
const dayMs = 86_400_000;

/** A request is `NODE KEY`; everything is signed. */
const authority: Authority = {
  describe: () => Promise.resolve({ digest: '', names: [] }),
  readRequest: (text) => {
    const [node = '', key = ''] = text.split(' ');
    const uris = [`calico-agent://${cluster}/node/${node}`];
    return Promise.resolve({ uris, publicKey: Buffer.from(key) });
  },
  sign: ({ node, validFrom }) =>
    Promise.resolve({
      certificate: `of ${node}`,
      authority: '',
      validFrom,
      validUntil: validFrom + 90 * dayMs,
    }),
};

describe('the issue of certificates', () => {
  let folder: string;
  let store: Store;
  let now: number;
  let revoked: number | undefined;

  beforeEach(async () => {
    now = Date.parse('2026-05-01T10:00:00Z');
    revoked = undefined;
    folder = await mkdtemp(path.join(tmpdir(), 'calico-issue-'));
    store = createEmbeddedStore({
      folder,
      openHost: hostHere,
      earlierState: () => Promise.resolve([]),
      putAside: () => Promise.resolve(),
      logger: silentLogger,
    });
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const controller = (mustNameCluster = false): Issuing =>
    createIssuing({
      store,
      cluster,
      mustNameCluster,
      authority,
      isCertified: () => false,
      revokedAt: () => revoked,
      now: () => now,
    });
  async function makeToken(uses: number, nodes: readonly string[] = []): Promise<string> {
    const tokens = createEnrolmentTokens({ store, cluster, now: () => now });
    const wanted = { uses, nodes, expiresInSeconds: 3600, by: 'test' };
    return (await tokens.create(wanted)).text;
  }
  const enrol = async (token: string, request: string, at = controller()): Promise<string> =>
    (await (await at.admit(token))(request)).certificate;
  const refusal = async (token: string, request: string): Promise<string> =>
    (await failure(enrol(token, request))).message;

  it('counts the uses of a token that two controllers get at the same time', async () => {
    const token = await makeToken(2);
    // Each has its own turns: only the store keeps them apart.
    const all = await Promise.allSettled(
      Array.from({ length: 6 }, (_, at) => enrol(token, `node-${String(at)} k${String(at)}`)),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).to.have.length(2);
    const reasons = all.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    for (const reason of reasons) expect(reason).to.contain('the token is used up');
  });

  it('issues one certificate for one node that two machines ask for at the same time', async () => {
    const tokens = [await makeToken(1), await makeToken(1)];
    const all = await Promise.allSettled(
      tokens.map((token, at) => enrol(token, `node-0 k${String(at)}`)),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
  });

  it('gives the same key its certificate again when the answer was lost, until the token ends', async () => {
    const token = await makeToken(1);
    expect(await enrol(token, 'node-0 k')).to.equal('of node-0');
    expect(await enrol(token, 'node-0 k')).to.equal('of node-0');
    expect(await refusal(token, 'node-0 other')).to.contain('the token is used up');
    expect(await refusal(token, 'node-1 k')).to.contain('the token is used up');
    now += 3_600_000;
    expect(await refusal(token, 'node-0 k')).to.match(/has expired; make another one/);
    // Another token does, because the key is the one that has the certificate.
    expect(await enrol(await makeToken(1), 'node-0 k')).to.equal('of node-0');
  });

  it('says how to make a token that the same node can use, also where it has a certificate', async () => {
    const token = await makeToken(1);
    await enrol(token, 'node-0 k');
    expect(await refusal(token, 'node-0 new')).to.match(/ token create --node node-0$/);
    const named = await makeToken(1, ['node-0']);
    expect(await enrol(named, 'node-0 new')).to.equal('of node-0');
    const ofSeveral = failure(enrol(named, 'node-0 newer', controller(true)));
    expect((await ofSeveral).message).to.match(/ token create --node node-0 --cluster default$/);
  });

  it('gives nothing by a pattern to a node that has a certificate, or was revoked', async () => {
    const pattern = await makeToken(5, ['rack-1-*']);
    await enrol(pattern, 'rack-1-a k');
    expect(await refusal(pattern, 'rack-1-a other')).to.contain('does not name the node');
    expect(await refusal(pattern, 'rack-2-a k')).to.contain('not for this node');
    revoked = now;
    expect(await refusal(pattern, 'rack-1-a k')).to.contain('the node was revoked');
    const named = await makeToken(1, ['rack-1-a']);
    expect(await enrol(named, 'rack-1-a next')).to.equal('of rack-1-a');
  });

  it('begins a certificate after the revocation, which no renewal gets around', async () => {
    revoked = now + 200;
    const named = await makeToken(1, ['node-0']);
    const issued = await (await controller().admit(named))('node-0 k');
    expect(issued.validFrom).to.equal(now + 1000);
    const old = { node: 'node-0', publicKey: Buffer.from('k'), validFrom: now };
    expect((await failure(controller().renew(old))).message).to.contain('was revoked');
    const { validFrom } = issued;
    expect((await controller().renew({ ...old, validFrom })).node).to.equal('node-0');
  });
});
