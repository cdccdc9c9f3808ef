import { expect } from 'chai';
import { readLoadBalancers } from '../../../../agent/adapters/cluster-kubernetes/read/load-balancers.ts';
import { createReader } from '../../../../agent/adapters/cluster-kubernetes/reader.ts';
import { ApiRefusal } from '../../../../runtime/kubernetes/api-refusal.ts';
import { failure } from '../../../support/failure.ts';

const services = '/api/v1/services';
const service = (name: string, type: string): object => ({
  metadata: { namespace: 'default', name },
  spec: { type },
});

describe('the Services of the type LoadBalancer', () => {
  let asked: (string | undefined)[];
  beforeEach(() => {
    asked = [];
  });

  /** A server that has two Services and refuses the field selector with this status. */
  const readerRefusing = (status: number): ReturnType<typeof createReader> =>
    createReader({
      find: () => Promise.resolve(undefined),
      send: () => Promise.reject(new Error('nothing is sent')),
      listWithStubs: (what, path, { keep, selectors }) => {
        if (path !== services) return Promise.resolve({ items: [], resourceVersion: '1' });
        asked.push(selectors?.fieldSelector);
        if (selectors?.fieldSelector !== undefined) {
          const body = { kind: 'Status', status: 'Failure', reason: 'BadRequest', code: status };
          return Promise.reject(new ApiRefusal({ what }, status, body, undefined));
        }
        const all = [service('web', 'LoadBalancer'), service('dns', 'ClusterIP')];
        return Promise.resolve({
          items: all.flatMap((one) => keep(one) ?? []),
          resourceVersion: '1',
        });
      },
    });

  it('are picked from all Services where the server does not know the selector', async () => {
    const found = await readLoadBalancers(readerRefusing(400));
    expect(found.services.map(({ name }) => name)).to.deep.equal(['web']);
    expect(asked).to.deep.equal(['spec.type=LoadBalancer', undefined]);
  });

  it('are unknown, and not empty, where the server does not answer the list', async () => {
    const error = await failure(readLoadBalancers(readerRefusing(503)));
    expect(error).to.include({ status: 503, retryable: true });
    expect(asked).to.deep.equal(['spec.type=LoadBalancer']);
  });
});
