import { expect } from 'chai';
import { servedRoute, type AgentRoute } from '../../../../agent/api/routing/agent-route.ts';
import type { Audit } from '../../../../agent/app/events/audit.ts';
import { json, type HttpRequest } from '../../../../runtime/http/route.ts';

const changing = {
  method: 'POST',
  path: '/v1/x',
  access: 'write',
  handle: () => json({}),
} as const;

describe('a route that may change something', () => {
  it('does not compile without its audit', () => {
    // @ts-expect-error: audit is missing
    const unaudited: AgentRoute = changing;
    expect(unaudited).to.not.have.property('audit');
  });

  it('leaves an audit line with its action', async () => {
    expect(await actionsOf({ ...changing, audit: { action: 'hold' } })).to.deep.equal(['hold']);
  });

  it('leaves no audit line when it gives a reason', async () => {
    expect(await actionsOf({ ...changing, audit: { none: 'changes nothing' } })).to.deep.equal([]);
  });
});

/** The actions of the audit lines of one request. */
async function actionsOf(route: AgentRoute): Promise<readonly string[]> {
  const actions: string[] = [];
  const audit: Audit = { write: ({ action }) => actions.push(action) };
  const served = { ready: () => Promise.resolve({ audit }) };
  await servedRoute(route, served).handle(request);
  return actions;
}

const request: HttpRequest = {
  access: 'write',
  parameters: {},
  query: new URLSearchParams(),
  headers: {},
  body: '',
  mediaType: undefined,
  signal: new AbortController().signal,
  caller: () => Promise.resolve(undefined),
};
