import { expect } from 'chai';
import fc from 'fast-check';
import type { Resolution, ResolvedPeer } from '../../../core/resolve/resolution.ts';
import { countSessions, sessionCountText } from '../../../core/sessions/count-sessions.ts';
import {
  matchSessions,
  type SessionMatching,
  type SessionVerdict,
} from '../../../core/sessions/match-sessions.ts';
import type { BgpSession, ObservedDaemon } from '../../../core/sessions/session.ts';
import { recordedSessions } from '../../support/calico/bird-answers.ts';

const reason = { rule: 'global', place: { pointer: '' } };

function peer(address: string, asNumber = 64512, port?: number): ResolvedPeer {
  return {
    address,
    family: address.includes(':') ? 6 : 4,
    asNumber,
    reasons: [reason],
    ...(port !== undefined && { port }),
  };
}

function resolution(peers: readonly ResolvedPeer[], routeReflectorClusterId?: string): Resolution {
  return {
    node: 'node-0',
    groups: [],
    asNumber: { value: 64512, reason, outranked: [] },
    ...(routeReflectorClusterId !== undefined && {
      routeReflectorClusterId: { value: routeReflectorClusterId, reason, outranked: [] },
    }),
    peers,
    issues: [],
  };
}

function session(name: string, neighbor: string, more: Partial<BgpSession> = {}): BgpSession {
  return { name, neighbor, state: 'Established', remoteAs: 64512, channels: [], ...more };
}

function bird(
  sessions: readonly BgpSession[],
  at = '/run/bird.ctl',
  reconfigured = 100,
): ObservedDaemon {
  return {
    ok: true,
    at,
    sessions,
    routes: 0,
    status: {
      version: '1.6.8',
      routerId: '10.0.0.1',
      activity: 'running',
      isRecovering: false,
      reconfigured: { seconds: reconfigured, isDay: false },
    },
  };
}

const deaf: ObservedDaemon = { ok: false, at: '/run/bird.ctl', fault: 'silent', why: 'it hung up' };

function match(matching: Partial<SessionMatching>): readonly SessionVerdict[] {
  return matchSessions({
    resolution: resolution([]),
    addresses: [{ family: 4, address: '10.9.0.1', prefixLength: 24 }],
    mesh: false,
    daemons: [],
    appliedSeconds: 60,
    reachesCluster: true,
    ...matching,
  });
}

const brief = ({ neighbor, verdict, code, why }: SessionVerdict): readonly unknown[] => [
  neighbor,
  verdict,
  ...(code === undefined ? [] : [code]),
  ...(why === undefined ? [] : [why]),
];

describe('matching sessions', () => {
  it('classifies each recorded session of BIRD 1.6.8', () => {
    const verdicts = match({
      resolution: resolution([
        peer('10.9.0.2'),
        peer('10.9.0.3', 64999),
        peer('10.9.0.3', 64512, 1179),
        peer('10.9.0.77'),
        peer('10.77.0.1'),
        peer('10.9.0.9'),
        peer('10.9.0.10'),
      ]),
      mesh: true,
      nodes: new Map([
        ['10.9.0.1', { name: 'node-0', asNumber: 64512 }],
        ['10.9.0.2', { name: 'node-1', asNumber: 64512 }],
      ]),
      daemons: [
        bird(
          recordedSessions('bird-1.6.8').map((one) =>
            one.name === 'Node_disabled' ? { ...one, name: 'Node_10_9_0_10' } : one,
          ),
        ),
      ],
    });
    expect(verdicts.map(brief)).to.deep.equal([
      [
        '10.9.0.2',
        'down',
        'covered',
        'BIRD holds it back while Mesh_10_9_0_2 to the same address is there',
      ],
      [
        '10.9.0.3',
        'down',
        'closed',
        "the other side ends the connection: it has no peer with this node's address, or expects another AS number",
      ],
      ['10.9.0.3', 'down', 'refused', "connection refused: is BGP's port 1179 open there?"],
      [
        '10.9.0.77',
        'down',
        'no-route',
        'no route to host: nobody answers at that address, or a firewall rejects',
      ],
      ['10.77.0.1', 'down', 'no-route', 'this node has no route to it'],
      ['10.9.0.9', 'down', 'passive', 'it waits for the other side to connect'],
      ['10.9.0.10', 'down', 'disabled', 'it is disabled in BIRD'],
      ['10.9.0.2', 'established'],
    ]);
    expect(sessionCountText(countSessions(verdicts))).to.equal(
      '1 of 8 sessions (10.9.0.2: BIRD holds it back while Mesh_10_9_0_2 to the same address is there)',
    );
  });

  it('knows a peer that waits for the end of the mesh, as long as the mesh has the session', () => {
    const peerInMesh = (mesh: Partial<BgpSession>): SessionVerdict | undefined => {
      const waiting = session('Node_10_9_0_2', '10.9.0.2', { state: 'Idle' });
      const sessions = [session('Mesh_10_9_0_2', '10.9.0.2', mesh), waiting];
      const given = { resolution: resolution([peer('10.9.0.2')]), daemons: [bird(sessions)] };
      const verdicts = match({ ...given, isMeshLater: true });
      return verdicts.find(({ verdict }) => verdict === 'down');
    };
    const established = peerInMesh({});
    expect(established).to.include({ code: 'covered', isLater: true });
    expect(established?.why).to.match(/, until the cluster-wide resources change$/u);
    expect(peerInMesh({ state: 'Connect' })).to.not.have.property('isLater');
    // Without Mesh_: another peer with another port.
    expect(peerInMesh({ name: 'Global_10_9_0_2_port_1179' })).to.not.have.property('isLater');
  });

  it('does not accept a session with another AS number', () => {
    const verdicts = match({
      resolution: resolution([peer('10.9.0.2', 64513)]),
      daemons: [bird([session('Global_10_9_0_2', '10.9.0.2')])],
    });
    expect(verdicts.map(brief)).to.deep.equal([
      ['10.9.0.2', 'differs', 'it is Established with AS 64512 instead of 64513'],
    ]);
  });

  describe('explains the last message of BIRD', () => {
    const table: readonly (readonly [error: string, code: string, part: string])[] = [
      ['BGP Error: Bad peer AS', 'their-as-differs', 'another AS number than 64512'],
      ['Received: Bad peer AS', 'our-as-differs', 'expects another AS number of this node'],
      ['BGP Error: Hold timer expired', 'hold-timer', 'nothing was heard of the other side'],
      ['Received: Hold timer expired', 'hold-timer', 'it heard nothing of this node'],
      ['Received: Administrative shutdown', 'shut-down', 'the other side has shut it down'],
      ['Socket: Connection timed out', 'no-answer', 'a firewall drops'],
      ['Error: No listening socket', 'not-listening', 'another program has it'],
      [
        'BGP Error: Unacceptable hold time',
        'other',
        'BIRD says "BGP Error: Unacceptable hold time"',
      ],
      ['constructor', 'other', 'BIRD says "constructor"'],
    ];
    for (const [lastError, code, part] of table) {
      it(lastError, () => {
        const [verdict] = match({
          resolution: resolution([peer('10.9.0.2')]),
          daemons: [bird([session('Node_10_9_0_2', '10.9.0.2', { state: 'Idle', lastError })])],
        });
        expect(verdict).to.include({ verdict: 'down', code });
        expect(verdict?.why).to.contain(part);
      });
    }

    it('names the AS number of the node at the other end', () => {
      const [verdict] = match({
        resolution: resolution([peer('10.9.0.2')]),
        nodes: new Map([['10.9.0.2', { name: 'node-1', asNumber: 64513 }]]),
        daemons: [
          bird([
            session('Node_10_9_0_2', '10.9.0.2', {
              state: 'Idle',
              lastError: 'BGP Error: Bad peer AS',
            }),
          ]),
        ],
      });
      expect(verdict?.why).to.equal('the other side says AS 64513, and BIRD expects 64512');
    });
  });

  describe('where the two sides do not agree about AS numbers', () => {
    const refused = (neighbor: string, lastError: string): BgpSession =>
      session(`Node_${neighbor}`, neighbor, { state: 'Idle', lastError });

    it("names this node's number, which BIRD 1.6 does not show", () => {
      const [verdict] = match({
        resolution: {
          ...resolution([peer('10.9.0.2')]),
          asNumber: { value: 64601, reason, outranked: [] },
        },
        daemons: [bird([refused('10.9.0.2', 'Received: Bad peer AS')])],
      });
      expect(verdict?.why).to.equal(
        'the other side expects another AS number of this node than 64601',
      );
    });

    it('comes before sessions that may still come up', () => {
      const verdicts = match({
        resolution: resolution([peer('10.9.0.2'), peer('10.9.0.3'), peer('10.9.0.4')]),
        daemons: [
          bird([
            session('Node_10_9_0_2', '10.9.0.2', { state: 'Active' }),
            refused('10.9.0.3', 'Socket: Connection refused'),
            refused('10.9.0.4', 'Received: Bad peer AS'),
          ]),
        ],
      });
      expect(verdicts.map(({ code }) => code)).to.deep.equal([
        'our-as-differs',
        'starting',
        'refused',
      ]);
    });
  });

  describe('of a session that BIRD does not have', () => {
    const missing = (more: Partial<SessionMatching>): string | undefined => {
      const [verdict] = match({ resolution: resolution([peer('10.9.0.2')]), ...more });
      return `${verdict?.verdict ?? ''}: ${verdict?.why ?? ''}`;
    };

    it('gives calico-node time to write it', () => {
      const why = 'missing: applied 4 s ago, and not in BIRD yet';
      expect(missing({ daemons: [bird([])], appliedSeconds: 4 })).to.equal(why);
    });

    it('then reports that BIRD keeps its old configuration', () => {
      expect(missing({ daemons: [bird([])], appliedSeconds: 42 })).to.equal(
        "missing: applied, but not in BIRD for 42 s: BIRD keeps its old configuration; see calico-node's log",
      );
    });

    it('reports when BIRD has taken a configuration without it', () => {
      expect(missing({ daemons: [bird([], undefined, 10)], appliedSeconds: 300 })).to.equal(
        "missing: applied, but not in BIRD for 5 min, although BIRD has taken a configuration since; see calico-node's log",
      );
    });

    it('explains that files reach no cluster', () => {
      expect(missing({ daemons: [bird([])], reachesCluster: false })).to.contain(
        'written as files',
      );
    });

    it('reports nothing about it when BIRD cannot be asked', () => {
      expect(missing({ daemons: [deaf] })).to.equal(
        'unknown: BIRD cannot be asked at /run/bird.ctl: it hung up',
      );
    });

    it('reports that there is no BIRD', () => {
      expect(missing({})).to.equal('unknown: there is no BIRD on this machine');
    });

    it("keeps the families' daemons apart", () => {
      const verdicts = match({
        resolution: resolution([peer('10.9.0.2'), peer('fd09::2')]),
        addresses: [],
        daemons: [bird([session('Node_10_9_0_2', '10.9.0.2')]), { ...deaf, at: '/run/bird6.ctl' }],
      });
      expect(verdicts.map(({ verdict }) => verdict)).to.deep.equal(['unknown', 'established']);
    });
  });

  describe('of the mesh', () => {
    const nodes = new Map([
      ['10.9.0.1', { name: 'node-0' }],
      ['10.9.0.2', { name: 'node-1' }],
      ['10.9.0.3', { name: 'node-2', asNumber: 64513 }],
      ['10.9.0.4', { name: 'node-3', routeReflectorClusterId: '1.0.0.1' }],
      ['fd09::2', { name: 'node-1' }],
    ]);

    it('expects all nodes of its families without a cluster ID, with their AS numbers', () => {
      const verdicts = match({ mesh: true, nodes, daemons: [bird([])] });
      expect(verdicts.map(({ expected }) => expected)).to.deep.equal([
        { neighbor: '10.9.0.2', family: 4, origin: 'mesh', node: 'node-1', remoteAs: 64512 },
        { neighbor: '10.9.0.3', family: 4, origin: 'mesh', node: 'node-2', remoteAs: 64513 },
      ]);
    });

    it('accepts the observed ones when no node is known', () => {
      const daemons = [bird([session('Mesh_10_9_0_2', '10.9.0.2')])];
      expect(match({ mesh: true, daemons }).map(brief)).to.deep.equal([
        ['10.9.0.2', 'established'],
      ]);
    });

    it('expects none when it is off', () => {
      const daemons = [bird([session('Mesh_10_9_0_2', '10.9.0.2')])];
      expect(match({ nodes, daemons }).map(brief)).to.deep.equal([
        ['10.9.0.2', 'unexpected', 'the mesh is off'],
      ]);
    });

    it('expects none at a node with a cluster ID', () => {
      const verdicts = match({
        mesh: true,
        resolution: resolution([], '1.0.0.1'),
        nodes,
        daemons: [bird([session('Mesh_10_9_0_2', '10.9.0.2')])],
      });
      expect(verdicts.map(({ verdict }) => verdict)).to.deep.equal(['unexpected']);
    });
  });

  it('expects sessions that Calico mirrors from the peers of other nodes', () => {
    const verdicts = match({
      nodes: new Map([['10.9.0.2', { name: 'node-1' }]]),
      byOthers: [],
      daemons: [
        bird([session('Node_10_9_0_2', '10.9.0.2'), session('Global_10_9_0_5', '10.9.0.5')]),
      ],
    });
    expect(verdicts.map(brief)).to.deep.equal([
      ['10.9.0.5', 'unexpected', 'no configuration asks for it'],
      ['10.9.0.2', 'established'],
    ]);
    expect(countSessions(verdicts)).to.include({ expected: 1, established: 1, unexpected: 1 });
  });

  it('finds the session of a peer without a port at the port of its node', () => {
    const verdicts = match({
      resolution: resolution([peer('10.9.0.2')]),
      daemons: [bird([session('Global_10_9_0_2_port_1179', '10.9.0.2')])],
    });
    expect(verdicts).to.have.lengthOf(1);
    expect(verdicts[0]).to.include({ verdict: 'established', port: 1179 });
  });

  it('expects no session of a family that the node does not have', () => {
    const verdicts = match({ resolution: resolution([peer('fd09::2')]), daemons: [bird([])] });
    expect(verdicts).to.deep.equal([]);
  });

  it('has one verdict for each expected and each observed session', () => {
    const addresses = fc.uniqueArray(
      fc.constantFrom('10.9.0.2', '10.9.0.3', '10.9.0.4', '10.9.0.5'),
    );
    const state = fc.constantFrom('Established' as const, 'Idle' as const);
    fc.assert(
      fc.property(addresses, addresses, state, fc.boolean(), (wanted, there, is, mesh) => {
        const verdicts = match({
          mesh,
          resolution: resolution(wanted.map((address) => peer(address))),
          daemons: [
            bird(
              there.map((one) => session(`Node_${one.replaceAll('.', '_')}`, one, { state: is })),
            ),
          ],
        });
        expect(verdicts.map(({ neighbor }) => neighbor)).to.have.members([
          ...new Set([...wanted, ...there]),
        ]);
        const { expected, established } = countSessions(verdicts);
        expect(established).to.be.at.most(expected);
      }),
    );
  });
});
