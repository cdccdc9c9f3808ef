/** The effect of odd facts of nodes on a push. */
import { expect } from 'chai';
import { createFleet } from '../../../../controller/app/fleet/create-fleet.ts';
import type { Fleet } from '../../../../controller/app/fleet/fleet.ts';
import { createPush, type PushOutcome } from '../../../../controller/app/push/push.ts';
import type { HelloMessage } from '../../../../core/protocol/messages.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { helloOf } from '../../../core/protocol/sample.ts';
import { failure } from '../../../support/failure.ts';
import { forgetfulStore, rolloutsOf } from '../../../support/twins/forgetful-store.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';

/** A node with both labels has two AS numbers: an error. */
const tied = `apiVersion: calico-agent/v1
kind: NetworkConfig
bgp: { asNumber: 64512 }
groups:
  - { name: a, match: { selector: has(a) }, asNumber: 64601 }
  - { name: b, match: { selector: has(b) }, asNumber: 64602 }
`;
const both = { labels: { a: '1', b: '1' } };

describe('a push to a fleet with odd nodes', () => {
  let fleet: Fleet;
  const now = (): string => '2026-01-01T00:00:00Z';
  const join = (node: string, facts: HelloMessage['facts']): (() => void) => {
    const link = {
      remote: '10.0.0.9',
      setTarget: () => undefined,
      decide: () => undefined,
      end: () => undefined,
      silentMs: () => 0,
    };
    expect(fleet.join(link, { ...helloOf(), node, facts })).to.equal(undefined);
    return () => fleet.leave(link, 'gone');
  };
  const push = (text: string, despite: readonly string[] = []): Promise<PushOutcome> => {
    const send = createPush({
      cluster: 'default',
      fleet,
      checker: inProcessChecker,
      rollouts: rolloutsOf(fleet, now),
      store: forgetfulStore,
      now,
      logger: silentLogger,
    });
    return send({ mediaType: 'application/yaml', text, by: 'test', despite });
  };
  const told = ({ issues }: PushOutcome): readonly string[] =>
    issues.map(({ severity, code }) => `${severity} ${code}`);

  beforeEach(() => {
    fleet = createFleet(
      { lastNumber: 0, nodes: [] },
      { lineage: 'controller:default', logger: silentLogger, now, onKept: () => undefined },
    );
    join('node-1', { addresses: ['10.0.0.1/24'], units: ['calico/1'] });
    join('node-2', { addresses: ['10.0.0.2/24'], units: ['calico/2'] });
  });

  it('goes ahead when one node alone has errors, and shows them', async () => {
    join('odd', both);
    const outcome = await push(tied);
    expect(outcome.result).to.equal('accepted');
    expect(told(outcome).filter((one) => one.startsWith('error'))).to.deep.equal([]);
    const warning = outcome.issues.find(({ node }) => node === 'odd');
    expect(warning)
      .to.include({ severity: 'warning' })
      .and.to.have.property('message')
      .that.contains('only odd of the nodes shows this, so the push goes ahead');
  });

  it('goes ahead when nodes claim properties of others, however many', async () => {
    for (const name of ['thief-1', 'thief-2', 'thief-3']) {
      join(name, { addresses: ['10.0.0.1/24'], units: ['calico/2'] });
    }
    const outcome = await push('global-as-number: 64513\n');
    expect(outcome.result).to.equal('accepted');
    expect(told(outcome)).to.include.members([
      'warning duplicate-address',
      'warning duplicate-unit',
    ]);
  });

  it('goes ahead when both come together', async () => {
    join('thief', { addresses: ['10.0.0.1/24'] });
    join('odd', both);
    expect((await push(tied)).result).to.equal('accepted');
  });

  it('is refused when several nodes have errors: the configuration is at fault', async () => {
    join('odd-1', both);
    join('odd-2', both);
    expect((await failure(push(tied))).code).to.equal('invalid-config');
    expect(fleet.revision()).to.equal(undefined);
  });

  it('names the nodes that are in the way, and goes ahead despite them when a person says so', async () => {
    for (const number of [3, 4, 5]) {
      join(`node-${String(number)}`, { addresses: [`10.0.0.${String(number)}/24`] });
    }
    join('odd-1', both);
    join('odd-2', both);
    const { message } = await failure(push(tied));
    expect(message).to.contain('push it with --despite odd-1 --despite odd-2');
    expect((await failure(push(tied, ['odd-1']))).code).to.equal('invalid-config');
    expect((await failure(push(tied, ['odd-3']))).message).to.contain('"odd-3": it is not known');
    expect(fleet.revision()).to.equal(undefined);
    const outcome = await push(tied, ['Odd-1', 'odd-2']);
    expect(outcome.result).to.equal('accepted');
    expect(told(outcome).filter((one) => one.startsWith('error'))).to.deep.equal([]);
    expect(outcome.issues.map((issue) => issue.message).join()).to.contain(
      'without odd-1, odd-2 there is no error, so the push goes ahead',
    );
  });

  it('blames the configuration and no node when most nodes have the error', async () => {
    for (const name of ['odd-1', 'odd-2', 'odd-3']) join(name, both);
    expect((await failure(push(tied))).message).to.not.contain('--despite');
  });

  it('names the absent nodes and how to forget them, when they alone are in the way', async () => {
    const leave = [join('gone-1', both), join('gone-2', both)];
    for (const left of leave) left();
    const { message } = await failure(push(tied));
    expect(message).to.contain('(away since').and.contain('calico-controller forget gone-1');
  });
});

describe('an agent that refuses its configuration in another way each time', () => {
  it('writes at most a hundred log lines a minute', () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, warn: (message: string) => void lines.push(message) };
    const now = (): string => '2026-01-01T00:00:00Z';
    const fleet = createFleet(
      { lastNumber: 0, nodes: [] },
      { lineage: 'controller:default', logger, now, onKept: () => undefined },
    );
    const link = {
      remote: '10.0.0.9',
      setTarget: () => undefined,
      decide: () => undefined,
      end: () => undefined,
      silentMs: () => 0,
    };
    fleet.join(link, { ...helloOf(), node: 'node-1' });
    const ref = { lineage: 'controller:default', number: 1, digest: `sha256:${'0'.repeat(64)}` };
    for (let count = 0; count < 1000; count += 1) {
      const message = `reason ${String(count)}`;
      const said = { code: 'x', message, issues: [] };
      fleet.reportProgress(link, ref, { kind: 'nack', ...said });
    }
    expect(lines).to.have.length(100);
  });
});
