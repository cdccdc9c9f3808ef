/** The commands that read the cluster, and take over or release its objects. */
import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import type { AdoptableObject } from '../../../../core/plan/adopt/adoption.ts';
import type { StaleNode } from '../../../../core/survey/stale-node.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { json } from '../../../../runtime/http/route.ts';
import { agentStatus } from '../agent-status.ts';
import { inFolder, run, type Ran } from '../run-command.ts';
import { withAgent, type Script, type ScriptedAgent } from '../scripted-agent.ts';

const revision = { lineage: 'local:node-0', number: 4, digest: `sha256:${'ab'.repeat(32)}` };

/** Runs one command against a daemon, and returns the requests to the daemon. */
async function runAgainst(
  script: Script,
  ...argv: readonly string[]
): Promise<Ran & Pick<ScriptedAgent, 'requests'>> {
  return withAgent(script, async ({ socket, requests }) => ({
    ...(await run([...argv, '--socket', socket])),
    requests,
  }));
}

describe('calico-agent drift', () => {
  const fields = [
    {
      kind: 'BGPPeer',
      name: 'tor-a',
      path: 'spec.asNumber',
      desired: 65_000,
      observed: 65_001,
      by: 'kubectl-edit',
      at: '2026-03-02T08:00:00Z',
    },
    { kind: 'BGPPeer', name: 'tor-a', path: 'spec.peerIP', desired: '10.0.0.1', by: 'calicoctl' },
    {
      kind: 'BGPConfiguration',
      name: 'default',
      path: 'spec.serviceClusterIPs',
      desired: [{ cidr: '10.96.0.0/12' }],
      observed: [],
      at: '2026-03-02T09:00:00Z',
    },
    { kind: 'IPPool', name: 'ipv6', desired: { cidr: 'fd00::/48' } },
    { kind: 'IPPool', name: 'old', observed: { cidr: '10.9.0.0/16' } },
  ];
  const script: Script = {
    'GET /v1/drift': () => json({ revision, fields }),
    'POST /v1/drift/correct': () => json({ left: [] }),
  };

  it('prints who changed what and when, and ends with exit status 3', async () => {
    const { status, stdout, stderr } = await runAgainst(script, 'drift');
    expect([status, stderr]).to.deep.equal([3, '']);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).to.deep.equal([
      ['4 objects differ from local:node-0#4 (sha256:abababab)'],
      ['OBJECT', 'FIELD', 'DESIRED', 'OBSERVED', 'CHANGED BY'],
      ['BGPPeer tor-a', 'spec.asNumber', '65000', '65001', 'kubectl-edit, 2026-03-02T08:00:00Z'],
      ['BGPPeer tor-a', 'spec.peerIP', '10.0.0.1', 'none', 'calicoctl'],
      [
        'BGPConfiguration default',
        'spec.serviceClusterIPs',
        '10.96.0.0/12',
        'none',
        '2026-03-02T09:00:00Z',
      ],
      ['IPPool ipv6', '-', 'exists', 'gone', 'not known'],
      ['IPPool old', '-', 'does not exist', 'exists', 'not known'],
      [''],
    ]);
  });

  it('prints the whole report as JSON, with the same exit status', async () => {
    const { status, stdout } = await runAgainst(script, 'drift', '-o', 'json');
    expect(status).to.equal(3);
    expect(JSON.parse(stdout)).to.deep.equal({ revision, fields });
  });

  it('corrects it on request', async () => {
    const { status, stderr, requests } = await runAgainst(script, 'drift', '--correct');
    expect(status).to.equal(0);
    expect(requests).to.have.length(2);
    expect(stderr).to.equal('everything is put back\n');
  });

  it('names the uncorrected fields with the reason, and ends with exit status 3', async () => {
    const why = 'revision 4: the agent of node "node-1" is writing what holds for all nodes';
    const waiting: Script = {
      ...script,
      'POST /v1/drift/correct': () => json({ left: fields.slice(0, 3), why }),
    };
    const { status, stderr } = await runAgainst(waiting, 'drift', '--correct');
    expect([status, stderr]).to.deep.equal([3, `2 objects still differ: ${why}\n`]);
  });

  it('corrects nothing when there is no drift', async () => {
    const none: Script = { 'GET /v1/drift': () => json({ revision, fields: [] }) };
    const ran = await runAgainst(none, 'drift', '--correct');
    expect(ran).to.include({ status: 0, stdout: 'nothing drifted\n', stderr: '' });
  });

  it('says that no revision is in force', async () => {
    const none: Script = { 'GET /v1/drift': () => json({ fields: [] }) };
    const { status, stdout } = await runAgainst(none, 'drift');
    expect([status, stdout]).to.deep.equal([
      0,
      'nothing is in force, so nothing can have drifted\n',
    ]);
  });

  it('ends with exit status 1, and not 3, when the drift is unknown', async () => {
    const broken: Script = {
      'GET /v1/drift': () => {
        throw new AppError('datastore-failed', 'cannot read etcd: nobody answers');
      },
    };
    expect((await runAgainst(broken, 'drift')).status).to.equal(1);
  });
});

describe('calico-agent hold', () => {
  const script: Script = {
    'PUT /v1/hold': ({ body, query }) =>
      json({
        scope: body.includes('cluster') ? 'cluster' : 'agent',
        why: 'x',
        by: query.get('by'),
      }),
    'DELETE /v1/hold': ({ query }) => json({ scope: query.get('scope') }),
    'GET /v1/status': () => json(agentStatus),
  };
  const stillHeld = [
    [
      ['release-hold'],
      'cluster',
      'the hold of this agent is released; the hold of the cluster remains: calico-agent release-hold --cluster',
    ],
    [
      ['release-hold', '--cluster'],
      'agent',
      'the hold of the cluster is released; this agent is on hold itself: calico-agent release-hold',
    ],
  ] as const;
  for (const [argv, scope, text] of stillHeld) {
    it(`says after ${argv.join(' ')} that the hold of the ${scope} remains`, async () => {
      const held = {
        ...script,
        'GET /v1/status': () =>
          json({
            ...agentStatus,
            hold: { scope, by: 'bob', why: 'x', since: '2026-03-02T09:00:00Z' },
          }),
      };
      expect((await runAgainst(held, ...argv)).stdout).to.equal(`${text}\n`);
    });
  }
  const cases = [
    [['hold', '--why', 'ticket 4711'], 'this agent writes nothing until calico-agent release-hold'],
    [
      ['hold', '--cluster', '--why', 'a night by hand'],
      'the hold is set; no agent that reads it writes anything until calico-agent release-hold --cluster',
    ],
    [['release-hold'], 'this agent may write again'],
    [
      ['release-hold', '--cluster'],
      'the hold is released; all agents of this cluster may write again',
    ],
  ] as const;
  for (const [argv, text] of cases) {
    it(`reports the state after ${argv.join(' ')}`, async () => {
      const { status, stdout, requests } = await runAgainst(script, ...argv);
      expect([status, stdout]).to.deep.equal([0, `${text}\n`]);
      const scope = argv.some((word) => word === '--cluster') ? 'cluster' : 'agent';
      const [{ query, body } = { query: {}, body: '' }] = requests;
      if (argv[0] === 'release-hold') expect(query).to.deep.equal({ scope });
      else {
        expect(query).to.deep.equal({ by: 'alice@node-0' });
        expect(JSON.parse(body)).to.deep.equal({ scope, why: argv.at(-1) });
      }
    });
  }

  it('needs a reason', async () => {
    const { status, stderr } = await run(['hold']);
    expect(status).to.equal(2);
    expect(stderr).to.contain("required option '--why <text>' not specified");
  });
});

describe('calico-agent adopt', () => {
  const objectOf = (name: string, changes: Partial<AdoptableObject>): AdoptableObject => ({
    observed: {
      resource: {
        apiVersion: 'projectcalico.org/v3',
        kind: 'BGPPeer',
        metadata: { name },
        spec: { peerIP: '10.0.0.1', asNumber: 65_000 },
      },
    },
    kind: 'BGPPeer',
    name,
    scope: { kind: 'cluster' },
    standsFor: 'global.10.0.0.1',
    fate: 'replaced',
    writers: [],
    ...changes,
  });
  const objects = [
    objectOf('calico-0-10.0.0.1-65000', {
      writers: [
        { manager: 'calicoctl', paths: ['spec'] },
        { manager: 'kubectl-edit', paths: ['spec.asNumber'] },
        { manager: 'calicoctl', paths: ['metadata'] },
      ],
    }),
    objectOf('tor-a', { fate: 'stays', standsFor: 'tor-a' }),
  ];
  const script: Script = {
    'GET /v1/adoptable': () => json({ objects }),
    'POST /v1/adopt': () => json({ objects }),
  };
  const table = [
    'OBJECT                           STANDS FOR       WHAT BECOMES OF IT     MADE BY',
    'BGPPeer calico-0-10.0.0.1-65000  global.10.0.0.1  replaced by ours       calicoctl, kubectl-edit',
    'BGPPeer tor-a                    tor-a            stays, with our marks  not known',
  ];

  it('only shows the objects, and says how to go on', async () => {
    const { status, stdout } = await runAgainst(script, 'adopt');
    const end = 'nothing is changed yet: calico-agent adopt --yes takes over all of them';
    expect([status, stdout.split('\n')]).to.deep.equal([0, [...table, end, '']]);
  });

  it('takes over on request', async () => {
    const { status, stdout } = await runAgainst(script, 'adopt', '--yes');
    const end = '2 objects taken over; the agent replaces 1 of them next: calico-agent status';
    expect([status, stdout.split('\n')]).to.deep.equal([0, [...table, end, '']]);
  });

  it('says that there are none', async () => {
    const none: Script = { 'GET /v1/adoptable': () => json({ objects: [] }) };
    expect((await runAgainst(none, 'adopt')).stdout).to.equal('nothing to adopt\n');
  });

  const refusals = [
    ['held', 'calico-agent release-hold'],
    ['writer-lease-lost', 'one agent at a time'],
    ['datastore-conflict', 'check what has changed'],
  ] as const;
  for (const [code, hint] of refusals) {
    it(`says what to do about ${code}`, async () => {
      const refusing: Script = {
        'POST /v1/adopt': () => {
          throw new AppError(code, 'cannot write: bob put it on hold: ticket 4711');
        },
      };
      const { status, stdout, stderr } = await runAgainst(refusing, 'adopt', '--yes');
      expect([status, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.match(
        /^calico-agent: cannot write: bob put it on hold: ticket 4711\n {2}hint: .*\n$/,
      );
      expect(stderr).to.contain(hint);
    });
  }
});

describe('calico-agent release', () => {
  const objects = [
    { kind: 'BGPConfiguration', name: 'default', scope: 'cluster' },
    { kind: 'BGPPeer', name: 'node-0.10.0.0.1', scope: 'node:node-0' },
  ];
  const script: Script = {
    'GET /v1/owned': () => json({ objects }),
    'POST /v1/release': () => json({ objects, left: [] }),
  };
  const table = [
    'OBJECT                    SCOPE',
    'BGPConfiguration default  cluster',
    'BGPPeer node-0.10.0.0.1   node:node-0',
  ];

  it('only shows the objects, and says how to go on', async () => {
    const { stdout } = await runAgainst(script, 'release');
    const end = 'nothing is changed yet: calico-agent release --yes releases all of them';
    expect(stdout.split('\n')).to.deep.equal([...table, end, '']);
  });

  it('releases on request', async () => {
    const { stdout } = await runAgainst(script, 'release', '--yes');
    const end = '2 objects released; the configuration is forgotten';
    expect(stdout.split('\n')).to.deep.equal([...table, end, '']);
  });

  it('names the objects that it could not release', async () => {
    const [clusters, own] = objects;
    const partly: Script = {
      'POST /v1/release': () => json({ objects: [own], left: [clusters] }),
    };
    const { stdout } = await runAgainst(partly, 'release', '--yes');
    expect(stdout).to.contain('1 object released').and.contain('1 object still marked as ours');
  });

  it('says that no object is ours', async () => {
    const none: Script = { 'GET /v1/owned': () => json({ objects: [] }) };
    expect((await runAgainst(none, 'release')).stdout).to.equal('nothing carries our marks\n');
  });
});

describe('calico-agent stale-nodes', () => {
  const block = (number: number, addresses: number): StaleNode['blocks'][number] => ({
    cidr: `10.1.${String(number)}.0/26`,
    addresses,
  });
  const nodes: readonly StaleNode[] = [
    {
      name: 'node-9',
      hasNode: true,
      version: '17',
      objects: ['BGPPeer/a', 'BGPPeer/b', 'BGPPeer/c', 'BGPPeer/d'],
      blocks: [block(0, 2), block(1, 3)],
    },
    { name: 'Node-8', hasNode: false, objects: ['BGPPeer/e'], blocks: [] },
  ];
  const table = [
    'NODE    CALICO NODE  NAMED BY                                    BLOCKS                    ADDRESSES IN USE',
    'node-9  yes          BGPPeer/a, BGPPeer/b, BGPPeer/c and 1 more  10.1.0.0/26, 10.1.1.0/26  5',
    'Node-8  no           BGPPeer/e                                   -                         0',
  ];
  const listing: Script = {
    'GET /v1/stale-nodes': () => json({ nodes }),
    'POST /v1/stale-nodes': () => json({ nodes }),
  };
  const removing: Script = {
    ...listing,
    'POST /v1/stale-nodes/remove': ({ body }) => {
      const { name, force } = JSON.parse(body);
      if (name === 'node-9' && force !== true) {
        throw new AppError('datastore-conflict', 'cannot remove node "node-9": 5 in use');
      }
      return json({ removed: name });
    },
  };

  it('prints a table with the remains of each node', async () => {
    const { status, stdout } = await runAgainst(listing, 'stale-nodes');
    expect([status, stdout.split('\n')]).to.deep.equal([0, [...table, '']]);
  });

  it('says that there are none', async () => {
    const none: Script = { 'GET /v1/stale-nodes': () => json({ nodes: [] }) };
    expect((await runAgainst(none, 'stale-nodes')).stdout).to.match(
      /^no node is stale, as far as the datastore itself can tell; --nodes /,
    );
  });

  it('reads the nodes of a file, in any form that check takes', async () => {
    await inFolder(async (folder) => {
      const file = `${folder}/nodes.json`;
      const items = ['node-0', 'node-1'].map((name) => ({ kind: 'Node', metadata: { name } }));
      await writeFile(file, JSON.stringify({ kind: 'List', apiVersion: 'v1', items }));
      const { status, requests } = await runAgainst(listing, 'stale-nodes', '--nodes', file);
      expect([status, JSON.parse(requests[0]?.body ?? '')]).to.deep.equal([
        0,
        { living: ['node-0', 'node-1'] },
      ]);
    });
  });

  for (const [what, text, reason] of [
    ['that cannot be read', 'NAME STATUS\nnode-0 Ready\n', 'cannot use'],
    ['without a node', '[]', 'the list of nodes: it is empty'],
  ] as const) {
    it(`sends no request with a list of nodes ${what}`, async () => {
      await inFolder(async (folder) => {
        const file = `${folder}/nodes`;
        await writeFile(file, text);
        const argv = ['stale-nodes', 'remove', 'node-9', '--yes', '--nodes', file];
        const { status, stdout, stderr, requests } = await runAgainst(removing, ...argv);
        expect([status, stdout, requests]).to.deep.equal([2, '', []]);
        expect(stderr).to.contain(reason);
      });
    });
  }

  it('shows the extent of a removal beforehand, and changes nothing', async () => {
    const argv = ['stale-nodes', 'remove', 'node-9'];
    const { status, stdout, requests } = await runAgainst(removing, ...argv);
    expect(status).to.equal(0);
    expect(stdout).to.contain('10.1.0.0/26').and.not.contain('Node-8');
    expect(stdout).to.contain('nothing is changed yet: --yes removes it\n');
    expect(requests).to.have.length(1);
  });

  it('removes the others when one cannot be removed, and fails', async () => {
    const argv = ['stale-nodes', 'remove', 'node-9', 'Node-8', '--yes'];
    const { status, stdout, stderr } = await runAgainst(removing, ...argv);
    const hint = 'delete each of these that no configuration makes: calicoctl delete BGPPeer e';
    const text = `Node-8 is removed; left are BGPPeer/e\n  hint: ${hint}\n`;
    expect([status, stdout]).to.deep.equal([1, text]);
    expect(stderr).to.match(/\ncalico-agent: cannot remove node "node-9": 5 in use\n$/);
  });

  it('lists the remains after a removal by force', async () => {
    const argv = ['stale-nodes', 'remove', 'node-9', '--force', '--yes'];
    const { status, stdout } = await runAgainst(removing, ...argv);
    const left = '2 of its blocks with addresses in use and BGPPeer/a, BGPPeer/b';
    const [first, ...hints] = stdout.split('\n');
    expect([status, first]).to.deep.equal([
      0,
      `node-9 is removed; left are ${left}, BGPPeer/c, BGPPeer/d`,
    ]);
    // Its Node is gone, so calicoctl delete node finds nothing any more, and fails.
    expect(hints.join()).to.contain('calicoctl ipam release --ip=').and.not.contain('delete node');
  });

  it('removes by force, and reports it as JSON', async () => {
    const argv = ['stale-nodes', 'remove', 'node-9', '--force', '--yes', '-o', 'json'];
    const { status, stdout, stderr } = await runAgainst(removing, ...argv);
    expect([status, stderr]).to.deep.equal([0, '']);
    expect(JSON.parse(stdout)).to.deep.equal({ removed: ['node-9'], failed: [] });
  });

  it('refuses a node that is not stale, before anything is removed', async () => {
    const argv = ['stale-nodes', 'remove', 'node-9', 'node-0', '--yes', '--force'];
    const { status, stderr, requests } = await runAgainst(removing, ...argv);
    expect(status).to.equal(1);
    expect(stderr).to.contain('cannot remove node "node-0": it is not stale');
    expect(requests).to.have.length(1);
  });

  it('ends at once when all removals would be refused alike', async () => {
    let asked = 0;
    const held: Script = {
      ...listing,
      'POST /v1/stale-nodes/remove': () => {
        asked += 1;
        throw new AppError('held', 'cannot write: on hold');
      },
    };
    const argv = ['stale-nodes', 'remove', 'node-9', 'Node-8', '--yes'];
    const { status, stderr } = await runAgainst(held, ...argv);
    expect([status, asked]).to.deep.equal([1, 1]);
    expect(stderr).to.contain('release-hold');
  });
});
