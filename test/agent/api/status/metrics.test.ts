/** The metrics of a real agent, and the rules and the dashboard that use them. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { metricsRoute } from '../../../../agent/api/status/metrics.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import { openMetricsPort } from '../../../../runtime/http/metrics-port.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { failure } from '../../../support/failure.ts';
import { lacks } from '../../../support/skips/needs.cjs';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';
import { closeAtOnce } from '../../../../runtime/http/bounded-server.ts';

const alerts = 'docs/monitoring/alerts.yaml';
const dashboard = 'docs/monitoring/dashboard.json';

describe('the metrics of an agent', () => {
  let folder: string;
  let agent: RunningAgent;
  let server: http.Server;
  let text: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-metrics-'));
    agent = agentOn({ folder, datastore: createMemoryDatastore() });
    await agent.start();
    await agent.offers.offer(localOffer('global-as-number: 65001\n'));
    await statusWhen(agent, inForce(1));
    const { counters } = agent;
    const status = agent.readings.status;
    const sessions = { expected: 4, established: 3, unexpected: 0, unknown: 1 };
    const guard = { state: 'on', routes: 7, carrying: 2 } as const;
    const fleet = { message: 'waits for node-3', nodes: 5, ready: 4 };
    const controller = { url: 'wss://c', connected: true, message: '' };
    const certificate = { validFrom: '2026-06-01T00:00:00Z', validUntil: '2026-08-30T00:00:00Z' };
    const route = metricsRoute(() =>
      Promise.resolve({
        status: () => ({ ...status(), sessions, guard, fleet, controller, certificate }),
        counters,
      }),
    );
    server = await openMetricsPort('127.0.0.1:0', route, silentLogger);
    text = await get('/metrics');
  });
  after(async () => {
    await agent.stop();
    await closeAtOnce(server);
    await rm(folder, { recursive: true });
  });

  const get = async (resource: string): Promise<string> => {
    const address: AddressInfo | string | null = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    return (await fetch(`http://127.0.0.1:${String(port)}${resource}`)).text();
  };
  const value = (sample: string): number | undefined => {
    const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.slice(sample.length + 1));
  };

  it('show what the status shows', () => {
    expect(value('calico_agent_state{state="in-force"}')).to.equal(1);
    expect(value('calico_agent_state{state="failed"}')).to.equal(0);
    expect(value('calico_agent_sessions_expected')).to.equal(4);
    expect(value('calico_agent_sessions_established')).to.equal(3);
    expect(value('calico_agent_sessions_unknown')).to.equal(1);
    expect(value('calico_agent_controller_connected')).to.equal(1);
  });

  it('show the guard routes, and the progress of the other nodes', () => {
    expect(value('calico_agent_guard_on')).to.equal(1);
    expect(value('calico_agent_guard_carrying')).to.equal(2);
    expect(value('calico_agent_fleet_nodes')).to.equal(5);
    expect(value('calico_agent_fleet_ready')).to.equal(4);
    expect(value('calico_agent_fleet_alone')).to.equal(0);
  });

  it('count events, passes and calls to the datastore', () => {
    expect(value('calico_agent_events_total{kind="accepted"}')).to.equal(1);
    expect(value('calico_agent_rollbacks_total')).to.equal(0);
    expect(value('calico_agent_passes_total')).to.be.greaterThan(0);
    const calls = value('calico_agent_datastore_call_seconds_count{call="observe"}');
    expect(calls).to.be.greaterThan(0);
    expect(value('calico_agent_datastore_call_seconds_bucket{call="observe",le="+Inf"}')).to.equal(
      calls,
    );
    expect(value('calico_agent_datastore_call_failures_total{call="apply"}')).to.equal(0);
  });

  it('stay few, whatever happens', () => {
    expect(text.split('\n').length).to.be.below(300);
  });

  it('are alone on their port, which belongs to this machine', async () => {
    expect(JSON.parse(await get('/v1/status'))).to.include({ status: 404 });
    const route = metricsRoute(() => Promise.reject(new Error('not asked')));
    const refused = async (listen: string): Promise<string> =>
      (await failure(openMetricsPort(listen, route, silentLogger))).message;
    expect(await refused('10.0.0.1:9469')).to.equal(
      'cannot serve metrics on "10.0.0.1:9469": it must be an address of the loopback interface with a port, such as 127.0.0.1:9470',
    );
    expect(await refused('127.0.0.1:99999')).to.equal(
      'cannot serve metrics on "127.0.0.1:99999": the highest port is 65535',
    );
  });

  for (const file of [alerts, dashboard]) {
    it(`have every name that ${file} uses`, () => {
      const used = readFileSync(file, 'utf8').match(/\b(?:calico_agent|process)_[a-z_]+/g) ?? [];
      const known = new Set(text.match(/^(?:calico_agent|process)_[a-z_]+/gm));
      expect(used.length).to.be.greaterThan(5);
      expect([...new Set(used)].filter((name) => !known.has(name))).to.deep.equal([]);
    });
  }

  it('are all explained in docs/monitoring.md', () => {
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    const page = readFileSync('docs/monitoring.md', 'utf8');
    expect(names.filter((name) => !page.includes(`\`${name}\``))).to.deep.equal([]);
  });

  const checks: readonly (readonly [string, readonly string[], (() => string)?])[] = [
    ['the metrics', ['check', 'metrics'], () => text],
    ['the alert rules', ['check', 'rules', alerts]],
  ];
  for (const [what, args, input] of checks) {
    it(`pass promtool: ${what}`, function () {
      if (spawnSync('promtool', ['--version']).status !== 0) {
        lacks('the program promtool', 'prometheus', 'promtool');
        this.skip();
      }
      const { status, stdout, stderr } = spawnSync('promtool', args, {
        input: input?.() ?? '',
        encoding: 'utf8',
      });
      expect([status, stderr], stdout).to.deep.equal([0, '']);
    });
  }
});
