import { expect } from 'chai';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { createGate } from '../../../../controller/api/people/gate.ts';
import type { KnownPerson } from '../../../../controller/app/access/person.ts';
import { RefusedRequest } from '../../../../runtime/http/refused-request.ts';
import { json, type Route } from '../../../../runtime/http/route.ts';

const route: Route = { method: 'GET', path: '/v1/x', access: 'read', handle: () => json({}) };
const people: Readonly<Record<string, KnownPerson>> = {
  ann: { name: 'ann', roles: ['read'], how: 'token 1' },
  bob: { name: 'bob', roles: ['read'], how: 'token 2' },
};

/** The gate with a clock of its own, and its log. */
function gateWith(): {
  readonly enter: (name: string, address?: string) => string;
  readonly pass: (ms: number) => void;
  readonly logged: string[];
} {
  let now = 0;
  const logged: string[] = [];
  const gate = createGate({
    tokens: { personWith: (text) => people[text] ?? 'unknown' },
    certified: () => undefined,
    ready: () => undefined,
    admitted: () => undefined,
    elapsedMs: () => now,
    logger: { warn: (text, fields) => void logged.push(`${text} ${JSON.stringify(fields)}`) },
    limits: {
      ofPerson: { burst: 3, perSecond: 1 },
      ofAddress: { burst: 5, perSecond: 1 },
      failures: { burst: 2, perSecond: 0.1 },
    },
  });
  const enter = (name: string, address = '10.0.0.1'): string => {
    const socket = new Socket();
    Object.defineProperty(socket, 'remoteAddress', { value: address });
    const message = new IncomingMessage(socket);
    message.headers.authorization = `Bearer ${name}`;
    try {
      const client = gate(route, message);
      return client instanceof Promise ? 'a promise' : client.name;
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error;
      return `${error.code} ${error.headers['retry-after'] ?? ''}`.trim();
    }
  };
  return { enter, pass: (ms) => (now += ms), logged };
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

  it('limits the requests of an address, where a /64 of IPv6 counts as one', () => {
    const { enter } = gateWith();
    const from = (last: number): string => `2001:db8:0:1::${String(last)}`;
    const answers = [1, 2, 3, 4, 5, 6].map((last) =>
      enter(last % 2 === 0 ? 'ann' : 'bob', from(last)),
    );
    expect(answers).to.deep.equal(['bob', 'ann', 'bob', 'ann', 'bob', 'too-many-requests 1']);
    expect(enter('ann', '2001:db8:0:2::1')).to.equal('ann');
  });

  it('limits failed logins of an address, and lets its other people in', () => {
    const { enter, pass, logged } = gateWith();
    expect([1, 2, 3].map(() => enter('eve'))).to.deep.equal([
      'unauthorized',
      'unauthorized',
      'too-many-requests 10',
    ]);
    expect(enter('ann')).to.equal('ann');
    expect(enter('eve', '10.0.0.9')).to.equal('unauthorized');
    pass(10_000);
    expect(enter('eve')).to.equal('unauthorized');
    // One line for each address and reason, however often.
    expect(logged).to.have.length(2);
    expect(logged.join()).not.to.contain('eve');
  });
});
