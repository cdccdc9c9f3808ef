/** The whole agent over a real API server: the content of its status, and when it changes. */
import { expect } from 'chai';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../../agent/adapters/system-clock/system-clock.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { Clock } from '../../../../agent/ports/clock.ts';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import { startCuttingProxy, type CuttingProxy } from '../../../support/servers/cutting-proxy.ts';
import { eventually } from '../../../support/eventually.ts';
import { createManualClock } from '../../../support/clocks/manual-clock.ts';
import { connect } from './connected.ts';

const as65001 = 'global-as-number: 65001\nnode-to-node-mesh: true\n';

describe('the agent on Kubernetes', function () {
  this.timeout(180_000);
  onEachApiServer((open) => {
    let server: ApiServer;
    let proxy: CuttingProxy;
    let folder: string;
    let connection: ConnectedDatastore;
    let agent: RunningAgent;
    beforeEach(async () => {
      server = await open();
      await server.empty(['node-a']);
      folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-on-kubernetes-'));
      const { access } = await server.client.access();
      const { port } = new URL(access.server);
      proxy = await startCuttingProxy(Number(port));
      const text = await readFile(server.kubeconfig, 'utf8');
      const kubeconfig = path.join(folder, 'kubeconfig');
      await writeFile(kubeconfig, text.replaceAll(`:${port}`, `:${String(proxy.port)}`));
      connection = connect({ kubeconfig, timeoutSeconds: 2 });
    });
    afterEach(async () => {
      await agent.stop();
      await connection.datastore.close();
      await proxy.close();
      await rm(folder, { recursive: true });
    });

    const start = async (clock: Clock): Promise<void> => {
      const node = { name: 'node-a', addresses: ['10.0.0.11/24'] };
      const { datastore } = connection;
      agent = agentOn({ folder, datastore, connection, clock, settings: { node } });
      await agent.start();
      const outcome = await agent.offers.offer(localOffer(as65001));
      if (outcome.result === 'refused') throw new Error(outcome.message);
    };
    const putClusterInformation = (): Promise<unknown> =>
      server.put('ClusterInformation', 'default', {
        apiVersion: server.group,
        kind: 'ClusterInformation',
        metadata: { name: 'default' },
        spec: { calicoVersion: 'v3.31.0' },
      });

    it('waits while only the CRDs exist, and goes on once Calico does', async () => {
      const clock = createManualClock();
      await start(clock);
      const { message } = await statusWhen(agent, ({ message: text }) =>
        text.includes('requireCalico'),
      );
      expect(message).to.contain('this cluster has no data of Calico').and.contain('requireCalico');
      expect(await server.get('BGPConfiguration', 'default')).to.equal(undefined);
      const planned = await agent.offers.plan();
      const codes = planned.ok ? planned.plan.issues.map(({ code }) => code) : [];
      expect(codes).to.deep.equal(['calico-absent']);
      await putClusterInformation();
      await eventually(() => {
        clock.advance(20_000);
        expect(inForce(1)(agent.readings.status())).to.equal(true);
      });
      const written = await server.get('BGPConfiguration', 'default');
      expect(written).to.have.nested.property('spec.asNumber', 65001);
    });

    it('reports within seconds that the API server is away, and that it is back', async () => {
      await putClusterInformation();
      await start(systemClock);
      await statusWhen(agent, inForce(1));
      proxy.swallow(true);
      proxy.cut();
      const began = performance.now();
      const { message } = await statusWhen(agent, ({ state }) => state === 'failed');
      expect(message).to.contain('no answer in time');
      expect(performance.now() - began).to.be.lessThan(45_000);
      proxy.swallow(false);
      proxy.cut();
      await statusWhen(agent, inForce(1));
    });
  });
});
