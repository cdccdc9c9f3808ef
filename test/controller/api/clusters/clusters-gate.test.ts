import { expect } from 'chai';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import {
  clustersGate,
  type NamedLogins,
} from '../../../../controller/api/clusters/clusters-gate.ts';
import { AppError, reasonOf } from '../../../../runtime/errors.ts';
import { json, type Route } from '../../../../runtime/http/route.ts';

const route: Route = { method: 'GET', path: '/v1/x', access: 'read', handle: () => json({}) };

describe('the gate of the routes of all clusters', () => {
  /** What a request gets that presents this token: a name, or the code and the text. */
  const enter = (clusters: readonly NamedLogins[], token?: string): string => {
    const gate = clustersGate(() => clusters, {
      hasTokens: true,
      admitted: () => undefined,
      elapsedMs: () => 0,
      logger: { warn: () => undefined },
    });
    const message = new IncomingMessage(new Socket());
    if (token !== undefined) message.headers.authorization = `Bearer ${token}`;
    try {
      const client = gate(route, message);
      return client instanceof Promise ? 'a promise' : client.name;
    } catch (error) {
      return `${error instanceof AppError ? error.code : ''}: ${reasonOf(error)}`;
    }
  };
  const served = (name: string, ready: () => void = () => undefined): NamedLogins => ({
    name,
    logins: {
      tokens: {
        personWith: (text) =>
          text === name ? { name: 'ann', roles: ['read'], how: 'token 1' } : 'unknown',
      },
      peopleWith: () => [],
      certified: () => undefined,
      ready,
      counters: { refused: () => undefined },
    },
  });
  const standby = served('west', () => {
    throw new AppError('not-ready', 'this controller stands by', { retryable: true });
  });

  it('does not call a person unknown while no cluster knows its people', () => {
    expect(enter([{ name: 'east' }, { name: 'west' }], 'east')).to.equal(
      'not-ready: cannot let people in: the cluster "east" is not served now',
    );
    expect(enter([standby], 'west')).to.equal('not-ready: this controller stands by');
    expect(enter([served('east'), standby], 'west')).to.contain('not-ready: ');
    expect(enter([served('east'), standby], 'east')).to.equal('ann');
    expect(enter([served('east'), served('west')], 'north')).to.contain('the token is not known');
    expect(enter([{ name: 'east' }, standby])).to.contain('no token and no certificate');
  });
});
