import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import {
  createLeaderProbe,
  type LeaderProbe,
} from '../../../../controller/channel/relay/probe-leader.ts';
import { eventually } from '../../../support/eventually.ts';
import { freePort } from '../../../support/servers/free-port.ts';

const host = '127.0.0.1';

describe('a leader that a standby has not reached', () => {
  let port: number;
  let server: Server | undefined;
  let due: (() => void)[];
  let seen: (string | undefined)[];
  let probe: LeaderProbe;
  beforeEach(async () => {
    port = await freePort();
    [due, seen, server] = [[], [], undefined];
    probe = createLeaderProbe({
      after: (_ms, run) => {
        due.push(run);
        return () => {
          due = due.filter((one) => one !== run);
        };
      },
      seen: (reason) => seen.push(reason),
    });
  });
  afterEach(() => {
    probe.stop();
    server?.close();
  });
  const look = (): void => due.shift()?.();

  it('is looked at again until it accepts, although no agent comes', async () => {
    probe.attempted({ host, port }, 'no answer');
    look();
    await eventually(() => expect(seen).to.have.length(1));
    expect(seen[0]).to.contain('the leader cannot be reached: ');
    expect(due).to.have.length(1);
    server = createServer().listen(port, host);
    await once(server, 'listening');
    look();
    await eventually(() => expect(seen).to.have.length(2));
    expect(seen[1]).to.equal(undefined);
    expect(due).to.deep.equal([]);
  });

  it('is not looked at once an agent has reached it, or another one leads', () => {
    probe.attempted({ host, port }, 'no answer');
    probe.attempted({ host, port }, 'no answer');
    expect(due).to.have.length(1);
    probe.attempted({ host, port }, undefined);
    expect(due).to.deep.equal([]);
    probe.attempted({ host, port }, 'no answer');
    probe.stop();
    expect(due).to.deep.equal([]);
  });
});
