import { expect } from 'chai';
import { status } from '@grpc/grpc-js';
import { failureOf, refusedTransaction } from '../../../runtime/etcd/failures.ts';
import { RpcError } from '../../../runtime/etcd/rpc-error.ts';
import type { Transaction } from '../../../runtime/etcd/keys.ts';

const where = 'http://127.0.0.1:2379';

function writing(count: number, bytes: number): Transaction {
  const writes = Array.from({ length: count }, (_, index) => ({
    put: `/key/${String(index)}`,
    value: 'x'.repeat(bytes),
  }));
  return { compares: [], writes, otherwise: [] };
}

describe('a transaction that etcd refuses', () => {
  const busy = new RpcError(status.RESOURCE_EXHAUSTED, 'etcdserver: too many requests');
  const invalid = new RpcError(status.INVALID_ARGUMENT, 'etcdserver: request is too large');

  const table = [
    { what: 'is tried again where etcd is busy', cause: busy, size: [126, 1000], retryable: true },
    {
      what: 'is tried again where only this etcd’s limits are low',
      cause: invalid,
      size: [9, 1000],
      retryable: true,
    },
    {
      what: 'is refused for good with more operations than usual',
      cause: invalid,
      size: [129, 1],
      retryable: false,
    },
    {
      what: 'is refused for good with more bytes than usual',
      cause: busy,
      size: [2, 2 ** 20],
      retryable: false,
    },
  ] as const;
  for (const { what, cause, size, retryable } of table) {
    it(what, () => {
      const error = refusedTransaction(cause, writing(size[0], size[1]), where, []);
      expect(error).to.include({ code: 'datastore-failed', retryable });
      const namesLimits = error.message.includes('--max-txn-ops');
      expect(namesLimits).to.equal(!retryable || cause === invalid);
    });
  }
});

it('another precondition of etcd is reported in its own words', () => {
  const cause = new RpcError(status.FAILED_PRECONDITION, 'etcdserver: lease already exists');
  expect(failureOf(cause, where)).to.include({
    message: `cannot use etcd at ${where}: ${cause.message}`,
    retryable: true,
  });
});

it('an answer that is too large does not count as a full database', () => {
  const text = 'Received message larger than max (70000000 vs 16777216)';
  const { message } = failureOf(new RpcError(status.RESOURCE_EXHAUSTED, text), where);
  expect(message).to.include('its answer has more than 16 MiB').and.not.include('full');
});
