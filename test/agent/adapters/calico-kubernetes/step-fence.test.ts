/**
 * A create compares nothing on the server: a lease that was lost while a step ran is noticed after
 * it.
 */
import { expect } from 'chai';
import { create, peerOf, stepOf } from '../../../support/samples/changes.ts';
import { failure } from '../../../support/failure.ts';
import {
  json,
  startScriptedServer,
  status,
  type Answer,
} from '../../../support/servers/scripted-server.ts';
import { connect, revision } from './connected.ts';

const group = '/apis/crd.projectcalico.org/v1';

describe('a step of the writer lease', () => {
  /** An API server with a lease; the first object that is created there changes the lease. */
  const servingUntilMade = (change: (lease: Lease) => void): Answer => {
    const lease: Lease = { resourceVersion: 1, holder: null, record: '' };
    return (request, response) => {
      const path = (request.url ?? '').split('?')[0];
      const answer = (): Answer => {
        if (path === group) return json(200, { resources: [{ name: 'bgppeers' }] });
        if (path === `${group}/bgppeers`) {
          change(lease);
          return json(201, {});
        }
        if (path?.includes('/leases') !== true) return status(404, 'NotFound');
        if (request.method !== 'GET') {
          lease.resourceVersion += 1;
          lease.holder ??= 'node-a_this-process';
        }
        return json(200, documentOf(lease));
      };
      answer()(request, response);
    };
  };
  const applyWhile = async (change: (lease: Lease) => void): Promise<void> => {
    const server = await startScriptedServer(servingUntilMade(change));
    const agent = connect({ server: server.url });
    try {
      const claim = await agent.writerLease.claim();
      if (!claim.held) throw new Error('the writer lease is not free');
      await agent.datastore.apply(stepOf([create(peerOf('a'))]), revision, claim.fence);
    } finally {
      await agent.datastore.close();
      await server.close();
    }
  };

  it('is applied when nothing happened to the lease', async () => {
    await applyWhile(() => undefined);
  });

  for (const [what, change] of [
    ['another agent took the scope', { holder: 'node-b_other' }],
    ['somebody held the cluster', { record: '{"formatVersion":1}' }],
  ] as const) {
    it(`checks the lease again when ${what} while it ran`, async () => {
      const error = await failure(applyWhile((lease) => void Object.assign(lease, change)));
      expect([error.code, error.retryable]).to.deep.equal(['writer-lease-lost', true]);
    });
  }
});

interface Lease {
  resourceVersion: number;
  holder: string | null;
  record: string;
}

function documentOf({ resourceVersion, holder, record }: Lease): object {
  const annotations = record !== '' && { annotations: { 'calico-agent/share-record': record } };
  return {
    metadata: { resourceVersion: String(resourceVersion), ...annotations },
    spec: { holderIdentity: holder },
  };
}
