import { expect } from 'chai';
import { AppError } from '../../../../runtime/errors.ts';
import type { Reader } from '../../../../agent/adapters/cluster-kubernetes/reader.ts';
import { deletePods } from '../../../../agent/adapters/cluster-kubernetes/write/delete-pods.ts';

const controller = { kind: 'StatefulSet', name: 'web' };

/** A Pod as the API server gives it. */
function podOf(name: string, uid: string): object {
  return {
    metadata: {
      namespace: 'default',
      name,
      uid,
      ownerReferences: [{ ...controller, controller: true }],
    },
    status: {
      phase: 'Running',
      podIP: '10.2.0.5',
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

/** The requests that a step of the plan sends to a cluster with these pods. */
async function sentBy(pods: readonly object[]): Promise<readonly string[]> {
  const sent: string[] = [];
  const reader: Reader = {
    send: ({ method, path }) => Promise.resolve(void sent.push(`${method} ${path}`)),
    object: () => Promise.resolve(undefined),
    find: () => Promise.resolve(undefined),
    list: (_what, _path, keep) => Promise.resolve(pods.flatMap((pod) => keep(pod) ?? [])),
    listOptional: () => Promise.resolve(undefined),
  };
  let nowMs = 0;
  const pause = (ms: number): Promise<void> => Promise.resolve(void (nowMs += ms));
  const waiting = { pause, monotonic: () => nowMs, random: () => 0.5 };
  const group = {
    namespace: 'default',
    controller,
    pods: [{ name: 'web-0', uid: 'old', addresses: ['10.1.0.5'] }],
  };
  const change = {
    action: 'delete-pods',
    scope: { kind: 'cluster' },
    pods: [group],
    why: '',
  } as const;
  await deletePods(reader, change, waiting);
  return sent;
}

describe('the pods of a plan', () => {
  it('that do not come back in time are waited for again', async () => {
    let failure: unknown;
    await sentBy([podOf('web-0', 'old')]).catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(AppError);
    expect(failure).to.include({ code: 'apply-failed', retryable: true });
  });

  it('are not deleted where their controller made new ones of the same name since', async () => {
    expect(await sentBy([podOf('web-0', 'new')])).to.deep.equal([]);
  });
});
