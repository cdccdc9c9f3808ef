/** What a refusal of the API server with the status 403 means: a missing right, or a webhook's verdict. */
import { expect } from 'chai';
import { observeEdits } from '../../../../agent/adapters/cluster-kubernetes/observe-edits.ts';
import { createReader } from '../../../../agent/adapters/cluster-kubernetes/reader.ts';
import type { ObjectEdit } from '../../../../core/platform/cluster/cluster-edit.ts';
import { planCluster } from '../../../../core/plan/cluster/plan-cluster.ts';
import { ApiRefusal } from '../../../../runtime/kubernetes/api-refusal.ts';
import { RightRefused } from '../../../../runtime/kubernetes/right-refused.ts';
import { failure } from '../../../support/failure.ts';

const object = { kind: 'IPAddressPool', namespace: 'metallb-system', name: 'b' } as const;
const edit: ObjectEdit = {
  form: 'object',
  object,
  content: { metadata: { name: 'b' }, spec: { addresses: ['10.0.0.0/28'] } },
  reasons: [{ rule: 'metallb', place: { pointer: '/metallb/pools/0' } }],
};
const forbidden = { kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403 };

/** A reader of a server that has no objects, and answers 403 to writes. */
function readerRefusing(body: object): ReturnType<typeof createReader> {
  return createReader({
    find: () => Promise.resolve(undefined),
    send: (request) => Promise.reject(new ApiRefusal(request, 403, body, undefined)),
    listWithStubs: () => Promise.reject(new Error('nothing is listed')),
  });
}

describe('a refusal of the API server', () => {
  it('by a webhook is a verdict on the object, with a way to move a range', async () => {
    const message =
      'admission webhook "ipaddresspoolvalidationwebhook.metallb.io" denied the request: CIDR "10.0.0.0/28" in pool "b" overlaps with already defined CIDR "10.0.0.0/28"';
    const reader = readerRefusing({ ...forbidden, message });
    const { issues } = planCluster([edit], await observeEdits(reader, [edit], false));
    expect(issues.map(({ code }) => code)).to.deep.equal(['server-refuses']);
    expect(issues[0]?.message).to.include('denied the request');
    expect(issues[0]?.hint).to.include('apply first a revision in which no pool has it');
    const error = await failure(
      reader.send({ what: 'apply', method: 'PATCH', path: '/', isFromConfig: true }),
    );
    expect(error).to.be.instanceOf(ApiRefusal).and.include({ retryable: false });
  });

  for (const [what, status, isVerdict] of [
    ['that it refuses as a new one, too', 422, true],
    ['while its store is away', 500, false],
  ] as const) {
    it(`with the status 500 to an object ${what} is ${isVerdict ? 'a' : 'no'} verdict`, async () => {
      const body = { kind: 'Status', status: 'Failure', message: 'field not declared in schema' };
      const reader = createReader({
        find: () => Promise.resolve(undefined),
        send: (request) => {
          const code = request.method === 'POST' ? status : 500;
          return Promise.reject(new ApiRefusal(request, code, { ...body, code }, undefined));
        },
        listWithStubs: () => Promise.reject(new Error('nothing is listed')),
      });
      const observed = observeEdits(reader, [edit], false);
      if (!isVerdict) {
        expect(await failure(observed)).to.include({ retryable: true });
        return;
      }
      const { issues, steps } = planCluster([edit], await observed);
      expect([issues.map(({ code }) => code), steps]).to.deep.equal([['server-refuses'], []]);
    });
  }

  it('of a right names the role of the document that has it', async () => {
    const details = { name: 'b', group: 'metallb.io', kind: 'ipaddresspools' };
    const reader = readerRefusing({ ...forbidden, details, message: 'cannot patch' });
    const error = await failure(observeEdits(reader, [edit], false));
    expect(error).to.be.instanceOf(RightRefused);
    expect(error.message).to.include('ClusterRole calico-agent-metallb').and.include('metallb.md');
  });
});
