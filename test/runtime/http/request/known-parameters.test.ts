import { expect } from 'chai';
import { AppError } from '../../../../runtime/errors.ts';
import { requireKnownParameters } from '../../../../runtime/http/request/known-parameters.ts';
import type { Route } from '../../../../runtime/http/route.ts';

const route: Pick<Route, 'method' | 'path' | 'query'> = {
  method: 'PUT',
  path: '/v1/config',
  query: ['by', 'confirm-within', 'wait'],
};

function refusal(query: string, of = route): AppError | undefined {
  try {
    requireKnownParameters(of, query);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

describe('the query parameters of a route', () => {
  it('may be there in any number and order, and may be missing', () => {
    for (const query of ['', 'wait=1&by=ann', 'by=a&by=b', 'confirm%2Dwithin=5']) {
      expect(refusal(query), query).to.equal(undefined);
    }
  });

  it('are refused all at once when the route does not have them', () => {
    const error = refusal('confirm_within=60&wait=1&colour=red&colour=blue');
    expect(error?.code).to.equal('bad-request');
    expect(error?.message).to.equal(
      'cannot PUT "/v1/config": unknown query parameters "confirm_within", "colour"; known here: by, confirm-within, wait',
    );
    expect(error?.issues).to.deep.equal([
      {
        severity: 'error',
        code: 'unknown-parameter',
        pointer: '/query/confirm_within',
        message: 'unknown query parameter "confirm_within"',
        hint: 'did you mean "confirm-within"?',
      },
      {
        severity: 'error',
        code: 'unknown-parameter',
        pointer: '/query/colour',
        message: 'unknown query parameter "colour"',
        hint: 'known here: by, confirm-within, wait',
      },
    ]);
  });

  it('are refused by a route that has none', () => {
    const error = refusal('x=1', { method: 'GET', path: '/v1/status' });
    expect(error?.message).to.equal(
      'cannot GET "/v1/status": unknown query parameter "x"; it takes no query parameters',
    );
  });

  it('are no matter for a route that takes any', () => {
    expect(refusal('x=1', { ...route, query: 'any' })).to.equal(undefined);
  });

  it('are shown safely and in bounds', () => {
    const many = Array.from({ length: 2000 }, (_, index) => `p${String(index)}=1`).join('&');
    const error = refusal(`${'x'.repeat(500)}=1&a%1b%0a=1&${many}`);
    expect(error?.issues).to.have.length(20);
    expect(error?.message).to.have.length.lessThan(500);
    expect(JSON.stringify(error?.issues)).to.not.match(/x{65}|[^\\]\\u001b|[^\\]\\n/);
    expect(error?.message).to.not.match(/\u001b|\n/);
  });
});
