/**
 * Agents that want the writer lease, over a store that compares versions: laws that hold for every
 * order of requests, answers, clocks, sleep and restarts.
 */
import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  leaseSeconds,
  LeaseMachine,
  type Clocks,
  type LeaseAnswer,
  type LeaseOutcome,
  type LeaseRequest,
  type Procedure,
} from '../../../core/writer/lease-machine.ts';
import { holderOf, type StoredLease } from '../../../core/writer/stored-lease.ts';
import { withHold } from '../../../core/writer/writer-record.ts';

/** The content of the store when it carried out a request. */
interface Moment {
  readonly lease: StoredLease | undefined;
  /** Counts the changes of the holder. */
  readonly epoch: number;
}

class Store {
  lease: StoredLease | undefined;
  #version = 0;
  #epoch = 0;

  carryOut(request: LeaseRequest): Moment {
    if (request.type === 'read') return this.#moment();
    const { previous, content } = request;
    if (this.lease?.version !== previous?.version) return { ...this.#moment(), lease: undefined };
    const { holder = this.lease?.holder ?? '', transitions = this.lease?.transitions ?? 0 } =
      content;
    if (holder !== (this.lease?.holder ?? '')) this.#epoch += 1;
    this.#version += 1;
    this.lease = {
      version: String(this.#version),
      holder,
      durationSeconds: leaseSeconds,
      transitions,
      recordText:
        content.record === undefined ? this.lease?.recordText : JSON.stringify(content.record),
    };
    return this.#moment();
  }

  #moment(): Moment {
    return { lease: this.lease, epoch: this.#epoch };
  }
}

const operations = ['claim', 'confirm', 'recheck', 'renew', 'record', 'hold', 'release'] as const;
type Operation = (typeof operations)[number];

interface Pending {
  readonly operation: Operation;
  readonly term: string;
  readonly procedure: Procedure<unknown>;
  readonly request: LeaseRequest;
  readonly sentAt: Clocks;
  /** Absent: the store has not carried it out yet. */
  readonly moment?: Moment;
}

class Agent {
  readonly #store: Store;
  readonly #name: string;
  /** The speed of its clocks relative to real time. */
  readonly #rate: number;
  #machine: LeaseMachine;
  #pending: Pending | undefined;
  #process = 0;
  #changes = 0;
  isAsleep = false;
  term = '';
  clocks: Clocks;
  /** The content of the store when each term was given. */
  readonly #given = new Map<string, Moment>();
  readonly faults: string[] = [];

  constructor(store: Store, name: string, rate: number) {
    this.#store = store;
    this.#name = name;
    this.#rate = rate;
    this.clocks = { monotonicMs: 0, wallMs: 1e12 };
    this.#machine = this.#start();
  }

  #start(): LeaseMachine {
    this.#process += 1;
    const identity = holderOf(this.#name, String(this.#process));
    return new LeaseMachine(() => identity);
  }

  restart(): void {
    this.#pending = undefined;
    this.#machine = this.#start();
  }

  pass(ms: number): void {
    const { monotonicMs, wallMs } = this.clocks;
    const own = ms * this.#rate;
    this.clocks = { monotonicMs: monotonicMs + (this.isAsleep ? 0 : own), wallMs: wallMs + own };
  }

  get mayWrite(): boolean {
    return !this.isAsleep && this.#machine.writesForMs(this.clocks) > 0;
  }

  get allowance(): LeaseOutcome<number> {
    return this.#machine.allowance(this.term, this.clocks);
  }

  begin(operation: Operation): void {
    if (this.#pending !== undefined || this.isAsleep) return;
    const procedure: Procedure<unknown> = this.#procedure(operation);
    this.#follow({ operation, term: this.term, procedure }, procedure.next(), undefined);
  }

  /** The store carries the request out; the answer is on its way. */
  serve(): void {
    if (this.#pending?.moment !== undefined || this.#pending === undefined) return;
    this.#pending = { ...this.#pending, moment: this.#store.carryOut(this.#pending.request) };
  }

  answer(): void {
    const pending = this.#pending;
    if (pending?.moment === undefined || this.isAsleep) return;
    const { moment, sentAt, procedure } = pending;
    const answer: LeaseAnswer = { lease: moment.lease, sentAt, receivedAt: this.clocks };
    this.#follow(pending, procedure.next(answer), moment);
  }

  /** The request, or its answer, is lost: its caller gets a failure. */
  lose(): void {
    this.#pending = undefined;
  }

  run(operation: Operation): void {
    this.begin(operation);
    while (this.#pending !== undefined && !this.isAsleep) {
      this.serve();
      this.answer();
    }
  }

  #procedure(operation: Operation): Procedure<unknown> {
    this.#changes += 1;
    const noted = { by: this.#name, at: `${this.#name} ${String(this.#changes)}` };
    const next = { formatVersion: 1, generation: this.#changes, ...noted } as const;
    switch (operation) {
      case 'claim':
        return this.#machine.claim();
      case 'confirm':
        return this.#machine.confirm(this.term);
      case 'recheck':
        return this.#machine.recheck(this.term);
      case 'renew':
        return this.#machine.renew();
      case 'record':
        return this.#machine.record(this.term, () => next);
      case 'hold':
        return this.#machine.changeRecord((record) => ({
          ...withHold(record, undefined, noted),
          ...next,
        }));
      case 'release':
        return this.#machine.release();
    }
  }

  #follow(
    { operation, term, procedure }: Pick<Pending, 'operation' | 'term' | 'procedure'>,
    step: IteratorResult<LeaseRequest, LeaseOutcome<unknown>>,
    moment: Moment | undefined,
  ): void {
    this.#pending =
      step.done === true
        ? undefined
        : { operation, term, procedure, request: step.value, sentAt: this.clocks };
    if (step.done !== true || step.value.kind !== 'done') return;
    this.#judge({ operation, term }, step.value.value, moment);
  }

  #judge(
    { operation, term }: Pick<Pending, 'operation' | 'term'>,
    value: unknown,
    moment?: Moment,
  ): void {
    const given =
      operation === 'claim' ? termOf(value) : operation === 'record' ? String(value) : undefined;
    if (given !== undefined && moment !== undefined) {
      const known = this.#given.get(given);
      if (known !== undefined && !isSame(known, moment)) this.faults.push(`${given} twice`);
      this.#given.set(given, moment);
      this.term = given;
    }
    if (operation !== 'confirm' && operation !== 'recheck') return;
    const at = this.#given.get(term);
    if (at === undefined || moment === undefined || !isSame(at, moment))
      this.faults.push(`${operation} of ${term}, which is over`);
  }
}

function termOf(claim: unknown): string | undefined {
  const isHeld = typeof claim === 'object' && claim !== null && 'term' in claim;
  return isHeld ? String(claim.term) : undefined;
}

/** The same holder without a break, and the same record. */
function isSame(one: Moment, other: Moment): boolean {
  return one.epoch === other.epoch && one.lease?.recordText === other.lease?.recordText;
}

type Event =
  | { readonly type: 'pass'; readonly ms: number }
  /** It claims again and again, as an agent with something to write does. */
  | { readonly type: 'campaign'; readonly agent: number; readonly everyMs: number }
  | { readonly type: 'begin' | 'run'; readonly agent: number; readonly operation: Operation }
  | { readonly type: 'jump'; readonly agent: number; readonly ms: number }
  | {
      readonly type: 'serve' | 'answer' | 'lose' | 'restart' | 'sleep' | 'wake';
      readonly agent: number;
    };

/**
 * The first one sleeps at times, and its wall clock is right; the second one's wall clock jumps.
 */
const sleeper = 0;
const jumper = 1;

function happen(agents: readonly Agent[], event: Event): void {
  if (event.type === 'pass') {
    for (const agent of agents) agent.pass(event.ms);
    return;
  }
  const agent = agents[event.agent];
  if (agent === undefined) return;
  switch (event.type) {
    case 'begin':
      return agent.begin(event.operation);
    case 'run':
      return agent.run(event.operation);
    case 'campaign':
      for (let claims = 0; claims < 4; claims += 1) {
        agent.run('claim');
        for (const one of agents) one.pass(event.everyMs);
      }
      return agent.run('claim');
    case 'jump': {
      const { monotonicMs, wallMs } = agent.clocks;
      agent.clocks = { monotonicMs, wallMs: wallMs + event.ms };
      return;
    }
    case 'sleep':
      agent.isAsleep = true;
      return;
    case 'wake':
      agent.isAsleep = false;
      return;
    case 'serve':
      return agent.serve();
    case 'answer':
      return agent.answer();
    case 'lose':
      return agent.lose();
    case 'restart':
      return agent.restart();
  }
}

const anAgent = fc.integer({ min: 0, max: 2 });
const anEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('campaign'),
      agent: anAgent,
      everyMs: fc.integer({ min: 10_000, max: 17_000 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('pass'), ms: fc.nat(25_000) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constantFrom('run', 'begin'),
      agent: anAgent,
      operation: fc.oneof(
        { weight: 2, arbitrary: fc.constant('claim') },
        { weight: 3, arbitrary: fc.constantFrom(...operations) },
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constantFrom('serve', 'answer', 'serve', 'answer', 'lose'),
      agent: anAgent,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart'), agent: anAgent }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('sleep', 'wake'),
      agent: fc.constant(sleeper),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('jump'),
      agent: fc.constant(jumper),
      ms: fc.integer({ min: -100_000, max: 100_000 }),
    }),
  },
);
/** Clocks that differ by less than the machine allows. */
const rates = fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0.92, max: 1.08, noNaN: true })));

describe('the machine of the writer lease', () => {
  /** @param fault the present fault; undefined: none */
  const check = (fault: (agents: readonly Agent[]) => string | undefined): void => {
    fc.assert(
      fc.property(rates, fc.array(anEvent, { minLength: 20, maxLength: 120 }), (speeds, events) => {
        const store = new Store();
        const agents = speeds.map((rate, index) => new Agent(store, `node-${String(index)}`, rate));
        for (const event of events) {
          happen(agents, event);
          const found = fault(agents);
          if (found !== undefined) throw new Error(found);
        }
      }),
      { numRuns: 1500 },
    );
  };

  it('never lets two agents write at once, by their own clocks', () => {
    check((agents) => {
      const writing = agents.filter(({ mayWrite }) => mayWrite).length;
      return writing > 1 ? `${String(writing)} agents write` : undefined;
    });
  });

  it('confirms no term after another record, another holder, or a break', () => {
    check((agents) => agents.flatMap(({ faults }) => faults)[0]);
  });

  it('allows no write that would end later than it may', () => {
    check((agents) => {
      const wrong = agents.find(({ allowance, mayWrite, isAsleep }) => {
        const ms = allowance.kind === 'done' ? allowance.value : 0;
        return ms > 50_000 || (ms > 0 && !isAsleep && !mayWrite);
      });
      return wrong === undefined ? undefined : JSON.stringify(wrong.allowance);
    });
  });

  it('comes to a waiting candidate, whatever happened before', () => {
    fc.assert(
      fc.property(rates, fc.array(anEvent, { maxLength: 40 }), (speeds, events) => {
        const store = new Store();
        const agents = speeds.map((rate, index) => new Agent(store, `node-${String(index)}`, rate));
        for (const event of events) happen(agents, event);
        const candidate = new Agent(store, 'node-3', 1);
        for (let second = 0; second <= 65; second += 5) {
          candidate.run('claim');
          candidate.pass(5000);
        }
        expect(candidate.mayWrite).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });

  const alone = (): { readonly store: Store; readonly agent: Agent } => {
    const store = new Store();
    return { store, agent: new Agent(store, 'node-0', 1) };
  };

  it('allows nothing after a release, not even while its request is under way', () => {
    const { agent } = alone();
    agent.run('claim');
    agent.begin('release');
    expect([agent.mayWrite, agent.allowance.kind]).to.deep.equal([false, 'lost']);
  });

  it('counts a renewal from the time of its request', () => {
    const { agent } = alone();
    agent.run('claim');
    agent.pass(30_000);
    agent.begin('renew');
    agent.serve();
    agent.pass(30_000);
    agent.answer();
    expect(agent.allowance).to.deep.equal({ kind: 'done', value: 20_000 });
  });

  it('is old as soon as the wall clock was set back', () => {
    const { agent } = alone();
    agent.run('claim');
    const { monotonicMs, wallMs } = agent.clocks;
    agent.clocks = { monotonicMs, wallMs: wallMs - 1 };
    expect(agent.allowance).to.deep.equal({ kind: 'done', value: 0 });
  });

  it('keeps its term over a renewal, and gets another one for a new claim after a restart', () => {
    const { agent } = alone();
    agent.run('claim');
    const first = agent.term;
    agent.run('renew');
    agent.run('claim');
    expect(agent.term).to.equal(first);
    agent.restart();
    for (let second = 0; second <= 65; second += 5) {
      agent.run('claim');
      agent.pass(5000);
    }
    expect(agent.term).not.to.equal(first);
  });

  it('leaves an unknown record alone', () => {
    const { store } = alone();
    const machine = new LeaseMachine(() => 'node-0_1');
    const lease = {
      version: '1',
      holder: '',
      durationSeconds: 60,
      transitions: 0,
      recordText: '{"formatVersion":2}',
    };
    for (const procedure of [machine.claim(), machine.changeRecord(() => undefined)]) {
      procedure.next();
      const clocks = { monotonicMs: 0, wallMs: 0 };
      const { value } = procedure.next({ lease, sentAt: clocks, receivedAt: clocks });
      expect(value).to.deep.equal({ kind: 'unreadable-record' });
    }
    expect(store.lease).to.equal(undefined);
  });
});
