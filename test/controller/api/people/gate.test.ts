import { expect } from 'chai';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { createGate } from '../../../../controller/api/people/gate.ts';
import type { ExpiredToken } from '../../../../controller/app/access/api-tokens.ts';
import type { KnownPerson } from '../../../../controller/app/access/person.ts';
import {
  createControllerCounters,
  type PersonRefusal,
} from '../../../../controller/app/metrics/controller-counters.ts';
import { reasonOf } from '../../../../runtime/errors.ts';
import { RefusedRequest } from '../../../../runtime/http/refused-request.ts';
import { json, type Route } from '../../../../runtime/http/route.ts';

const route: Route = { method: 'GET', path: '/v1/x', access: 'read', handle: () => json({}) };
const people: Readonly<Record<string, KnownPerson>> = {
  ann: { name: 'ann', roles: ['read'], how: 'token 1' },
  bob: { name: 'bob', roles: ['read'], how: 'token 2' },
  cert: { name: 'cert', roles: ['read'], how: 'certificate' },
};

const expired: ExpiredToken = {
  expired: { id: '7', name: 'dora', roles: ['apply'], expiresAt: '2026-01-01T00:00:00Z' },
};

/** The gate with a clock of its own, and its log. */
function gateWith(): {
  readonly enter: (name: string, address?: string, asked?: 'again') => string;
  /** What a refused person reads. */
  readonly denied: (name: string, asked: Route) => string;
  readonly pass: (ms: number) => void;
  readonly logged: string[];
  readonly refused: ReadonlyMap<PersonRefusal, number>;
  /** What goes into the audit log. */
  readonly noted: string[];
} {
  let now = 0;
  const counters = createControllerCounters();
  const logged: string[] = [];
  const noted: string[] = [];
  const gate = createGate({
    tokens: { personWith: (text) => (text === 'old' ? expired : (people[text] ?? 'unknown')) },
    peopleWith: (role) => (role === 'apply' ? ['ann', 'carol', 'dora'] : []),
    certified: () => undefined,
    ready: () => undefined,
    admitted: () => undefined,
    elapsedMs: () => now,
    denied: ({ by, action }, why) => void noted.push(`${by} ${action} ${why.split(',')[0] ?? ''}`),
    counters,
    logger: { warn: (text, fields) => void logged.push(`${text} ${JSON.stringify(fields)}`) },
    limits: {
      ofPerson: { burst: 3, perSecond: 1 },
      failures: { burst: 2, perSecond: 0.1 },
    },
  });
  const messageOf = (name: string, address = '10.0.0.1'): IncomingMessage => {
    const socket = new Socket();
    Object.defineProperty(socket, 'remoteAddress', { value: address });
    const message = new IncomingMessage(socket);
    message.headers.authorization = `Bearer ${name}`;
    return message;
  };
  const denied = (name: string, asked: Route): string => {
    try {
      void gate(asked, messageOf(name));
      return 'let in';
    } catch (error) {
      return reasonOf(error);
    }
  };
  const enter = (name: string, address?: string, asked?: 'again'): string => {
    try {
      const client = gate(route, messageOf(name, address), asked);
      return client instanceof Promise ? 'a promise' : client.name;
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error;
      return `${error.code} ${error.headers['retry-after'] ?? ''}`.trim();
    }
  };
  const { refused } = counters.read();
  return { enter, denied, pass: (ms) => (now += ms), logged, refused, noted };
}

describe('the gate of the API', () => {
  it('limits the requests of a person, and of nobody else', () => {
    const { enter, pass } = gateWith();
    expect(['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((from) => enter('ann', from))).to.deep.equal([
      'ann',
      'ann',
      'ann',
    ]);
    expect(enter('ann', '10.0.0.4')).to.equal('too-many-requests 1');
    expect(enter('bob', '10.0.0.4')).to.equal('bob');
    pass(1000);
    expect(enter('ann', '10.0.0.4')).to.equal('ann');
  });

  it('counts a request once, also where its answer waited and it is asked about again', () => {
    const { enter } = gateWith();
    const asked = [undefined, 'again', undefined, 'again', undefined, 'again'] as const;
    expect(asked.map((one) => enter('ann', '10.0.0.1', one))).to.deep.equal(asked.map(() => 'ann'));
    expect(enter('ann')).to.equal('too-many-requests 1');
    // The limit is no reason to lose an answer that was waited for, and a lost right is one.
    expect(enter('ann', '10.0.0.1', 'again')).to.equal('ann');
    expect(enter('eve', '10.0.0.1', 'again')).to.equal('unauthorized');
  });

  it('does not limit people by what others of their address send, valid or not', () => {
    const { enter } = gateWith();
    for (let failed = 0; failed < 2000; failed += 1) enter('eve');
    expect([enter('ann'), enter('bob'), enter('ann')]).to.deep.equal(['ann', 'bob', 'ann']);
  });

  it('counts failed logins of a /64 of IPv6 as those of one address', () => {
    const { enter } = gateWith();
    const from = (last: number): string => enter('eve', `2001:db8:0:1::${String(last)}`);
    expect([1, 2, 3].map(from)).to.deep.equal([
      'unauthorized',
      'unauthorized',
      'too-many-requests 10',
    ]);
    expect(enter('eve', '2001:db8:0:2::1')).to.equal('unauthorized');
  });

  it('limits failed logins of an address, and lets its other people in', () => {
    const { enter, pass, logged, refused } = gateWith();
    expect([1, 2, 3].map(() => enter('eve'))).to.deep.equal([
      'unauthorized',
      'unauthorized',
      'too-many-requests 10',
    ]);
    expect(enter('ann')).to.equal('ann');
    expect(enter('eve', '10.0.0.9')).to.equal('unauthorized');
    pass(10_000);
    expect(enter('eve')).to.equal('unauthorized');
    expect(Object.fromEntries(refused)).to.deep.equal({
      login: 4,
      'too-many-logins': 1,
      'too-many-requests': 0,
      role: 0,
    });
    // One line for each address and reason, however often.
    expect(logged).to.have.length(2);
    expect(logged.join()).not.to.contain('eve');
  });

  it('tells a refused person the command, the role, and who has it', () => {
    const { denied } = gateWith();
    const push: Route = { ...route, method: 'PUT', path: '/v1/config', access: 'write' };
    expect(denied('ann', push)).to.equal(
      'cannot run "push": it needs the role apply, and "ann" has read (token 1); these have it: carol, dora; a token with it is made on the controller\'s machine: calico-controller access create ann --roles apply',
    );
    const approve = {
      ...push,
      method: 'POST',
      path: '/v1/rollout/approve',
      role: 'approve',
    } as const;
    expect(denied('cert', approve)).to.equal(
      'cannot run "rollout approve": it needs the role approve, and "cert" has read (certificate); nobody else has it; people in controller.yaml gives it',
    );
    const check = { ...route, method: 'POST', path: '/v1/preview' } as const;
    expect(denied('bob', check)).to.contain(
      'cannot run "preview": it needs the role propose, approve or apply',
    );
  });

  it('has actions of people without the role noted, and no reads', () => {
    const { denied, noted } = gateWith();
    denied('bob', { ...route, method: 'POST', path: '/v1/rollout/abort', access: 'write' });
    denied('ann', { ...route, role: 'approve' });
    expect(noted).to.deep.equal([
      'bob POST /v1/rollout/abort access-denied: cannot run "rollout abort": it needs the role apply',
    ]);
  });

  it('tells whose token has expired, and when', () => {
    const { denied } = gateWith();
    expect(denied('old', route)).to.equal(
      'cannot let you in: the token 7 of "dora" (apply) has expired at 2026-01-01T00:00:00Z; calico-controller access create makes a token',
    );
  });
});
