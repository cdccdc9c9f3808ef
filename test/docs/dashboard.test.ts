/** The dashboards, as Grafana and Prometheus read them. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildGoProgram } from '../support/machine/go-program.ts';
import { lacks } from '../support/skips/needs.cjs';

const dashboards = ['docs/monitoring/dashboard.json', 'docs/monitoring/controller-dashboard.json'];

interface Dashboard {
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly allValue?: string }[];
  };
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

function queriesOf(text: string): readonly string[] {
  const { panels }: Dashboard = JSON.parse(text);
  return panels.flatMap(({ targets }) => targets).map(({ expr }) => expr);
}

for (const dashboard of dashboards) {
  describe(`the dashboard ${dashboard}`, function () {
    this.timeout(300_000);
    let folder: string;
    let text: string;
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-dashboard-'));
      text = await readFile(dashboard, 'utf8');
    });
    after(() => rm(folder, { recursive: true }));

    it('has only fields that Grafana knows, and all required ones', async function () {
      const reader = await buildGoProgram(path.resolve('test/docs/read-dashboard'), folder);
      if (reader === undefined) {
        lacks("Go 1.21 or newer with Grafana's types", 'golang-go', 'grafana-types');
        this.skip();
      }
      const faultOf = async (document: string): Promise<string> => {
        const file = path.join(folder, 'dashboard.json');
        await writeFile(file, document);
        const { status, stderr } = spawnSync(reader, [file], { encoding: 'utf8' });
        expect(status).to.equal(stderr === '' ? 0 : 1);
        return stderr.trim();
      };
      expect(await faultOf(text)).to.equal('');
      const fault = await faultOf(text.replace('"legendFormat"', '"legendFrmat"'));
      expect(fault).to.equal("panel 1: Dataquery: unexpected field 'legendFrmat'");
    });

    it('has queries that Prometheus can parse', async function () {
      if (spawnSync('promtool', ['--version']).status !== 0) {
        lacks('the program promtool', 'prometheus', 'promtool');
        this.skip();
      }
      const rules = queriesOf(text).map((expr, index) => ({
        record: `query_${String(index)}`,
        expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(?:instance|cluster)/g, '.*'),
      }));
      expect(rules.length).to.be.greaterThan(5);
      const file = path.join(folder, 'rules.yaml');
      await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], {
        encoding: 'utf8',
      });
      expect([status, stderr], stdout).to.deep.equal([0, '']);
    });

    it('asks for the chosen clusters, and for series without a cluster where all are chosen', () => {
      const { templating }: Dashboard = JSON.parse(text);
      const cluster = templating.list.find(({ name }) => name === 'cluster');
      const ofClusters = queriesOf(text).filter((query) => query.includes('calico_controller_'));
      expect(cluster?.allValue).to.equal(ofClusters.length === 0 ? undefined : '.*');
      expect(ofClusters.filter((query) => !query.includes('cluster=~"$cluster"'))).to.deep.equal(
        [],
      );
    });

    it('asks only for metrics that docs/monitoring.md explains', async () => {
      const page = await readFile('docs/monitoring.md', 'utf8');
      const asked =
        queriesOf(text)
          .join(' ')
          .match(/\b(?:calico|process)_[a-z_]+/g) ?? [];
      const unknown = asked
        .map((name) => name.replace(/_(?:bucket|count|sum)$/, ''))
        .filter((name) => !page.includes(`\`${name}\``));
      expect(unknown).to.deep.equal([]);
    });
  });
}
