/** The writer lease as a Lease of Kubernetes: sends the requests of core's lease machine. */
import {
  LeaseMachine,
  type Clocks,
  type LeaseAnswer,
  type LeaseOutcome,
  type LeaseProblem,
  type LeaseRequest,
  type Procedure,
} from '../../../core/writer/lease-machine.ts';
import { holderOf, nodeOfHolder } from '../../../core/writer/stored-lease.ts';
import {
  withDoneOnce,
  withHold,
  withRevision,
  withTakenBack,
} from '../../../core/writer/writer-record.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { createLimit, type Limit } from '../../../runtime/pacing/limit.ts';
import type {
  Claim,
  WriterLease,
  Fence,
  WriterStatus,
} from '../../ports/datastore/writer-lease.ts';
import { readLease, recordOf, unreadableRecord, writeLease } from './lease-object.ts';

export interface WriterLeaseOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly node: () => string;
  /** RFC 3339. */
  readonly now: () => string;
  /** The monotonic clock, in ms. */
  readonly monotonic: () => number;
  /** Identifies this process, so that two agents of one node are told apart. */
  readonly processMark: string;
}

export interface KubernetesWriterLease extends WriterLease {
  /**
   * Called before a step: checks with the server that this agent holds the lease. @throws AppError
   * writer-lease-lost
   */
  confirm(fence: Fence): Promise<void>;
  /**
   * Called after a step: checks that no other agent took the lease or changed its record meanwhile.
   * @throws AppError writer-lease-lost
   */
  recheck(fence: Fence): Promise<void>;
  /** The time for a write that begins now, in ms. @throws AppError writer-lease-lost */
  allowance(fence: Fence): Promise<number>;
  /** Ends the renewals in the background. */
  stop(): void;
}

/** Pause after a failed renewal. */
const retryMs = 2000;

export function createWriterLease(options: WriterLeaseOptions): KubernetesWriterLease {
  const { client, namespace, node, now } = options;
  const machine = new LeaseMachine(() => holderOf(node(), options.processMark));
  const runner = new Runner(machine, options);
  const noted = (): { readonly by: string; readonly at: string } => ({ by: node(), at: now() });
  return {
    read: () => readStatus(client, namespace),
    claim: async (): Promise<Claim> => {
      const claim = await runner.run('claim the writer lease', machine.claim());
      const { record } = claim;
      const known = record !== undefined && { record };
      return claim.held
        ? { held: true, fence: { term: claim.term }, ...known }
        : { held: false, holder: claim.holder, ...known };
    },
    record: async (revision, { term }, notes) => ({
      term: await runner.run(
        'note the revision in the writer record',
        machine.record(term, (record) => withRevision(record, revision, { ...noted(), ...notes })),
      ),
    }),
    setHold: (hold) =>
      runner.run(
        'set the hold',
        machine.changeRecord((record) =>
          hold === undefined && record?.hold === undefined
            ? undefined
            : withHold(record, hold, noted()),
        ),
      ),
    changeDoneOnce: (change) =>
      runner.run(
        'note what is done once for the cluster',
        machine.changeRecord((record) => {
          const done = record?.doneOnce ?? [];
          const next = change(done);
          return next === done ? undefined : withDoneOnce(record, next, noted());
        }),
      ),
    takeBack: (revision, reason) =>
      runner.run(
        'note that the revision is taken back',
        machine.changeRecord((record) => {
          const next = withTakenBack(record, { revision, reason }, noted());
          return next === record ? undefined : next;
        }),
      ),
    release: () => runner.run('give up the writer lease', machine.release()),
    confirm: ({ term }) => runner.run('renew the writer lease', machine.confirm(term)),
    recheck: ({ term }) => runner.run('read the writer lease', machine.recheck(term)),
    allowance: ({ term }) => runner.allowance(term),
    stop: () => runner.stop(),
  };
}

/** Carries out the machine's procedures one at a time, and renews the lease in the background. */
class Runner {
  readonly #machine: LeaseMachine;
  readonly #options: WriterLeaseOptions;
  /** Our own writes of the lease must not run in parallel. */
  readonly #turn: Limit = createLimit(1);
  #timer: NodeJS.Timeout | undefined;

  constructor(machine: LeaseMachine, options: WriterLeaseOptions) {
    this.#machine = machine;
    this.#options = options;
  }

  run<T>(what: string, procedure: Procedure<T>): Promise<T> {
    return this.#turn.run(async () => valueOf(what, await this.#perform(procedure)));
  }

  async allowance(term: string): Promise<number> {
    const what = 'write the cluster-wide resources';
    const ms = valueOf(what, this.#machine.allowance(term, this.#clocks()));
    if (ms > 0) return ms;
    await this.#turn.run(async () => {
      // Another write may have confirmed it while this one waited for its turn.
      if (valueOf(what, this.#machine.allowance(term, this.#clocks())) > 0) return;
      valueOf(what, await this.#perform(this.#machine.confirm(term)));
    });
    const confirmed = valueOf(what, this.#machine.allowance(term, this.#clocks()));
    if (confirmed > 0) return confirmed;
    throw errorOf(what, { kind: 'lost', why: 'the API server took too long to renew its lease' });
  }

  stop(): void {
    this.#machine.drop();
    clearTimeout(this.#timer);
  }

  async #perform<T>(procedure: Procedure<T>): Promise<LeaseOutcome<T>> {
    try {
      let step = procedure.next();
      while (step.done !== true) step = procedure.next(await this.#send(step.value));
      return step.value;
    } finally {
      this.#schedule();
    }
  }

  async #send(request: LeaseRequest): Promise<LeaseAnswer> {
    const { client, namespace, now } = this.#options;
    const sentAt = this.#clocks();
    const lease =
      request.type === 'read'
        ? await readLease(client, namespace)
        : await writeLease(client, namespace, request.previous, { ...request.content, at: now() });
    return { lease, sentAt, receivedAt: this.#clocks() };
  }

  /** Renews after a third of the duration; after a failure soon again. */
  #schedule(): void {
    clearTimeout(this.#timer);
    const dueMs = this.#machine.renewalDueMs(this.#clocks());
    if (dueMs === undefined) return;
    this.#timer = setTimeout(
      () => {
        void this.#turn.run(() => this.#perform(this.#machine.renew())).catch(() => undefined);
      },
      Math.max(dueMs, retryMs),
    );
    this.#timer.unref();
  }

  #clocks(): Clocks {
    const { now, monotonic } = this.#options;
    return { monotonicMs: monotonic(), wallMs: Date.parse(now()) };
  }
}

async function readStatus(client: KubernetesClient, namespace: string): Promise<WriterStatus> {
  const lease = await readLease(client, namespace);
  const record = lease && recordOf(lease);
  return {
    ...(lease !== undefined && lease.holder !== '' && { holder: nodeOfHolder(lease.holder) }),
    ...(record !== undefined && { record }),
  };
}

function valueOf<T>(what: string, outcome: LeaseOutcome<T>): T {
  if (outcome.kind === 'done') return outcome.value;
  throw errorOf(what, outcome);
}

function errorOf(what: string, problem: LeaseProblem): AppError {
  switch (problem.kind) {
    case 'lost':
      return new AppError(
        'writer-lease-lost',
        `cannot write the cluster-wide resources: ${problem.why}`,
        { retryable: true },
      );
    case 'busy':
      return new AppError('datastore-conflict', `cannot ${what}: other agents write the lease`, {
        retryable: true,
      });
    case 'unreadable-record':
      return unreadableRecord();
  }
}
