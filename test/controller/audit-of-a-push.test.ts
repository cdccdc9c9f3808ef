/** What the audit log says of a push whose client leaves. */
import { expect } from 'chai';
import http from 'node:http';
import type { AuditAnswer } from '../../controller/api/people/audit-route.ts';
import { eventually } from '../support/eventually.ts';
import { MemoryAgent } from '../support/twins/memory-agent.ts';
import { configWith, Lab } from './running.ts';

describe('the audit log of a push with --wait', function () {
  this.timeout(60_000);
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.make();
    await lab.start();
    lab.connect(new MemoryAgent({ name: 'node-0', reaches: 'accepted' }));
    await eventually(async () => expect((await lab.status()).connected).to.equal(1));
  });
  afterEach(() => lab.close());

  it('has the revision also where the client left before the end', async () => {
    const push = http.request({
      socketPath: lab.socket,
      method: 'PUT',
      path: '/v1/config?by=ann&wait=600',
      headers: { 'content-type': 'application/yaml' },
    });
    // It is destroyed below.
    push.on('error', () => undefined);
    push.end(configWith(64_513));
    await eventually(async () => expect((await lab.status()).revision?.number).to.equal(1));
    push.destroy();
    await eventually(async () => {
      const { actions } = await lab.ask<AuditAnswer>('GET', '/v1/audit');
      expect(actions).to.have.length(1);
      expect(actions[0]).to.include({ action: 'PUT /v1/config', result: 'done' });
      expect(actions[0]?.details).to.include({ 'asked.wait': '600', revision: 1 });
      expect(actions[0]?.details['digest']).to.match(/^sha256:/);
    });
  });
});
