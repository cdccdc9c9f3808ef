import { expect } from 'chai';
import fc from 'fast-check';
import { agoOf, birdSeconds } from '../../../core/sessions/bird/bird-time.ts';
import { parseBgpRoutes } from '../../../core/sessions/bird/parse-bgp-routes.ts';
import { parseProtocols } from '../../../core/sessions/bird/parse-protocols.ts';
import { parseRouteCount } from '../../../core/sessions/bird/parse-route-count.ts';
import { parseStatus } from '../../../core/sessions/bird/parse-status.ts';
import type { BgpSession } from '../../../core/sessions/session.ts';
import { answer, goodReply, recordedSessions, replyOf } from '../../support/calico/bird-answers.ts';

const brief = ({ name, neighbor, state, remoteAs, lastError }: BgpSession): readonly unknown[] => [
  name,
  neighbor,
  state,
  remoteAs,
  lastError,
];

describe("reading BIRD's answers", () => {
  describe('of BIRD 1.6.8, which Calico has', () => {
    it('reads the daemon', () => {
      const { ok, ...rest } = parseStatus(goodReply(answer('bird-1.6.8-status')));
      expect(ok).to.equal(true);
      expect(rest)
        .to.have.property('value')
        .that.has.property('status')
        .that.deep.equals({
          version: '1.6.8',
          routerId: '10.9.0.1',
          activity: 'running',
          reconfigured: { seconds: 15, isDay: false },
          started: { seconds: 15, isDay: false },
          isRecovering: false,
        });
    });

    it('reads every state of a session', () => {
      expect(recordedSessions('bird-1.6.8').map(brief)).to.deep.equal([
        ['Mesh_10_9_0_2', '10.9.0.2', 'Established', 64512, undefined],
        ['Node_10_9_0_2', '10.9.0.2', 'Idle', 64512, undefined],
        ['Node_10_9_0_3', '10.9.0.3', 'Active', 64999, 'Socket: Connection reset by peer'],
        ['Global_10_9_0_3_port_1179', '10.9.0.3', 'Active', 64512, 'Socket: Connection refused'],
        ['Global_10_9_0_77', '10.9.0.77', 'Connect', 64512, 'Socket: No route to host'],
        ['Global_10_77_0_1', '10.77.0.1', 'Active', 64512, 'Socket: Network is unreachable'],
        ['Node_10_9_0_9', '10.9.0.9', 'Passive', 64512, undefined],
        ['Node_disabled', '10.9.0.10', 'Down', 64512, undefined],
      ]);
    });

    it('reads all fields of a session that is up', () => {
      expect(recordedSessions('bird-1.6.8')[0]).to.deep.equal({
        name: 'Mesh_10_9_0_2',
        state: 'Established',
        since: { seconds: 12, isDay: false },
        neighbor: '10.9.0.2',
        remoteAs: 64512,
        localAs: 64512,
        channels: [
          {
            family: 4,
            routes: { imported: 2, exported: 2, preferred: 2 },
            limits: [{ kind: 'import', limit: 100, isHit: false }],
          },
        ],
        holdTimer: { left: 5, of: 6 },
        sourceAddress: '10.9.0.1',
        neighborId: '10.9.0.2',
      });
    });

    it('reads the routes that it learnt by BGP, with their AS paths', () => {
      expect(parseBgpRoutes(goodReply(answer('bird-1.6.8-bgp-routes')))).to.deep.equal({
        ok: true,
        value: [
          { destination: '192.168.2.0/26', asPath: [64513], nextHop: '10.21.0.2' },
          { destination: '192.168.3.0/26', asPath: [64513, 64513, 64999], nextHop: '10.21.0.2' },
        ],
      });
      expect(parseBgpRoutes(goodReply('0000 \n'))).to.deep.equal({ ok: true, value: [] });
    });

    it('reads sets of AS numbers and IPv6 next hops, and marks the rest as unreadable', () => {
      const route = (attributes: readonly string[]): ReturnType<typeof parseBgpRoutes> =>
        parseBgpRoutes(
          goodReply(
            `1007-fd00:1::/122 via fd00::2 on eth0 [x 1] * (100) [i]\n1012-\tBGP.origin: IGP\n` +
              `${attributes.map((one) => ` \t${one}\n`).join('')}0000 \n`,
          ),
        );
      const read = route(['BGP.as_path: 64513 {64514 64515}', 'BGP.next_hop: fd00::2 fe80::1']);
      expect(read).to.deep.equal({
        ok: true,
        value: [{ destination: 'fd00:1::/122', asPath: [64513, 64514, 64515], nextHop: 'fd00::2' }],
      });
      expect(route(['BGP.as_path: 64513 x']).ok).to.equal(false);
      expect(route(['BGP.next_hop: somewhere']).ok).to.equal(false);
      expect(route(['BGP.colour: red']).ok).to.equal(true);
      expect(parseBgpRoutes(goodReply('0013 up and running\n')).ok).to.equal(false);
    });

    it("reads IPv6's daemon", () => {
      const [up] = recordedSessions('bird6-1.6.8');
      expect(up).to.deep.include({ neighbor: 'fd09::2', state: 'Established', localAs: 64512 });
      expect(up?.channels.map(({ family }) => family)).to.deep.equal([6]);
    });

    it('reads an expired hold timer', () => {
      const reply = goodReply(answer('bird-1.6.8-hold-timer-protocols'));
      const sessions = parseProtocols(reply, undefined);
      expect(sessions.ok && sessions.value[1]).to.deep.include({
        state: 'Idle',
        lastError: 'BGP Error: Hold timer expired',
      });
    });

    it('counts routes', () => {
      const count = parseRouteCount(goodReply(answer('bird-1.6.8-routes')));
      expect(count).to.deep.equal({ ok: true, value: { routes: 4, networks: 4 } });
    });
  });

  describe('of BIRD 2', () => {
    it('reads the routes that it learnt by BGP', () => {
      expect(parseBgpRoutes(goodReply(answer('bird-2.0.12-bgp-routes')))).to.deep.equal({
        ok: true,
        value: [{ destination: '192.168.1.0/26', asPath: [64512], nextHop: '10.21.0.1' }],
      });
    });

    it('reads every state of a session', () => {
      expect(recordedSessions('bird-2.0.12').map(brief)).to.deep.equal([
        ['tor_up', '10.9.0.2', 'Established', 64512, undefined],
        ['tor_as', '10.9.0.3', 'Active', 64999, 'Socket: Connection reset by peer'],
        ['tor_refused', '10.9.0.3', 'Active', 64512, 'Socket: Connection refused'],
        ['tor_noroute', '10.77.0.1', 'Active', 64512, 'Socket: Network is unreachable'],
        ['tor_range', undefined, 'Passive', 64512, undefined],
        ['tor_off', '10.9.0.9', 'Down', 64512, undefined],
      ]);
    });

    it('reads the channels of both families', () => {
      const [up] = recordedSessions('bird-2.0.12');
      expect(up?.localAs).to.equal(64512);
      expect(up?.channels).to.deep.equal([
        {
          family: 4,
          routes: { imported: 1, exported: 1, preferred: 1 },
          limits: [{ kind: 'import', limit: 50, isHit: false }],
        },
        { family: 6, routes: { imported: 1, exported: 0, preferred: 1 }, limits: [] },
      ]);
    });

    it('reads that the neighbour refuses our AS number', () => {
      const reply = goodReply(answer('bird-2.0.12-refused-protocols'));
      const sessions = parseProtocols(reply, undefined);
      expect(sessions.ok && sessions.value.map(brief)).to.deep.equal([
        ['a', '10.9.0.1', 'Idle', 64512, 'Received: Bad peer AS'],
      ]);
    });

    it('counts the routes of all tables', () => {
      const count = parseRouteCount(goodReply(answer('bird-2.0.12-routes')));
      expect(count).to.deep.equal({ ok: true, value: { routes: 3, networks: 3 } });
    });
  });

  it('recognises a reconfiguration, and the wait for routes after a start', () => {
    const text = answer('bird-1.6.8-status').replace(
      '0013 Daemon is up and running',
      // nest/proto.c, graceful_restart_show_status.
      '0024-Graceful restart recovery in progress\n   Waiting for 1 protocols to recover\n   Wait timer is 230/240\n0013 Reconfiguration in progress',
    );
    const status = parseStatus(goodReply(text));
    expect(status.ok && status.value.status).to.include({
      activity: 'reconfiguring',
      isRecovering: true,
    });
  });

  it('reads a limit that was hit, filtered routes and a message of the neighbour', () => {
    const text = answer('bird-1.6.8-protocols')
      .replace('Import limit:   100', 'Import limit:   1 [HIT]')
      .replace('2 imported, 2 exported', '2 imported, 7 filtered, 2 exported')
      .replace('   Preference:     100\n', '   Message:        moved to "rack 2"\n');
    const sessions = parseProtocols(goodReply(text), undefined);
    const [first] = sessions.ok ? sessions.value : [];
    expect(first?.message).to.equal('moved to "rack 2"');
    expect(first?.channels[0]).to.deep.equal({
      family: 4,
      routes: { imported: 2, exported: 2, preferred: 2, filtered: 7 },
      limits: [{ kind: 'import', limit: 1, isHit: true }],
    });
  });

  describe('strictly', () => {
    const unreadable: readonly (readonly [what: string, from: string, to: string])[] = [
      ['a state that nobody knows', 'BGP state:          Idle', 'BGP state:          Sleepy'],
      ['an AS number that is none', 'Neighbor AS:      64999', 'Neighbor AS:      x'],
      ['an AS number beyond 32 bits', 'Neighbor AS:      64999', 'Neighbor AS:      4294967296'],
      ['an address that is none', 'address: 10.9.0.77', 'address: 10.9.0.777'],
      ['counts that are none', '2 imported, 2 exported', 'two imported, 2 exported'],
      ['a hold timer that is none', 'Hold timer:       5/6', 'Hold timer:       soon'],
      ['a session without a state', '     BGP state:', '     Not the state:'],
      ['a row without columns', '1002-Node_10_9_0_9 BGP ', '1002-Node_10_9_0_9BGP'],
    ];
    for (const [what, from, to] of unreadable) {
      it(`does not guess: ${what}`, () => {
        const original = answer('bird-1.6.8-protocols');
        // The state's line has two spaces less than others.
        const text = original.includes(from)
          ? original.replace(from, to)
          : original.replace(from.trimStart(), to.trimStart());
        expect(text).not.to.equal(original);
        const sessions = parseProtocols(goodReply(text), undefined);
        expect(sessions).to.have.property('ok', false);
      });
    }

    for (const line of [
      '8007 Access denied',
      '9001 syntax error',
      'HTTP/1.1 400 Bad Request',
      '',
    ]) {
      it(`reads "${line}" as no answer`, () => {
        expect(replyOf(line)).to.have.property('ok', false);
      });
    }

    it('skips messages that belong to no question', () => {
      const text = answer('bird-1.6.8-protocols').replace(
        '\n',
        '\n+Node_10_9_0_2: State changed\n',
      );
      expect(parseProtocols(goodReply(text), undefined).ok).to.equal(true);
    });

    it('skips a line that did not fit', () => {
      const text = answer('bird-1.6.8-protocols').replace(
        '1006-  Description:    Connection to BGP peer',
        '8000-<line overflow>\n1006-',
      );
      expect(parseProtocols(goodReply(text), undefined).ok).to.equal(true);
    });

    it('shows no text that moves the cursor', () => {
      const reply = replyOf('9001 \u001b[2Jsyntax\u0007 error');
      expect(reply?.ok === false && reply.why).to.equal(
        'BIRD answers "\\u001b[2Jsyntax\\u0007 error"',
      );
    });
  });

  describe("of BIRD's times", () => {
    const now = birdSeconds('2026-11-26 00:10:00');
    const table: readonly (readonly [
      text: string,
      seconds: number | undefined,
      isDay?: boolean,
    ])[] = [
      ['00:09:58', 2],
      ['00:09:58.700', 2],
      ['23:50:00', 1200],
      ['00:10:00.500', 0],
      ['2026-11-25 23:59:59', 601],
      ['2026-11-24', 173_400, true],
      ['Nov24', undefined],
      ['', undefined],
    ];
    for (const [text, seconds, isDay = false] of table) {
      it(`reads "${text}"`, () => {
        expect(agoOf(text, now)).to.deep.equal(
          seconds === undefined ? undefined : { seconds, isDay },
        );
      });
    }
  });

  describe('any answer at all', () => {
    const lines = answer('bird-1.6.8-protocols').split('\n');
    const mangled = fc
      .array(
        fc.oneof(
          fc.constantFrom(...lines),
          fc.string({ unit: 'binary' }),
          fc
            .tuple(fc.constantFrom(...lines), fc.nat(60), fc.string())
            .map(([line, at, text]) => line.slice(0, at) + text + line.slice(at + text.length)),
        ),
        { maxLength: 60 },
      )
      .map((some) => some.join('\n'));

    it('never throws', () => {
      fc.assert(
        fc.property(mangled, (text) => {
          const reply = replyOf(`${text}\n0000 `);
          if (reply?.ok !== true) return;
          parseProtocols(reply.value, 0);
          parseStatus(reply.value);
          parseRouteCount(reply.value);
        }),
        { numRuns: 500 },
      );
    });

    const states = new Map(
      recordedSessions('bird-1.6.8').map(({ name, state }) => [name, state] as const),
    );

    it('does not assign the details of one session to the one before', () => {
      const rows = lines.flatMap((line, index) => (line.includes(' BGP ') ? [index] : []));
      for (const row of rows) {
        const reply = replyOf(lines.map((line, index) => (index === row ? '+' : line)).join('\n'));
        const sessions = reply?.ok === true ? parseProtocols(reply.value, 0) : undefined;
        if (sessions?.ok !== true) continue;
        for (const { name, state } of sessions.value) expect(state).to.equal(states.get(name));
      }
    });

    it('never calls a session down when it could not read its lines', () => {
      fc.assert(
        fc.property(fc.nat(lines.length - 2), fc.string({ unit: 'binary-ascii' }), (at, text) => {
          const changed = lines.map((line, index) => (index === at ? text : line)).join('\n');
          const reply = replyOf(changed);
          const sessions = reply?.ok === true ? parseProtocols(reply.value, 0) : undefined;
          if (sessions?.ok !== true) return;
          for (const { name, state } of sessions.value) expect(state).to.equal(states.get(name));
        }),
        { numRuns: 300 },
      );
    });
  });
});
