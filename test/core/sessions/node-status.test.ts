import { expect } from 'chai';
import { baselineOf } from '../../../core/confirm/baseline.ts';
import { sessionsBefore } from '../../../core/confirm/sessions-before.ts';
import { matchSessions } from '../../../core/sessions/match-sessions.ts';
import { parseNodeStatus } from '../../../core/sessions/node-status/parse-node-status.ts';
import type { BgpSession, ObservedDaemon } from '../../../core/sessions/session.ts';
import { nodeStatus, reportedBird } from '../../support/calico/node-status.ts';

const at = 'CalicoNodeStatus calico-agent.node-a';
const now = Date.parse('2026-11-27T12:00:30Z');
const daemonsOf = (object: unknown): readonly ObservedDaemon[] =>
  parseNodeStatus(object, { at, now }).daemons;
const sessionsOf = (object: unknown): readonly BgpSession[] =>
  daemonsOf(object).flatMap((daemon) => (daemon.ok ? daemon.sessions : []));
const whyOf = (object: unknown): readonly string[] =>
  daemonsOf(object).flatMap((daemon) => (daemon.ok ? [] : [daemon.why]));

describe('a CalicoNodeStatus', () => {
  it("has the sessions of both BIRDs, like BIRD's own answers", () => {
    const report = parseNodeStatus(nodeStatus(), { at, now });
    expect(report.ageSeconds).to.equal(30);
    const [fourth, sixth] = report.daemons;
    expect(fourth).to.deep.include({ ok: true, at, family: 4, by: 'calico-node', routes: 4 });
    expect(fourth).to.have.nested.property('status.version', 'v0.3.3+birdv1.6.8');
    expect(sixth).to.deep.include({ ok: true, family: 6, routes: 0 });
    expect(sessionsOf(nodeStatus())).to.deep.equal([
      {
        name: 'Mesh_10_0_0_2',
        isBrief: true,
        state: 'Established',
        neighbor: '10.0.0.2',
        since: { seconds: 60 + 30, isDay: false },
        channels: [{ family: 4, routes: { imported: 2, preferred: 1 }, limits: [] }],
      },
      {
        name: 'Node_10_0_1_1',
        isBrief: true,
        state: 'Established',
        neighbor: '10.0.1.1',
        since: { seconds: 12 * 3600 + 24 * 3600 + 30, isDay: true },
        channels: [{ family: 4, routes: { imported: 1, preferred: 1 }, limits: [] }],
      },
      {
        name: 'Global_10_0_0_9',
        isBrief: true,
        state: 'Active',
        neighbor: '10.0.0.9',
        channels: [],
      },
      { name: 'Mesh_fd00__2', isBrief: true, state: 'Passive', neighbor: 'fd00::2', channels: [] },
    ]);
  });

  it('contains nothing before calico-node has reported', () => {
    const { status: _, ...asked } = nodeStatus();
    expect(parseNodeStatus(asked, { at, now })).to.deep.equal({ daemons: [] });
    expect(parseNodeStatus(undefined, { at, now })).to.deep.equal({ daemons: [] });
    expect(daemonsOf({ status: { lastUpdated: null } })).to.deep.equal([]);
  });

  it('has no BIRD when none is ready', () => {
    const off = { state: 'NotReady' };
    expect(daemonsOf(nodeStatus({ agent: { birdV4: off, birdV6: off } }))).to.deep.equal([]);
  });

  it('is ignored when calico-node empties both families because one BIRD is away', () => {
    const bgp = {
      numberEstablishedV4: 0,
      numberNotEstablishedV4: 0,
      numberEstablishedV6: 0,
      numberNotEstablishedV6: 0,
    };
    const emptied = nodeStatus({
      agent: { birdV4: reportedBird, birdV6: { state: 'NotReady' } },
      bgp,
    });
    expect(whyOf(emptied)).to.deep.equal([
      'calico-node cannot reach BIRD for IPv6, and reports no session of IPv4 either',
    ]);
  });

  const unreadable: readonly [what: string, object: object, why: RegExp][] = [
    [
      'does not report BGP',
      { ...nodeStatus(), spec: { classes: ['Agent'] } },
      /lacks Agent or BGP/,
    ],
    [
      'has a peer without an address',
      withPeer({ state: 'Idle', type: 'NodeMesh' }),
      /cannot be read/,
    ],
    [
      'has a state that nobody knows',
      withPeer({ peerIP: '10.0.0.2', state: 'Happy', type: 'NodeMesh' }),
      /cannot be read/,
    ],
    [
      'has a kind of peer that nobody knows',
      withPeer({ peerIP: '10.0.0.2', state: 'Idle', type: 'constructor' }),
      /cannot be read/,
    ],
    // Trying each place of it would take minutes, and longer than any watchdog waits.
    [
      'has an address without end',
      withPeer({ peerIP: `${'%'.repeat(500_000)} `, type: 'NodeMesh' }),
      /cannot be read/,
    ],
    ['has more peers than a node can have', withPeer(...many(20_001)), /more than 20000 peers/],
  ];
  for (const [what, object, why] of unreadable) {
    it(`is unreadable, and no session is down, when it ${what}`, () => {
      expect(whyOf(object).join()).to.match(why);
      expect(sessionsOf(object)).to.deep.equal([]);
    });
  }

  function withPeer(...peersV4: readonly object[]): object {
    return nodeStatus({ bgp: { peersV4 } });
  }

  function many(count: number): readonly object[] {
    return Array.from({ length: count }, () => ({ peerIP: '10.0.0.2', type: 'NodeMesh' }));
  }

  const reason = { rule: 'global', place: { pointer: '' } };
  const expecting = (daemons: readonly ObservedDaemon[]): Parameters<typeof matchSessions>[0] => ({
    resolution: {
      node: 'node-a',
      groups: [],
      peers: [
        { address: '10.0.1.1', family: 4, port: 1179, asNumber: 65000, reasons: [reason] },
        { address: '10.0.0.9', family: 4, asNumber: 65001, reasons: [reason] },
        { address: '10.0.0.8', family: 4, asNumber: 65001, reasons: [reason] },
      ],
      issues: [],
    },
    addresses: [{ family: 4, address: '10.0.0.1', prefixLength: 24 }],
    mesh: true,
    nodes: new Map([['10.0.0.2', { name: 'node-b', asNumber: 64513 }]]),
    daemons,
    appliedSeconds: 60,
    reachesCluster: true,
  });

  it('is told of in few words, whatever it calls its BIRD', () => {
    const endless = 'x'.repeat(100_000);
    const agent = { birdV4: { ...reportedBird, version: endless, routerID: endless } };
    expect(JSON.stringify(daemonsOf(nodeStatus({ agent }))).length).to.be.lessThan(5000);
  });

  it('is matched without ports and AS numbers, which it lacks', () => {
    const verdicts = matchSessions(expecting(daemonsOf(nodeStatus())));
    const brief = verdicts.map(({ neighbor, verdict, code }) => [neighbor, verdict, code]);
    expect(brief).to.deep.equal([
      ['10.0.0.8', 'missing', undefined],
      ['10.0.0.9', 'down', 'other'],
      ['fd00::2', 'down', 'passive'],
      ['10.0.1.1', 'established', undefined],
      ['10.0.0.2', 'established', undefined],
    ]);
    expect(verdicts[1]?.why).to.equal('it is Active, and calico-node does not say why');
  });

  it('makes all sessions unknown when it cannot be read', () => {
    const verdicts = matchSessions(expecting(daemonsOf({ ...nodeStatus(), spec: {} })));
    expect(new Set(verdicts.map(({ verdict }) => verdict))).to.deep.equal(new Set(['unknown']));
    expect(verdicts[0]?.why).to.equal(`${at}: its spec.classes lacks Agent or BGP`);
  });

  it('shows for each neighbour whether it was there before a change', () => {
    const daemons = daemonsOf(nodeStatus());
    const before = baselineOf({ daemons, routes: { ok: true, value: [] }, controller: false });
    const known = sessionsBefore(before);
    const was = matchSessions(expecting(daemons)).map((one) => [one.neighbor, known.wasUp(one)]);
    expect(was).to.deep.equal([
      ['10.0.0.8', undefined],
      ['10.0.0.9', false],
      ['fd00::2', false],
      ['10.0.1.1', true],
      ['10.0.0.2', true],
    ]);
  });
});
