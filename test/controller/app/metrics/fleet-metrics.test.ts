/** The metrics of a real controller, and the rules that use them. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createUnixHttpClient } from '../../../../runtime/http/unix-client.ts';
import { eventually } from '../../../support/eventually.ts';
import { lacks } from '../../../support/skips/needs.cjs';
import { MemoryAgent } from '../../../support/twins/memory-agent.ts';
import { configWith, Lab } from '../../running.ts';

const alerts = 'docs/monitoring/controller-alerts.yaml';

describe('the metrics of a controller', () => {
  let lab: Lab;
  let text: string;

  const read = async (): Promise<string> => {
    const client = createUnixHttpClient(lab.socket, { startHint: '' });
    return (await client.request({ method: 'GET', path: '/metrics' })).body;
  };
  const value = (sample: string): number | undefined => {
    const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.slice(sample.length + 1));
  };

  before(async () => {
    lab = await Lab.make();
    await lab.start();
    const first = await read();
    expect(first).not.to.contain('calico_controller_revision');
    expect(first).not.to.contain('calico_controller_rollout');
    const agents = ['node-0', 'node-1', 'node-2'].map(
      (name, index) => new MemoryAgent({ name, address: `10.0.0.${String(index + 1)}/24` }),
    );
    const channels = agents.map((agent) => lab.connect(agent));
    await eventually(async () => expect((await lab.status()).connected).to.equal(3));
    await lab.push(configWith(64_513), 20);
    const degraded = { adapter: 'bird', attempts: 3, reason: 'no', since: '2026-01-01T00:00:00Z' };
    agents[0]?.show({ sessions: { expected: 4, established: 3, unexpected: 0, unknown: 0 } });
    agents[1]?.show({
      sessions: { expected: 4, established: 1, unexpected: 0, unknown: 3 },
      degraded: [degraded],
      needsPerson: true,
    });
    await channels[2]?.stop();
    await eventually(async () => {
      text = await read();
      expect(value('calico_controller_nodes_connected')).to.equal(2);
      expect(value('calico_controller_sessions_expected')).to.equal(8);
    });
  });
  after(async () => {
    await lab.close();
  });

  it('count the nodes by what they do', () => {
    expect(value('calico_controller_nodes_known')).to.equal(3);
    expect(value('calico_controller_nodes_in_state{state="in-force"}')).to.equal(2);
    expect(value('calico_controller_nodes_in_state{state="failed"}')).to.equal(0);
    expect(value('calico_controller_push_nodes{state="confirmed"}')).to.equal(3);
    expect(value('calico_controller_revision')).to.equal(1);
  });

  it('count sessions that are down, and not those that nobody could read', () => {
    expect(value('calico_controller_sessions_established')).to.equal(4);
    expect(value('calico_controller_sessions_unknown')).to.equal(3);
    expect(value('calico_controller_nodes_with_sessions_down')).to.equal(1);
    expect(value('calico_controller_nodes_degraded{adapter="bird"}')).to.equal(1);
    expect(value('calico_controller_nodes_degraded{adapter="datastore"}')).to.equal(0);
    expect(value('calico_controller_nodes_needing_person')).to.equal(1);
  });

  it('stay few, whatever happens', () => {
    expect(text.split('\n').length).to.be.below(220);
  });

  it(`have every name that ${alerts} uses`, () => {
    const used = readFileSync(alerts, 'utf8').match(/\bcalico_controller_[a-z_]+/g) ?? [];
    const known = new Set(text.match(/^calico_controller_[a-z_]+/gm));
    expect(used.length).to.be.greaterThan(5);
    // rollout-metrics.test.ts checks those of rollouts.
    const unknown = used.filter((name) => !known.has(name) && !name.includes('_rollout'));
    expect(unknown).to.deep.equal([]);
  });

  it('count calls to the store, and actions of people', () => {
    const commits = value('calico_controller_store_call_seconds_count{call="commit"}') ?? 0;
    expect(commits).to.be.greaterThan(0);
    expect(value('calico_controller_store_call_failures_total{call="commit"}')).to.equal(0);
    expect(value('calico_controller_actions_total{result="done"}')).to.equal(1);
    expect(value('calico_controller_events_total{kind="rollout-aborted"}')).to.equal(0);
    expect(value('calico_controller_leads')).to.equal(1);
    expect(value('calico_controller_stands_by')).to.equal(0);
  });

  it('are all explained in docs/monitoring.md', () => {
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    const page = readFileSync('docs/monitoring.md', 'utf8');
    expect(names.filter((name) => !page.includes(`\`${name}\``))).to.deep.equal([]);
  });

  const checks: readonly (readonly [string, readonly string[], (() => string)?])[] = [
    ['the metrics', ['check', 'metrics'], () => text],
    ['the alert rules', ['check', 'rules', alerts]],
    ['what the alerts fire for', ['test', 'rules', 'test/docs/controller-alerts.yaml']],
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
