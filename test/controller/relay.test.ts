import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AgentsRelay } from '../../controller/channel/agents-door.ts';
import { openRelay, ownNotice } from '../../controller/relay.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/servers/free-port.ts';

describe('what a leader tells the other controllers', () => {
  for (const [listen, advertise, agents] of [
    ['10.0.0.11:7843', undefined, '10.0.0.11:7843'],
    ['[2001:db8::1]:7843', undefined, '[2001:db8::1]:7843'],
    ['0.0.0.0:7843', undefined, undefined],
    ['[::]:7843', undefined, undefined],
    ['[0:0:0:0:0:0:0:0]:7843', undefined, undefined],
    ['127.0.0.1:0', undefined, undefined],
    ['0.0.0.0:7843', 'one.example.net:7843', 'one.example.net:7843'],
  ] as const) {
    it(`names ${agents ?? 'no address'} where it listens on ${listen}`, () => {
      const notice = ownNotice({ listen, ...(advertise !== undefined && { advertise }) });
      expect(notice.agents).to.equal(agents);
      expect(notice.relayKey?.length).to.equal(agents === undefined ? undefined : 44);
    });
  }
});

describe('where a leader says that people reach it', () => {
  const listen = '0.0.0.0:7843';
  for (const [api, advertise, people] of [
    [{ listen: '10.0.0.11:7844' }, undefined, '10.0.0.11:7844'],
    [{ listen: '[2001:db8::1]:7844' }, '10.0.0.11:7843', '[2001:db8::1]:7844'],
    [{ listen: '0.0.0.0:7844' }, undefined, undefined],
    [{ listen: '[::]:7844' }, '[2001:db8::1]:7843', '[2001:db8::1]:7844'],
    [{ listen: '0.0.0.0:7844' }, 'one.example.net:9', 'one.example.net:7844'],
    [{ listen: '127.0.0.1:0' }, '10.0.0.11:7843', undefined],
    [{ listen: '127.0.0.1:7844' }, '10.0.0.11:7843', undefined],
    [{ listen: '[::1]:7844' }, '[2001:db8::1]:7843', undefined],
    [{ listen: 'localhost:7844' }, undefined, undefined],
    [{ listen: '127.0.0.1:7844' }, '127.0.0.1:7843', '127.0.0.1:7844'],
    [{ listen: '[::1]:7844' }, '127.0.0.1:7843', '[::1]:7844'],
    [{ listen: '127.0.0.1:7844', advertise: '127.0.0.1:9' }, '10.0.0.11:7843', '127.0.0.1:9'],
    [{ listen: '0.0.0.0:7844', advertise: 'api.example.net:1' }, undefined, 'api.example.net:1'],
  ] as const) {
    it(`is ${people ?? 'nowhere'} for ${JSON.stringify(api)}, beside ${advertise ?? listen}`, () => {
      const notice = ownNotice({ listen, ...(advertise !== undefined && { advertise }), api });
      expect(notice.people).to.equal(people);
    });
  }

  it('is on loopback where agents use loopback, at a port that is not known yet', () => {
    const api = { listen: '127.0.0.1:7844' };
    expect(ownNotice({ listen: '127.0.0.1:0', api }).people).to.equal('127.0.0.1:7844');
  });

  it('is nowhere without an API', () => {
    expect(ownNotice({ listen: '10.0.0.11:7843' })).not.to.have.property('people');
  });
});

describe('a controller that stands by and cannot listen', () => {
  const address = { host: '127.0.0.1', port: 0 };
  const notice = ownNotice({ listen: '127.0.0.1:7843' });
  let relay: AgentsRelay | undefined;
  let taken: ReturnType<typeof createServer>;
  let due: (() => void)[];
  let logged: string[];
  let hindrance: string | undefined;
  let leader: typeof notice | undefined;
  let changed: () => void;
  beforeEach(async () => {
    [due, logged, hindrance, leader, changed] = [[], [], undefined, notice, () => undefined];
    const port = await freePort();
    taken = createServer();
    taken.listen({ ...address, port });
    await once(taken, 'listening');
    const note = (message: string): void => void logged.push(message);
    relay = openRelay(
      { address: { ...address, port }, plaintextBeyondLoopback: false },
      {
        lead: {
          own: ownNotice({ listen: '127.0.0.1:7844' }),
          leader: () => leader,
          watchLeader: (look) => {
            changed = look;
            return () => undefined;
          },
          hindered: (reason) => {
            hindrance = reason;
          },
        },
        clock: {
          after: (_ms, run) => {
            due.push(run);
            return () => {
              due = due.filter((one) => one !== run);
            };
          },
          random: () => 0,
        },
      },
      note,
      { debug: note, info: note, warn: note, error: note },
    );
    await eventually(() => expect(due).to.have.length(1));
  });
  afterEach(async () => {
    await relay?.close();
    taken.close();
  });

  it('tries again until the port is free, and tells why it does not listen', async () => {
    expect(hindrance).to.contain('agents that connect here are not passed on: cannot listen on ');
    expect(hindrance).to.contain('another process listens there');
    due.shift()?.();
    await eventually(() => expect(due).to.have.length(1));
    expect(relay?.address()).to.equal(undefined);
    await once(taken.close(), 'close');
    due.shift()?.();
    await eventually(() => expect(relay?.address()?.host).to.equal(address.host));
    expect(hindrance).to.equal(undefined);
    expect(due).to.deep.equal([]);
    // Once for the two failures.
    expect(logged).to.have.length(2);
    expect(logged[0]).to.contain('cannot pass agents on to the leader, and tries again');
    expect(logged[1]).to.equal('agents that connect here are passed on to 127.0.0.1:7843');
  });

  it('does not try again once there is no leader to pass to, or it ends', async () => {
    leader = undefined;
    changed();
    await eventually(() => expect(due).to.deep.equal([]));
    expect(hindrance).to.equal(undefined);
    leader = notice;
    changed();
    await eventually(() => expect(due).to.have.length(1));
    await relay?.close();
    expect(due).to.deep.equal([]);
  });
});
