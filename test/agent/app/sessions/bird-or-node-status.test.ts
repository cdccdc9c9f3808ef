import { expect } from 'chai';
import { createSessionsWithinReach } from '../../../../agent/app/sessions/bird-or-node-status.ts';
import type { DaemonFault, ObservedDaemon } from '../../../../core/sessions/session.ts';

describe('BGP sessions from BIRD or calico-node', () => {
  const at = '/var/run/calico/bird.ctl';
  const bird: ObservedDaemon = {
    ok: true,
    at,
    routes: 1,
    sessions: [],
    status: { version: '1.6.8', routerId: '10.0.0.1', activity: 'running', isRecovering: false },
  };
  const faulty = (fault: DaemonFault): ObservedDaemon => ({ ok: false, at, fault, why: fault });
  const reported: ObservedDaemon = { ...bird, at: 'CalicoNodeStatus', by: 'calico-node' };
  const asked = async (
    daemons: readonly ObservedDaemon[],
    reports: readonly ObservedDaemon[] = [reported],
  ): Promise<readonly ObservedDaemon[]> => {
    const observe = (answers: readonly ObservedDaemon[]) => ({
      observe: () => Promise.resolve(answers),
    });
    return createSessionsWithinReach(observe(daemons), observe(reports)).observe();
  };

  it('come from BIRD when the agent can or may ask it', async () => {
    for (const daemons of [
      [bird],
      [faulty('silent')],
      [faulty('unreadable')],
      [faulty('foreign')],
      [bird, faulty('denied')],
    ]) {
      expect(await asked(daemons)).to.deep.equal(daemons);
    }
  });

  it("come from calico-node's report when there is no socket, or it is closed to the agent", async () => {
    expect(await asked([])).to.deep.equal([reported]);
    expect(await asked([faulty('denied'), faulty('denied')])).to.deep.equal([reported]);
  });

  it('stay unknown when nothing reports them', async () => {
    expect(await asked([], [])).to.deep.equal([]);
    expect(await asked([faulty('denied')], [])).to.deep.equal([faulty('denied')]);
  });
});
