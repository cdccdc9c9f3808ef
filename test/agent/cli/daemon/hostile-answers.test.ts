/** A daemon repeats texts of others: a person sees them harmless, and a script unchanged. */
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { parse } from 'yaml';
import { isPrintable } from '../../../../core/printable.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { json } from '../../../../runtime/http/route.ts';
import { agentStatus } from '../agent-status.ts';
import { run, type Ran } from '../run-command.ts';
import { withAgent } from '../scripted-agent.ts';
import { connectedTo } from '../stub-datastore.ts';

/** Terminal escapes, marks that turn the direction of writing, and every kind of line break. */
const hostile = 'x\u001b[2J\u0007\u009b31m\u202e\u2028y\u0085z\nforged: line\r\nforged: again\\n';
const harmless = 'x';

interface Case {
  readonly argv: readonly string[];
  /** `GET /v1/status` → its answer, with `text` in each field that somebody else may write. */
  readonly answers: (text: string) => Readonly<Record<string, unknown>>;
  /** The request line whose answer is printed; absent: it has no other form than text. */
  readonly printed?: string;
  readonly input?: string;
}

const config = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const digest = `sha256:${'ab'.repeat(32)}`;
const knownRevision = { lineage: 'local:node-0', number: 4, digest };

const issueWith = (text: string): object => ({
  severity: 'warning',
  code: 'unreadable',
  pointer: text,
  message: text,
  hint: text,
  node: text,
});

function statusWith(text: string): object {
  const message = text;
  return {
    formatVersion: 1,
    agentVersion: text,
    node: text,
    startedAt: text,
    state: 'applying',
    message,
    progress: { step: 1, steps: 2, title: text },
    restartNeeded: [text],
    revisions: {
      accepted: knownRevision,
      rejected: [{ ...knownRevision, at: text, reason: text }],
    },
    resolved: { routeReflectorClusterId: text, peers: [{ address: text, asNumber: 64_512 }] },
    datastore: { driver: text, reachesCluster: true, message },
    controller: { url: text, connected: true, since: text, message },
    storage: { problems: [{ file: text, message, hint: text }] },
    issues: [{ severity: 'error', code: 'unreadable', pointer: text, message, hint: text }],
    hold: { scope: 'agent', by: text, why: text, since: text },
    clusterWriter: { revision: knownRevision, by: text, at: text },
    drift: { objects: 1, since: text },
  };
}

const scopeWith = (node: string): object => ({ kind: 'node', node });
const objectWith = (text: string): object => ({ kind: 'BGPPeer', name: text, scope: text });
const fieldWith = (text: string): object => ({
  kind: 'IPPool',
  name: text,
  path: text,
  desired: text,
  observed: [{ cidr: text }, { [text]: text }],
  by: text,
  at: text,
});

const resourceWith = (text: string): object => ({
  apiVersion: 'projectcalico.org/v3',
  kind: 'BGPPeer',
  metadata: { name: text },
  spec: {},
});

function planWith(text: string): object {
  const reasons = [{ rule: text, place: { pointer: text } }];
  const fields = [{ path: text, before: text, after: [text], reasons }];
  const [resource, scope] = [resourceWith(text), scopeWith(text)];
  const settings = { groupLabels: [text] };
  const content = { description: text, config: {}, devices: {} };
  const profile = { project: text, profile: text, isNew: false, before: content, after: content };
  const changes = [
    { action: 'create', scope, resource, fields },
    { action: 'update', scope, before: resource, resource, fields },
    { action: 'delete', scope, kind: 'BGPPeer', name: text, before: resource, why: text },
    { action: 'release', scope, before: resource },
    { action: 'patch-node', node: text, before: settings, after: settings, fields },
    { action: 'mount-bpffs', path: text },
    { action: 'set-lxd-profile', ...profile, fields },
  ];
  const steps = [{ title: text, why: text, gates: [], changes }];
  const issues = [issueWith(text)];
  return { plan: { formatVersion: 1, steps, issues }, issues };
}

const outcomeWith = (text: string, ended: object): object => ({
  result: 'accepted',
  revision: knownRevision,
  stage: 'accepted',
  issues: [issueWith(text)],
  ...ended,
});

const adoptableWith = (text: string): object => {
  const writers = [{ manager: text, at: text, paths: [] }];
  const observed = { resource: resourceWith(text) };
  const [kind, name, standsFor, scope] = ['BGPPeer', text, text, scopeWith(text)];
  return { objects: [{ observed, kind, name, scope, standsFor, fate: 'stays', writers }] };
};

const staleWith = (text: string): object => {
  const blocks = [{ cidr: text, addresses: 1 }];
  return { nodes: [{ name: text, hasNode: true, version: text, objects: [text], blocks }] };
};

function lxdWith(text: string): object {
  const [project, name] = [text, text];
  const halted = { container: { project, name }, at: text, why: text, revision: knownRevision };
  return {
    state: 'there',
    server: text,
    version: text,
    bpffsMounted: true,
    restart: { policy: 'manual', halted },
    profiles: [{ project, name, ours: [text, 'y'], drifted: [text] }],
    containers: [
      {
        project,
        name,
        running: true,
        profiles: [text],
        effects: [{ what: text, present: false, why: text }],
        needsRestart: true,
      },
    ],
  };
}

const lxdHost = {
  'GET /v1/status': { ...agentStatus, role: 'lxd-host', revisions: { rejected: [] } },
};

const cases: Readonly<Record<string, Case>> = {
  status: {
    argv: ['status'],
    answers: (text) => ({ 'GET /v1/status': statusWith(text) }),
    printed: 'GET /v1/status',
  },
  peers: {
    argv: ['peers'],
    answers: (text) => {
      const reasons = [{ rule: text, place: { pointer: text } }];
      const session = { verdict: 'down', why: text, lastError: text, name: text };
      const peers = [{ address: text, asNumber: 1, reasons, session }];
      const others = [{ address: text, origin: 'mesh', node: text, session }];
      const daemons = [{ at: text, why: text }];
      const sessions = { expected: 1, established: 0, unexpected: 0, unknown: 0, worst: text };
      const rest = { peers, others, daemons, sessions };
      return { 'GET /v1/peers': { node: text, routeReflectorClusterId: text, ...rest } };
    },
    printed: 'GET /v1/peers',
  },
  platform: {
    argv: ['platform'],
    answers: (text) => {
      const because = [{ file: text, says: text }];
      const properties = [{ name: text, value: text, file: text, line: 1 }];
      const locks = [{ name: text, isSet: true, meaning: text }];
      const values = [{ name: text, value: text, from: [{ kind: 'file', file: text, line: 1 }] }];
      const issues = [{ severity: 'error', code: text, file: text, message: text, hint: text }];
      const also = [{ platform: 'k3s', because }];
      const rest = { because, also, properties, locks, values, issues };
      return { 'GET /v1/platform': { platform: 'microk8s', ...rest } };
    },
    printed: 'GET /v1/platform',
  },
  history: {
    argv: ['history'],
    answers: (text) => {
      const shared = { ...knownRevision, acceptedAt: text, source: 'local', by: text };
      const rejection = { ...knownRevision, at: text, reason: text };
      const failed = { result: 'failed', at: text, changes: 0, reason: text };
      const revisions = [
        { ...shared, states: ['rejected'], rejection },
        { ...shared, states: [], outcome: failed },
      ];
      return { 'GET /v1/revisions': { revisions } };
    },
    printed: 'GET /v1/revisions',
  },
  plan: {
    argv: ['plan'],
    answers: (text) => ({ 'GET /v1/plan': planWith(text) }),
    printed: 'GET /v1/plan',
  },
  drift: {
    argv: ['drift'],
    answers: (text) => {
      const fields = [fieldWith(text), { kind: 'IPPool', name: text, desired: text }];
      return { 'GET /v1/drift': { revision: knownRevision, fields } };
    },
    printed: 'GET /v1/drift',
  },
  'drift that is not put back': {
    argv: ['drift', '--correct'],
    answers: (text) => ({
      'GET /v1/drift': { revision: knownRevision, fields: [fieldWith(text)] },
      'POST /v1/drift/correct': { left: [fieldWith(text)], why: text },
    }),
    printed: 'GET /v1/drift',
  },
  apply: {
    argv: ['apply', '-'],
    answers: (text) => ({ 'PUT /v1/config': outcomeWith(text, {}) }),
    printed: 'PUT /v1/config',
    input: config,
  },
  'apply that fails': {
    argv: ['apply', '-', '--wait'],
    answers: (text) => ({
      'GET /v1/status': statusWith(text),
      'PUT /v1/config': outcomeWith(text, { ended: { result: 'failed', message: text } }),
    }),
    printed: 'PUT /v1/config',
    input: config,
  },
  'apply that comes too late': {
    argv: ['apply', '-', '--wait', '1'],
    answers: (text) => ({
      'GET /v1/status': statusWith(text),
      'PUT /v1/config': { ...outcomeWith(text, {}), result: 'already' },
    }),
    printed: 'PUT /v1/config',
    input: config,
  },
  'apply that is refused': {
    argv: ['apply', '-'],
    answers: (text) => ({
      'PUT /v1/config': new AppError('invalid-config', text, {
        issues: [{ severity: 'error', code: 'unreadable', pointer: text, message: text }],
      }),
    }),
    input: config,
  },
  hold: {
    argv: ['hold', '--why', 'by hand'],
    answers: (text) => ({ 'PUT /v1/hold': { scope: 'agent', by: text, why: text, since: text } }),
    printed: 'PUT /v1/hold',
  },
  'hold that is refused': {
    argv: ['hold', '--why', 'by hand'],
    answers: (text) => ({ 'PUT /v1/hold': new AppError('datastore-failed', text) }),
  },
  'release-hold': {
    argv: ['release-hold'],
    answers: (text) => ({
      'DELETE /v1/hold': { scope: 'agent', why: text },
      'GET /v1/status': statusWith(text),
    }),
    printed: 'DELETE /v1/hold',
  },
  adopt: {
    argv: ['adopt'],
    answers: (text) => ({ 'GET /v1/adoptable': adoptableWith(text) }),
    printed: 'GET /v1/adoptable',
  },
  release: {
    argv: ['release', '--yes'],
    answers: (text) => ({
      'POST /v1/release': { objects: [objectWith(text)], left: [objectWith(text)] },
    }),
    printed: 'POST /v1/release',
  },
  'stale-nodes': {
    argv: ['stale-nodes'],
    answers: (text) => ({ 'GET /v1/stale-nodes': staleWith(text) }),
    printed: 'GET /v1/stale-nodes',
  },
  'lxd status': {
    argv: ['lxd', 'status'],
    answers: (text) => ({ ...lxdHost, 'GET /v1/lxd': lxdWith(text) }),
    printed: 'GET /v1/lxd',
  },
  'lxd restart': {
    argv: ['lxd', 'restart'],
    answers: (text) => {
      const container = { project: text, name: text };
      const failed = [{ container, why: text, retryable: true }];
      const report = { restarted: [container], failed, left: [container] };
      return { ...lxdHost, 'POST /v1/lxd/restart': report };
    },
    printed: 'POST /v1/lxd/restart',
  },
};

/** In the form for scripts. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  json: (text) => JSON.parse(text),
  yaml: (text) => parse(text),
};

describe('an answer of the daemon with texts from outside', () => {
  for (const [name, { argv, printed, ...rest }] of Object.entries(cases)) {
    const ask = (text: string, ...options: readonly string[]): Promise<Ran> =>
      runAgainst({ ...rest, argv: [...argv, ...options] }, text);

    it(`contains nothing that a terminal acts upon, and no extra line: ${name}`, async () => {
      const [shown, expected] = await Promise.all([ask(hostile), ask(harmless)]);
      expect(shown.status).to.equal(expected.status);
      expect(expected.stderr).not.to.contain("cannot read the daemon's answer");
      for (const stream of ['stdout', 'stderr'] as const) {
        expect(isPrintable(shown[stream].replaceAll('\n', '')), stream).to.equal(true);
        expect(linesOf(shown[stream]), shown[stream]).to.equal(linesOf(expected[stream]));
      }
    });

    if (printed === undefined) continue;
    for (const [form, read] of Object.entries(readers)) {
      it(`is complete for a script: ${name} -o ${form}`, async () => {
        const { stdout, stderr } = await ask(hostile, '-o', form);
        expect(isPrintable((stdout + stderr).replaceAll('\n', ''))).to.equal(true);
        expect(read(stdout)).to.deep.equal(rest.answers(hostile)[printed]);
      });
    }
  }

  it('names a node that cannot be removed on one line, and unchanged for a script', async () => {
    const removing = ['stale-nodes', 'remove', hostile, '--yes'];
    const answers = (text: string): Readonly<Record<string, unknown>> => ({
      'GET /v1/stale-nodes': staleWith(text),
      'POST /v1/stale-nodes/remove': new AppError('datastore-failed', text),
    });
    const { stdout, stderr } = await runAgainst(
      { argv: [...removing, '-o', 'json'], answers },
      hostile,
    );
    expect(JSON.parse(stdout)).to.deep.equal({
      removed: [],
      failed: [{ name: hostile, code: 'datastore-failed', message: hostile }],
    });
    expect(linesOf(stderr)).to.equal(1);
  });

  it("shows the agent's activity on one line during a long change", async () => {
    const shown = new PassThrough();
    const line = once(shown, 'data');
    const script = {
      'GET /v1/status': () => json(statusWith(hostile)),
      'PUT /v1/config': async () => {
        await line;
        return json(outcomeWith('x', { ended: { result: 'confirmed' } }));
      },
    };
    await withAgent(script, ({ socket }) =>
      run(['apply', '-', '--socket', socket, '--wait'], { input: config, stderr: shown }),
    );
    expect(linesOf(String(await line))).to.equal(1);
  });

  it('names a removed node on one line', async () => {
    const answers = (text: string): Readonly<Record<string, unknown>> => ({
      'GET /v1/stale-nodes': { nodes: [{ name: text, hasNode: true, objects: [], blocks: [] }] },
      'POST /v1/stale-nodes/remove': {},
    });
    const argv = ['stale-nodes', 'remove', hostile, '--yes'];
    const { stdout } = await runAgainst({ argv, answers }, hostile);
    expect(linesOf(stdout)).to.equal(1);
    expect(stdout).to.contain('\\u001b').and.contain('is removed');
  });
});

describe('an export with names from outside', () => {
  const exported = (name: string): Promise<Ran> => {
    const pool = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'IPPool',
      metadata: { name },
      spec: { cidr: '10.1.0.0/16', ipipMode: name, [name]: name },
    } as const;
    const surveyed = { resources: [], nodes: [], documents: [pool], blocks: [] };
    const stub = connectedTo({ survey: () => Promise.resolve(surveyed) });
    return run(['export'], { connectDatastore: () => Promise.resolve(stub.connected) });
  };

  it('contains nothing that a terminal acts upon, and no extra line', async () => {
    const [shown, expected] = await Promise.all([exported(hostile), exported(harmless)]);
    expect(expected.stderr).to.contain(harmless);
    expect(isPrintable((shown.stdout + shown.stderr).replaceAll('\n', ''))).to.equal(true);
    expect(linesOf(shown.stderr)).to.equal(linesOf(expected.stderr));
    expect(linesOf(shown.stdout)).to.equal(linesOf(expected.stdout));
  });
});

async function runAgainst(
  { argv, answers, input }: Omit<Case, 'printed'>,
  text: string,
): Promise<Ran> {
  const script = Object.fromEntries(
    Object.entries(answers(text)).map(([line, answer]) => [
      line,
      () => {
        if (answer instanceof Error) throw answer;
        return json(answer);
      },
    ]),
  );
  return withAgent(script, ({ socket }) =>
    run([...argv, '--socket', socket], input === undefined ? {} : { input }),
  );
}

function linesOf(text: string): number {
  return text.split('\n').length - 1;
}
