/** Holds: a person stops the writing of this agent, or of all agents of the cluster. */
import { AppError } from '../../../runtime/errors.ts';
import type { ConnectedDatastore } from '../../ports/datastore/connected-datastore.ts';
import type { HoldScope } from '../apply/known-writer.ts';
import type { StateStore } from '../state/agent-state.ts';
import type { OperationsDeps } from './operations-deps.ts';

export interface HoldRequest {
  readonly scope: HoldScope;
  readonly by: string;
  readonly why: string;
}

export interface HoldOperations {
  /** Stops writing; the running pass has ended when this resolves. @throws AppError */
  hold(hold: HoldRequest): Promise<void>;
  /** Lets it write again. @throws AppError not-found where nothing is on hold */
  releaseHold(scope: HoldScope): Promise<void>;
}

export function createHoldOperations({
  connection,
  reconciling,
  loop,
}: OperationsDeps): HoldOperations {
  const { records, writer, clock } = reconciling;
  const { state } = records;
  return {
    hold: async ({ scope, by, why }) => {
      const hold = { by, why, since: clock.now() };
      if (scope === 'cluster') await connection.writerLease.setHold(hold);
      else await state.change((current) => ({ state: { ...current, hold }, result: undefined }));
      await loop.between(() => Promise.resolve());
    },
    releaseHold: async (scope) => {
      if (scope === 'cluster') {
        await releaseClusterHold(connection);
        await writer.read();
      } else await releaseOwnHold(state);
      loop.wake();
    },
  };
}

async function releaseClusterHold({ writerLease }: ConnectedDatastore): Promise<void> {
  const { record } = await writerLease.read();
  if (record?.hold === undefined) throw notHeld('the cluster');
  await writerLease.setHold(undefined);
}

async function releaseOwnHold(state: StateStore): Promise<void> {
  await state.change(({ hold, ...rest }) => {
    if (hold === undefined) throw notHeld('this agent');
    return { state: rest, result: undefined };
  });
}

function notHeld(what: string): AppError {
  return new AppError('not-found', `cannot release the hold of ${what}: there is none`);
}
