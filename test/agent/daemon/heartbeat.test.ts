import { expect } from 'chai';
import sinon from 'sinon';
import type { AgentSignal } from '../../../agent/app/status/signals.ts';
import { startHeartbeat } from '../../../agent/daemon/heartbeat.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

const minute = 60_000;
const revision = { lineage: 'local:node-0', number: 1, digest: `sha256:${'0'.repeat(64)}` };

describe('the heartbeat for systemd', () => {
  let clock: sinon.SinonFakeTimers;
  let beats: number;
  let said: string[];
  let errors: string[];
  let tell: (event: AgentSignal) => void;
  let underWay: number | undefined;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    beats = 0;
    said = [];
    errors = [];
    underWay = undefined;
  });
  afterEach(() => clock.restore());

  const status = (message: string): AgentStatus => ({
    formatVersion: 1,
    agentVersion: '0.1.0',
    node: 'node-0',
    startedAt: '2026-01-01T00:00:00.000Z',
    state: 'in-force',
    message,
    revisions: { rejected: [], accepted: revision },
    datastore: { driver: 'files', reachesCluster: false, message: '' },
    issues: [],
  });
  const start = (): (() => void) =>
    startHeartbeat(
      {
        underWay: () => underWay,
        readings: {
          status: () => status('one'),
          subscribe: (listener) => {
            tell = listener;
            return () => undefined;
          },
        },
      },
      {
        notifier: {
          ready: () => undefined,
          status: (text) => void said.push(text),
          alive: () => {
            beats += 1;
          },
          reloading: () => undefined,
          stopping: () => undefined,
          flush: () => Promise.resolve(),
        },
        watchdogMs: minute,
        logger: { error: (message) => void errors.push(message) },
      },
    );

  it('beats three times per deadline while one pass or step follows another', () => {
    const stop = start();
    for (let minutes = 0; minutes < 60; minutes += 1) {
      underWay = minutes;
      clock.tick(minute);
    }
    expect(beats).to.equal(180);
    stop();
    clock.tick(minute);
    expect(beats).to.equal(180);
  });

  it('stops when a pass hangs, whatever else happens, says so once, and beats again when it goes on', () => {
    const stop = start();
    underWay = 7;
    for (let minutes = 0; minutes < 60; minutes += 1) {
      clock.tick(minute);
      tell({ type: 'status', status: status('the controller is there') });
    }
    const before = beats;
    expect(before).to.be.within(44, 46);
    expect(errors).to.have.length(1);
    underWay = 8;
    clock.tick(minute);
    expect(beats).to.equal(before + 3);
    stop();
  });

  it('beats while the loop waits', () => {
    const stop = start();
    clock.tick(60 * minute);
    expect(beats).to.equal(180);
    stop();
  });

  it('gives the status in one line, once for each change', () => {
    const stop = start();
    tell({ type: 'status', status: status('one') });
    tell({ type: 'status', status: status('two') });
    expect(said).to.deep.equal(['in-force: one', 'in-force: two']);
    stop();
  });
});
