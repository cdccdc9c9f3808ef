import { expect } from 'chai';
import { auditedRoutes } from '../../../../controller/api/people/audited-routes.ts';
import { createAuditTrail } from '../../../../controller/app/audit/audit-trail.ts';
import { limitDenials } from '../../../../controller/app/audit/limit-denials.ts';
import { createControllerCounters } from '../../../../controller/app/metrics/controller-counters.ts';
import type { AuditEntry, AuditLog } from '../../../../controller/ports/audit-log.ts';
import { json, type HttpRequest, type Route } from '../../../../runtime/http/route.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { failure } from '../../../support/failure.ts';

const route: Route = {
  method: 'PUT',
  path: '/v1/things/{name}',
  access: 'write',
  bringsConfig: true,
  handle: () => json({ revision: { number: 7, digest: 'sha256:77' } }),
};

function requestWith(query: string): HttpRequest {
  return {
    access: 'write',
    parameters: { name: 'rack-1' },
    query: new URLSearchParams(query),
    headers: {},
    body: '',
    mediaType: undefined,
    signal: new AbortController().signal,
    caller: () => Promise.resolve({ pid: 7, uid: 0, gid: 0 }),
  };
}

/** An audit log in memory, and what it gets. */
function recorded(): { readonly entries: AuditEntry[]; readonly log: AuditLog } {
  const entries: AuditEntry[] = [];
  const log = {
    append: (entry: AuditEntry) => Promise.resolve(void entries.push(entry)),
    read: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
  return { entries, log };
}

/** The last entry of the log after the request, and why it failed. */
async function audited(
  query: string,
  required = 0,
): Promise<AuditEntry & { readonly error: string }> {
  const { entries, log } = recorded();
  const counters = createControllerCounters();
  const trail = createAuditTrail(log, () => '2026-01-01T00:00:00Z', silentLogger, counters);
  const approvals = { required, byAnother: true };
  const [made] = auditedRoutes([route], { trail, approvals });
  if (made === undefined) throw new Error('there is no route');
  const handling = Promise.resolve(made.handle(requestWith(query)));
  const error = await handling.then(
    () => '',
    async () => (await failure(handling)).message,
  );
  const last = entries.at(-1);
  if (last === undefined) throw new Error('nothing was logged');
  return { ...last, error };
}

describe('what the audit log says of a request', () => {
  it('does not mix what was asked with what came of it', async () => {
    const { details } = await audited(
      'revision=1&digest=sha256:11&name=other&__proto__=x&retry=true',
    );
    expect(details).to.deep.equal({
      'asked.name': 'rack-1',
      'asked.retry': 'true',
      revision: 7,
      digest: 'sha256:77',
    });
  });

  it('has the flags and the whole reason, however much else was asked', async () => {
    const filler = Array.from({ length: 100 }, (_, index) => `x${String(index)}=y`).join('&');
    const names = 'message=' + 'm'.repeat(5000) + '&despite=' + '%F0%9F%8C%90'.repeat(500);
    const reason = 'r'.repeat(500);
    const flags = `accept-loss=true&without-approval=${reason}`;
    const { details, result } = await audited(`${filler}&${names}&${flags}`, 1);
    expect(result).to.equal('done');
    expect(details).to.include({ 'asked.accept-loss': 'true', 'asked.without-approval': reason });
    expect(details['asked.message']).to.match(/^m{20,}… \(cut\)$/);
    expect(details['asked.despite']).to.match(/^(?:🌐)+… \(cut\)$/u);
    expect(Buffer.byteLength(JSON.stringify(details))).to.be.below(1500);
  });

  it('needs a reason that it can keep', async () => {
    const { error, result } = await audited(`without-approval=${'r'.repeat(501)}`, 1);
    expect(error).to.contain('in 500 bytes');
    expect(result).to.equal('refused');
    const empty = await audited('without-approval=%20', 1);
    expect(empty.error).to.contain('the reason of --without-approval is empty; write why');
    expect(empty.result).to.equal('refused');
  });
});

describe('the audit log of refused people', () => {
  it('has what one person may not do, whatever others are refused meanwhile', async () => {
    const { entries, log } = recorded();
    let now = 0;
    const at = (): string => '2026-01-01T00:00:00Z';
    const trail = createAuditTrail(log, at, silentLogger, createControllerCounters(), () => now);
    const deny = (by: string, action: string): void =>
      trail.denied({ by, how: 'token 1', action, details: {} }, 'access-denied: no');
    for (let n = 0; n < 200; n += 1) deny('mallory', `POST /v1/${String(n)}`);
    for (let n = 0; n < 5; n += 1) deny('eve', 'PUT /v1/config');
    now = 60_000;
    deny('eve', 'PUT /v1/config');
    deny('ann', 'DELETE /v1/nodes');
    deny('mallory', 'POST /v1/199');
    await Promise.resolve();
    const of = (person: string) => entries.filter(({ by }) => by === person);
    expect(of('eve').map(({ details }) => details)).to.deep.equal([{}, { times: 5 }]);
    expect(of('ann').map(({ details }) => details)).to.deep.equal([{}]);
    expect(of('mallory')).to.have.length(12);
    expect(of('mallory').every(({ details }) => Object.keys(details).length === 0)).to.equal(true);
  });

  it('is bounded over all people together', () => {
    const due = limitDenials({ everyMs: 1000, maxPeople: 10, maxActions: 2 });
    const all = (now: number): (number | undefined)[] =>
      Array.from({ length: 1000 }, (_, n) => due(`p${String(n >> 2)}`, String(n % 4), now));
    const written = all(0).filter((count) => count !== undefined);
    expect(written).to.have.length(10 * 3 + 1);
    expect(written.every((count) => count === 1)).to.equal(true);
    expect(due('later', 'PUT', 1000)).to.equal(1);
    expect(due('later', 'PUT', 1001)).to.equal(undefined);
    expect(due('later', 'PUT', 2000)).to.equal(2);
  });

  it('has an action that their roles do not allow, once a minute with its number', async () => {
    const { entries, log } = recorded();
    let now = 0;
    const at = (): string => '2026-01-01T00:00:00Z';
    const counters = createControllerCounters();
    const trail = createAuditTrail(log, at, silentLogger, counters, () => now);
    const action = { by: 'eve', how: 'token 1', action: 'PUT /v1/config', details: {} };
    for (let n = 0; n < 1000; n += 1) trail.denied(action, 'access-denied: no');
    trail.denied({ ...action, action: 'POST /v1/rollout/abort' }, 'access-denied: no');
    now = 60_000;
    trail.denied(action, 'access-denied: no');
    await Promise.resolve();
    expect(entries.map(({ id: _id, ...entry }) => entry)).to.deep.equal(
      [
        ['PUT /v1/config', {}],
        ['POST /v1/rollout/abort', {}],
        ['PUT /v1/config', { times: 1000 }],
      ].map(([denied, details]) => ({
        ...{ at: at(), by: 'eve', how: 'token 1', action: denied, details },
        ...{ phase: 'ended', result: 'refused', why: 'access-denied: no' },
      })),
    );
  });
});
