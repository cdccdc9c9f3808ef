import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Issue } from '../../../../core/issue.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { json } from '../../../../runtime/http/route.ts';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import { agentStatus as status } from '../agent-status.ts';
import { inFolder, run } from '../run-command.ts';
import { listen, withAgent, type Script } from '../scripted-agent.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const revision = { lineage: 'local:node-0', number: 4, digest };
const older = { ...revision, number: 3 };

const issue: Issue = {
  severity: 'error',
  code: 'as-number-reserved',
  pointer: '/global-as-number',
  line: 1,
  column: 19,
  message: 'AS number 0 is reserved',
};

describe('calico-agent status', () => {
  it('prints a block of facts for people', async () => {
    await withAgent({ 'GET /v1/status': () => json(status) }, async ({ socket }) => {
      expect(await run(['status', '--socket', socket])).to.deep.equal({
        status: 0,
        stderr: '',
        stdout: [
          'node        node-0',
          'state       in force: everything is as it shall be',
          'revision    local:node-0#4 (sha256:abababab): accepted, in force, confirmed',
          'AS number   64512',
          'cluster ID  0.0.0.1',
          'peers       10.0.0.1 AS 64512, fd00::1 port 1179 AS 4200000000',
          'datastore   files: written to /var/lib/x',
          'changed by  local',
          'agent       0.1.0, since 2026-03-02T08:00:00Z',
          '',
        ].join('\n'),
      });
    });
  });

  it('distinguishes accepted, in force and rejected, and shows progress, controller and issues', async () => {
    const busy: AgentStatus = {
      ...status,
      state: 'applying',
      message: 'writing',
      progress: { step: 2, steps: 3, title: 'peers' },
      revisions: {
        accepted: revision,
        inForce: older,
        confirmed: older,
        rejected: [{ ...revision, number: 2, at: '2026-03-02T07:00:00Z', reason: 'no session' }],
      },
      controller: { url: 'wss://c:8443', connected: false, message: 'trying again in 3 s' },
      issues: [issue],
    };
    await withAgent({ 'GET /v1/status': () => json(busy) }, async ({ socket }) => {
      const { stdout } = await run(['status', '--socket', socket]);
      expect(stdout.split('\n')).to.include.members([
        'state       applying (step 2 of 3, peers): writing',
        'revision    local:node-0#4 (sha256:abababab): accepted',
        'revision    local:node-0#3 (sha256:abababab): in force, confirmed',
        'rejected    local:node-0#2 (sha256:abababab): no session (2026-03-02T07:00:00Z)',
        'controller  wss://c:8443, not connected: trying again in 3 s',
        'configuration:1:19: error: AS number 0 is reserved [as-number-reserved]',
      ]);
    });
  });

  it('has a line of the platform: what it is, what is in force, what differs', async () => {
    const lineOf = (changes: Partial<AgentStatus>): Promise<string | undefined> =>
      withAgent({ 'GET /v1/status': () => json({ ...status, ...changes }) }, async ({ socket }) => {
        const { stdout } = await run(['status', '--socket', socket]);
        return stdout.split('\n').find((line) => line.startsWith('platform'));
      });
    expect(await lineOf({ platform: { name: 'kops' } })).to.equal('platform    kops');
    const drifted = await lineOf({
      platform: {
        name: 'k3s',
        version: 'v1.31.4+k3s1',
        role: 'server',
        cni: 'flannel, portmap',
        editedFiles: 1,
        restartsDue: ['k3s.service'],
        errors: 1,
        warnings: 2,
      },
      drift: { objects: 3, files: 1, since: '2026-03-02T08:00:00Z' },
    });
    expect(drifted).to.equal(
      'platform    k3s, v1.31.4+k3s1, server; CNI flannel, portmap; 1 file edited by the agent; restart due: k3s.service; ' +
        '1 file changed by somebody else (calico-agent drift); 1 error and 2 warnings (calico-agent platform)',
    );
  });

  it('names agent.yaml when the issue is in it, and adapters that fail again and again', async () => {
    const absent: Issue = {
      severity: 'warning',
      code: 'address-absent',
      pointer: '/node/addresses',
      message: 'no such address',
    };
    const failing: AgentStatus = {
      ...status,
      issues: [issue, absent],
      degraded: [
        {
          adapter: 'bird',
          attempts: 7,
          since: '2026-03-02T03:12:00Z',
          reason: 'no answer within 2 s',
          nextAttemptAt: '2026-03-02T03:13:10Z',
        },
      ],
    };
    await withAgent({ 'GET /v1/status': () => json(failing) }, async ({ socket }) => {
      const { stdout } = await run(['status', '--socket', socket]);
      expect(stdout.split('\n')).to.include.members([
        'degraded    BIRD: 7 attempts failed since 2026-03-02T03:12:00Z; next attempt at 2026-03-02T03:13:10Z: no answer within 2 s',
        'configuration:1:19: error: AS number 0 is reserved [as-number-reserved]',
        'agent.yaml: warning: no such address [address-absent] (at /node/addresses)',
      ]);
    });
  });

  it('shows a hold and drift first, and the writer of the cluster-wide resources', async () => {
    const held: AgentStatus = {
      ...status,
      state: 'awaiting-writer',
      hold: {
        scope: 'cluster',
        by: 'bob@node-1',
        why: 'ticket 4711',
        since: '2026-03-02T09:00:00Z',
      },
      drift: { objects: 2, since: '2026-03-02T10:00:00Z' },
      clusterWriter: { revision: older, by: 'node-1', at: '2026-03-02T07:00:00Z' },
    };
    await withAgent({ 'GET /v1/status': () => json(held) }, async ({ socket }) => {
      const { stdout } = await run(['status', '--socket', socket]);
      const lines = stdout.split('\n').map((line) => line.replace(/ {2,}/, '  '));
      expect(lines.slice(1, 4)).to.deep.equal([
        'state  awaiting writer: everything is as it shall be',
        'on hold  all agents, by bob@node-1 since 2026-03-02T09:00:00Z: ticket 4711 (calico-agent release-hold --cluster ends it)',
        'drift  2 objects since 2026-03-02T10:00:00Z (calico-agent drift)',
      ]);
      expect(lines).to.include(
        'for all nodes  local:node-0#3 (sha256:abababab), written by the agent of node-1 at 2026-03-02T07:00:00Z',
      );
    });
  });

  it('says that there is no revision before the first configuration', async () => {
    const { resolved: _resolved, source: _source, ...rest } = status;
    const waiting = { ...rest, state: 'waiting', revisions: { rejected: [] } };
    await withAgent({ 'GET /v1/status': () => json(waiting) }, async ({ socket }) => {
      const { stdout } = await run(['status', '--socket', socket]);
      expect(stdout).to.contain('revision    none\n').and.contain('changed by  nobody yet\n');
    });
  });

  it('prints the daemon’s own document as JSON and YAML', async () => {
    await withAgent({ 'GET /v1/status': () => json(status) }, async ({ socket }) => {
      const asJson = await run(['status', '--socket', socket, '-o', 'json']);
      expect(JSON.parse(asJson.stdout)).to.deep.equal(status);
      const asYaml = await run(['status', '--socket', socket, '--output', 'yaml']);
      expect(parse(asYaml.stdout)).to.deep.equal(status);
    });
  });

  it('takes the socket from the environment', async () => {
    await withAgent({ 'GET /v1/status': () => json(status) }, async ({ socket }) => {
      process.env['CALICO_AGENT_SOCKET'] = socket;
      try {
        expect((await run(['status'])).status).to.equal(0);
      } finally {
        delete process.env['CALICO_AGENT_SOCKET'];
      }
    });
  });

  it('does not mistake another program for the daemon', async () => {
    const other = { 'GET /v1/status': () => json({ hello: 'world' }) };
    await withAgent(other, async ({ socket }) => {
      const { status: exit, stdout, stderr } = await run(['status', '--socket', socket]);
      expect([exit, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.contain('check that daemon and command have the same version');
    });
  });

  it('uses the read-only socket when the other one may not be opened', async () => {
    const denied = (): never => {
      throw new AppError('access-denied', 'cannot look: this is not for you');
    };
    await inFolder(async (folder) => {
      await mkdir(`${folder}/run`);
      const closed = await listen(`${folder}/run/agent.sock`, { 'GET /v1/status': denied });
      const open = await listen(`${folder}/run/status.sock`, {
        'GET /v1/status': () => json(status),
      });
      try {
        const ran = await run(['status', '--socket', `${folder}/run/agent.sock`, '-o', 'json']);
        expect([ran.status, ran.stderr]).to.deep.equal([0, '']);
      } finally {
        closed.close();
        open.close();
      }
    });
  });

  for (const [command, route] of [
    ['adopt', 'GET /v1/adoptable'],
    ['release', 'GET /v1/owned'],
    ['stale-nodes', 'GET /v1/stale-nodes'],
  ] as const) {
    it(`says who may run the preview ${command}, and not that a socket is for reading`, async () => {
      const refuse = (why: string) => (): never => {
        throw new AppError('access-denied', why);
      };
      await inFolder(async (folder) => {
        await mkdir(`${folder}/run`);
        const why = 'permission denied; run it as root, or as a member of the group calico-agent';
        const closed = await listen(`${folder}/run/agent.sock`, { [route]: refuse(why) });
        const open = await listen(`${folder}/run/status.sock`, {
          [route]: refuse('this socket is for reading only'),
        });
        try {
          const ran = await run([command, '--socket', `${folder}/run/agent.sock`]);
          expect([ran.status, ran.stderr]).to.deep.equal([1, `calico-agent: ${why}\n`]);
        } finally {
          closed.close();
          open.close();
        }
      });
    });
  }
});

describe('calico-agent plan', () => {
  const plan = { formatVersion: 1, steps: [], issues: [] };

  it('asks for the accepted configuration without an argument', async () => {
    const answer = { plan, issues: [] };
    await withAgent({ 'GET /v1/plan': () => json(answer) }, async ({ socket, requests }) => {
      const { status: exit, stdout } = await run(['plan', '--socket', socket]);
      expect(exit).to.equal(0);
      expect(stdout).to.match(/nothing/i);
      const asJson = await run(['plan', '--socket', socket, '-o', 'json']);
      expect(JSON.parse(asJson.stdout)).to.deep.equal(answer);
      expect(requests).to.have.length(2);
    });
  });

  it('adds --recreate-pods to the text, and nothing else, and refuses it where it does nothing', async () => {
    const script = { 'POST /v1/plan': () => json({ plan, issues: [] }) };
    await withAgent(script, async ({ socket, requests }) => {
      const runWith = (input: string): ReturnType<typeof run> =>
        run(['plan', '-', '--recreate-pods', '--socket', socket], { input });
      const text = 'platform: microk8s # here\nmicrok8s:\n  podCidr: 10.2.0.0/16 # new\n';
      await runWith(text);
      await runWith('{"microk8s": {"podCidr": "10.2.0.0/16", "recreatePods": false}}');
      expect(requests.map(({ body }) => body)).to.deep.equal([
        `${text}  recreatePods: true\n`,
        '{"microk8s": {"podCidr": "10.2.0.0/16", "recreatePods": true}}',
      ]);
      const refused = await runWith('microk8s: {mode: bgp}\n');
      expect(refused.status).to.equal(2);
      expect(refused.stderr).to.include('cannot use --recreate-pods: the configuration has no');
      const without = await run(['plan', '--recreate-pods', '--socket', socket]);
      expect(without.stderr).to.include('without CONFIG');
      expect(requests).to.have.length(2);
    });
  });

  it('sends a configuration with its media type, and shows its warnings', async () => {
    const warning: Issue = { ...issue, severity: 'warning' };
    const script = { 'POST /v1/plan': () => json({ plan, issues: [warning] }) };
    await withAgent(script, async ({ socket, requests }) => {
      const { status: exit, stderr } = await run(['plan', '-', '--socket', socket], {
        input: '{}',
      });
      await run(['plan', '-', '--socket', socket], { input: 'a: 1' });
      expect(exit).to.equal(0);
      expect(stderr).to.contain('stdin:1:19: warning:');
      expect(requests.map(({ body, mediaType }) => [body, mediaType])).to.deep.equal([
        ['{}', 'application/json'],
        ['a: 1', 'application/yaml'],
      ]);
    });
  });

  it('shows why a configuration is refused, with exit status 2', async () => {
    const script = {
      'POST /v1/plan': () => {
        throw new AppError('invalid-config', 'cannot plan: it has errors', { issues: [issue] });
      },
    };
    await withAgent(script, async ({ socket }) => {
      expect(await run(['plan', '-', '--socket', socket], { input: 'a: 1' })).to.deep.equal({
        status: 2,
        stdout: '',
        stderr:
          'stdin:1:19: error: AS number 0 is reserved [as-number-reserved]\n' +
          'calico-agent: cannot plan: it has errors\n',
      });
    });
  });
});

describe('calico-agent apply', () => {
  const accepted = { result: 'accepted', revision, stage: 'accepted', issues: [] };
  const input = 'global-as-number: 64512';

  it('sends the configuration with the name of the user', async () => {
    await withAgent({ 'PUT /v1/config': () => json(accepted) }, async ({ socket, requests }) => {
      expect(await run(['apply', '-', '--socket', socket], { input })).to.deep.equal({
        status: 0,
        stdout: 'local:node-0#4 (sha256:abababab) is accepted\n',
        stderr: '',
      });
      const [request] = requests;
      expect(request).to.include({ body: input, mediaType: 'application/yaml' });
      expect(request?.query).to.deep.equal({ by: 'alice@node-0' });
    });
  });

  it('passes --wait, --take-over and --retry on', async () => {
    const script = {
      'PUT /v1/config': () => json({ ...accepted, ended: { result: 'confirmed' } }),
    };
    await withAgent(script, async ({ socket, requests }) => {
      const argv = ['apply', '-', '--socket', socket, '--take-over', '--retry', '--wait'];
      const { status: exit, stdout } = await run(argv, { input });
      expect(exit).to.equal(0);
      expect(stdout).to.equal('local:node-0#4 (sha256:abababab) is applied and confirmed\n');
      await run([...argv, '2.5'], { input });
      expect(requests.map(({ query }) => query)).to.deep.equal([
        { by: 'alice@node-0', 'take-over': 'true', retry: 'true', wait: '60' },
        { by: 'alice@node-0', 'take-over': 'true', retry: 'true', wait: '2.5' },
      ]);
    });
  });

  const ends: readonly (readonly [string, object, number, string])[] = [
    [
      'failed',
      { ended: { result: 'failed', message: 'the disk is full' } },
      1,
      'calico-agent: cannot apply local:node-0#4 (sha256:abababab): the disk is full\n',
    ],
    [
      'superseded',
      { ended: { result: 'superseded' } },
      1,
      'calico-agent: local:node-0#4 (sha256:abababab) is not applied: the agent accepted another revision meanwhile\n',
    ],
    [
      'not finished in time',
      {},
      1,
      'calico-agent: local:node-0#4 (sha256:abababab) is accepted, but not confirmed within 5 s; the agent continues with it: calico-agent status\n',
    ],
    ['nothing new', { result: 'already', stage: 'confirmed' }, 0, ''],
  ];
  for (const [what, answer, exit, stderr] of ends) {
    it(`ends with ${String(exit)} when the change is ${what}`, async () => {
      const script = { 'PUT /v1/config': () => json({ ...accepted, ...answer }) };
      await withAgent(script, async ({ socket }) => {
        const ran = await run(['apply', '-', '--socket', socket, '--wait', '5'], { input });
        expect([ran.status, ran.stderr]).to.deep.equal([exit, stderr]);
        expect(ran.stdout !== '').to.equal(exit === 0);
      });
    });
  }

  it("shows the agent's progress while it waits", async () => {
    const busy = { ...status, state: 'applying', message: 'writing peers' };
    const shown = new PassThrough();
    const line = once(shown, 'data');
    const script = {
      'GET /v1/status': () => json(busy),
      'PUT /v1/config': async () => {
        await line;
        return json({ ...accepted, ended: { result: 'confirmed' } });
      },
    };
    await withAgent(script, async ({ socket }) => {
      const argv = ['apply', '-', '--socket', socket, '--wait'];
      const ran = await run(argv, { input, stderr: shown });
      expect(ran.status).to.equal(0);
      expect(String(await line)).to.equal('applying: writing peers\n');
    });
  });

  const refusals: readonly (readonly [string, AppError, number, string])[] = [
    [
      'the configuration has errors',
      new AppError('invalid-config', 'cannot accept it', { issues: [issue] }),
      2,
      'stdin:1:19: error: AS number 0 is reserved [as-number-reserved]\ncalico-agent: cannot accept it\n',
    ],
    [
      'another source changes this agent',
      new AppError('source-not-permitted', 'cannot change it: juju does; use --take-over'),
      2,
      'calico-agent: cannot change it: juju does; use --take-over\n',
    ],
    ['the daemon has a fault', new AppError('internal', 'it broke'), 1, 'calico-agent: it broke\n'],
  ];
  for (const [what, error, exit, stderr] of refusals) {
    it(`ends with ${String(exit)} when ${what}`, async () => {
      const script = {
        'PUT /v1/config': () => {
          throw error;
        },
      };
      await withAgent(script, async ({ socket }) => {
        const ran = await run(['apply', '-', '--socket', socket], { input });
        expect(ran).to.deep.equal({ status: exit, stdout: '', stderr });
      });
    });
  }

  it("shows the agent's activity when the revision has not ended in time", async () => {
    const held: AgentStatus = { ...status, state: 'held', message: 'bob put writing on hold' };
    const script = {
      'PUT /v1/config': () => json(accepted),
      'GET /v1/status': () => json(held),
    };
    await withAgent(script, async ({ socket }) => {
      const argv = ['apply', '-', '--wait', '2', '--socket', socket];
      const { status: exit, stderr } = await run(argv, { input });
      expect(exit).to.equal(1);
      expect(stderr).to.contain(
        'within 2 s (held: bob put writing on hold); the agent continues with it',
      );
    });
  });

  it('prints the whole answer as JSON', async () => {
    const answer = { ...accepted, ended: { result: 'failed', message: 'no' } };
    await withAgent({ 'PUT /v1/config': () => json(answer) }, async ({ socket }) => {
      const argv = ['apply', '-', '--socket', socket, '--wait', '-o', 'json'];
      const ran = await run(argv, { input });
      expect(ran.status).to.equal(1);
      expect(JSON.parse(ran.stdout)).to.deep.equal(answer);
    });
  });
});

describe('calico-agent history', () => {
  const revisions = [
    {
      ...revision,
      acceptedAt: '2026-03-02T09:00:00Z',
      source: 'local',
      by: 'alice@node-0',
      states: ['accepted', 'in-force'],
      outcome: { result: 'applied', at: '2026-03-02T09:00:01Z', changes: 1 },
    },
    {
      ...older,
      acceptedAt: '2026-03-02T08:00:00Z',
      source: 'local',
      by: 'bob@node-0',
      states: [],
      outcome: { result: 'failed', at: '2026-03-02T08:00:01Z', changes: 2, reason: 'no space' },
    },
  ] as const;
  const table = [
    'REVISION                          ACCEPTED              BY            IS                  OUTCOME',
    'local:node-0#4 (sha256:abababab)  2026-03-02T09:00:00Z  alice@node-0  accepted, in-force  applied, 1 change',
    'local:node-0#3 (sha256:abababab)  2026-03-02T08:00:00Z  bob@node-0    -                   failed: no space',
  ];

  it('is a table, newest first', async () => {
    await withAgent({ 'GET /v1/revisions': () => json({ revisions }) }, async ({ socket }) => {
      const { status: exit, stdout } = await run(['history', '--socket', socket]);
      expect(exit).to.equal(0);
      expect(stdout).to.equal(`${table.join('\n')}\n`);
    });
  });

  it('says that outcomes may be missing where a change cannot be read', async () => {
    const [{ outcome, ...first }, second] = revisions;
    const unread = [{ id: 4, why: 'it needs more than 192 MB of memory', retryable: true }];
    const withoutOutcome = [{ ...first, states: ['accepted'] }, second];
    expect(outcome.result).to.equal('applied');
    const answer = json({ revisions: withoutOutcome, unread });
    await withAgent({ 'GET /v1/revisions': () => answer }, async ({ socket }) => {
      const { stdout } = await run(['history', '--socket', socket]);
      expect(stdout)
        .to.match(/accepted +unknown\n/)
        .and.not.contain('not applied');
      expect(stdout).to.contain(
        '1 change of the history cannot be read now, so outcomes may be missing: it needs more than',
      );
    });
  });

  it('reads the state directory when no daemon answers', async () => {
    await inFolder(async (folder) => {
      const asked: string[] = [];
      const argv = ['history', '--socket', `${folder}/none.sock`, '--state-directory', '/state'];
      const ran = await run(argv, {
        readHistory: (directory) => {
          asked.push(directory);
          return Promise.resolve({ revisions });
        },
      });
      expect(asked).to.deep.equal(['/state']);
      expect(ran).to.deep.equal({
        status: 0,
        stdout: `${table.join('\n')}\n`,
        stderr: 'no daemon answers; using the state directory "/state"\n',
      });
    });
  });

  it('does not hide an answer of the daemon behind the state directory', async () => {
    const script = {
      'GET /v1/revisions': () => {
        throw new AppError('not-ready', 'the agent starts');
      },
    };
    await withAgent(script, async ({ socket }) => {
      const ran = await run(['history', '--socket', socket]);
      expect(ran).to.include({ status: 1, stderr: 'calico-agent: the agent starts\n' });
    });
  });
});

describe('calico-agent peers', () => {
  it('names each peer with its reason', async () => {
    const answer = {
      node: 'node-0',
      asNumber: 64512,
      routeReflectorClusterId: '0.0.0.1',
      peers: [
        {
          address: '10.0.0.1',
          port: 1179,
          asNumber: 64512,
          session: {
            verdict: 'established',
            since: '2026-11-26T23:13:08Z',
            channels: [
              { family: 4, limits: [], routes: { imported: 12, exported: 1, preferred: 12 } },
              { family: 6, limits: [] },
            ],
          },
          reasons: [
            { rule: 'unit 0', place: { pointer: '/unit-bgp-peers/0', line: 12, column: 3 } },
            { rule: 'global', place: { pointer: '/global-bgp-peers' } },
          ],
        },
        {
          address: '10.0.0.2',
          asNumber: 64513,
          session: {
            verdict: 'down',
            code: 'refused',
            why: "connection refused: is BGP's port 179 open there?",
            state: 'Active',
          },
          reasons: [{ rule: 'global', place: { pointer: '/global-bgp-peers' } }],
        },
      ],
      others: [
        {
          address: '10.0.0.3',
          asNumber: 64512,
          origin: 'mesh',
          node: 'node-3',
          session: { verdict: 'established' },
        },
        { address: '10.0.0.4', session: { verdict: 'unexpected', why: 'the mesh is off' } },
      ],
      daemons: [
        {
          at: '/var/run/calico/bird.ctl',
          version: '1.6.8',
          activity: 'reconfiguring',
          isRecovering: true,
          reconfiguredSecondsAgo: 300,
        },
        { at: '/var/run/calico/bird6.ctl', why: 'no program listens there' },
      ],
      sessions: {
        expected: 3,
        established: 2,
        unexpected: 1,
        unknown: 0,
        worst: "10.0.0.2: connection refused: is BGP's port 179 open there?",
      },
    };
    await withAgent({ 'GET /v1/peers': () => json(answer) }, async ({ socket }) => {
      const { stdout } = await run(['peers', '--socket', socket]);
      expect(stdout).to.equal(
        [
          'node-0: AS 64512, route reflector, cluster ID 0.0.0.1',
          'PEER                AS     BECAUSE OF                SESSION',
          '10.0.0.1 port 1179  64512  unit 0 (line 12); global  established since 2026-11-26T23:13:08Z, 12 routes in, 1 out',
          "10.0.0.2            64513  global                    down: connection refused: is BGP's port 179 open there?",
          '10.0.0.3            64512  the mesh (node-3)         established',
          '10.0.0.4                   nothing                   unexpected: the mesh is off',
          '/var/run/calico/bird.ctl: BIRD waits for its sessions after a start, and gives the kernel no routes until then',
          '/var/run/calico/bird.ctl: BIRD is reconfiguring',
          '/var/run/calico/bird.ctl: BIRD took its configuration 5 min ago',
          'BIRD cannot be asked at /var/run/calico/bird6.ctl: no program listens there',
          "2 of 3 sessions (10.0.0.2: connection refused: is BGP's port 179 open there?)",
          '',
        ].join('\n'),
      );
      const asJson = await run(['peers', '--socket', socket, '-o', 'json']);
      expect(JSON.parse(asJson.stdout)).to.deep.equal(answer);
    });
  });

  it("says that the sessions are from calico-node's report", async () => {
    const [at, by] = ['CalicoNodeStatus calico-agent.node-0', 'calico-node'];
    const why = "calico-node's last report is 3 h old, and calico-node may have ended since";
    const daemons = [
      { at, by, version: '1.6.8' },
      { at, by, why },
    ];
    const answer = { node: 'node-0', peers: [], others: [], daemons };
    await withAgent({ 'GET /v1/peers': () => json(answer) }, async ({ socket }) => {
      const { stdout } = await run(['peers', '--socket', socket]);
      expect(stdout)
        .to.contain(
          `${at}: BIRD's socket is not within reach, and calico-node reports its sessions\n`,
        )
        .and.to.contain(`${at}: ${why}\n`);
    });
  });

  it('says that there are none', async () => {
    const script = {
      'GET /v1/peers': () => json({ node: 'node-0', peers: [], others: [], daemons: [] }),
    };
    await withAgent(script, async ({ socket }) => {
      const { stdout } = await run(['peers', '--socket', socket]);
      expect(stdout).to.equal(
        'node-0: AS number not managed\nno peers\nthere is no BIRD on this machine: the state of its BGP sessions is unknown\n',
      );
    });
  });
});

describe('calico-agent resources', () => {
  const script: Script = {
    'GET /v1/resources': ({ headers }) =>
      headers.accept === 'application/yaml'
        ? { mediaType: 'application/yaml', body: 'kind: IPPool\n' }
        : json({ resources: [], nodes: [] }),
  };

  it('prints the documents as the daemon renders them', async () => {
    await withAgent(script, async ({ socket }) => {
      for (const form of ['text', 'yaml']) {
        const { stdout } = await run(['resources', '--socket', socket, '-o', form]);
        expect(stdout).to.equal('kind: IPPool\n');
      }
    });
  });

  it('prints the reasons and everything else as JSON', async () => {
    await withAgent(script, async ({ socket }) => {
      const { stdout } = await run(['resources', '--socket', socket, '-o', 'json']);
      expect(JSON.parse(stdout)).to.deep.equal({ resources: [], nodes: [] });
    });
  });
});
