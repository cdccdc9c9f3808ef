/** CalicoNodeStatus in a real API server, and a calico-node that answers as Calico's own does. */
import { expect } from 'chai';
import {
  createNodeStatus,
  nodeStatusName,
  staleSeconds,
} from '../../../../agent/adapters/calico-kubernetes/node-status.ts';
import { discoverCalicoApi } from '../../../../agent/adapters/calico-kubernetes/calico-api.ts';
import type { SessionsSource } from '../../../../agent/ports/sessions.ts';
import type { ObservedDaemon } from '../../../../core/sessions/session.ts';
import { textAt, valueAt } from '../../../../core/input/plain-data.ts';
import { ApiRefusal } from '../../../../runtime/kubernetes/api-refusal.ts';
import type { KubernetesClient } from '../../../../runtime/kubernetes/client.ts';
import type { ApiRequest } from '../../../../runtime/kubernetes/requests.ts';
import { onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import { nodeStatus, reportedBird } from '../../../support/calico/node-status.ts';

const kind = 'CalicoNodeStatus';
const name = nodeStatusName('node-a');

describe('the sessions that calico-node reports in Kubernetes', () => {
  onEachApiServer((open) => {
    let server: ApiServer;
    /** Milliseconds since 1970. */
    let now = 0;
    let isAlive = true;
    let requests: string[] = [];
    let forbidden: readonly string[] = [];
    let bird: object = reportedBird;

    before(async () => {
      server = await open();
    });
    beforeEach(async () => {
      now = Date.parse('2026-11-27T12:00:00Z');
      [isAlive, requests, forbidden, bird] = [true, [], [], reportedBird];
      await server.empty(['node-a']);
    });

    /** calico-node fills a new object at once, and writes to one that it filled on changes alone. */
    const report = async (which = name): Promise<void> => {
      const object = await server.get(kind, which);
      if (!isAlive || object === undefined) return;
      if (textAt(object, 'status', 'lastUpdated') !== undefined) return;
      await fill(which, object);
    };
    const fill = async (which: string, object: unknown): Promise<void> => {
      const { status } = nodeStatus({ agent: { birdV4: bird, birdV6: bird } });
      const lastUpdated = new Date(now).toISOString().replace('.000Z', 'Z');
      const body = { ...Object(object), status: { ...status, lastUpdated } };
      const path = server.path(kind, which);
      const put = { what: 'report', method: 'PUT', body } as const;
      try {
        await server.client.send({ ...put, path: `${path}/status` });
      } catch (error) {
        // Older releases of Calico have no such part of the object.
        if (!(error instanceof ApiRefusal) || error.status !== 404) throw error;
        await server.client.send({ ...put, path });
      }
    };
    const agentsClient = (): Pick<KubernetesClient, 'send' | 'find' | 'list'> => ({
      ...server.client,
      send: (request: ApiRequest) => {
        const method = request.method ?? 'GET';
        requests.push(method);
        if (forbidden.includes(method)) {
          return Promise.reject(new ApiRefusal({ what: request.what }, 403, {}, undefined));
        }
        return server.client.send(request);
      },
    });
    const source = (): SessionsSource =>
      createNodeStatus({
        client: agentsClient(),
        api: () => discoverCalicoApi(server.client, undefined),
        node: () => 'node-a',
        now: () => new Date(now).toISOString(),
        monotonic: () => now,
        sleep: async (milliseconds) => {
          now += milliseconds;
          await report();
        },
      });
    const brief = (daemons: readonly ObservedDaemon[]): readonly unknown[] =>
      daemons.map((daemon) => (daemon.ok ? daemon.sessions.length : daemon.why));

    it('are available as soon as an agent needs them, through an object that it makes', async () => {
      const daemons = await source().observe(undefined, 'fresh');
      expect(brief(daemons)).to.deep.equal([3, 1]);
      expect(daemons[0]).to.include({ at: `CalicoNodeStatus ${name}`, by: 'calico-node' });
      const object = await server.get(kind, name);
      expect(valueAt(object, 'spec')).to.deep.equal({
        node: 'node-a',
        classes: ['Agent', 'BGP', 'Routes'],
        updatePeriodSeconds: 5,
      });
      expect(textAt(object, 'metadata', 'labels', 'app.kubernetes.io/managed-by')).to.equal(
        'calico-agent',
      );
    });

    it('cost no write while the report is young, or while no agent waits for them', async () => {
      const sessions = source();
      expect(await sessions.observe()).to.deep.equal([]);
      await report();
      expect(brief(await sessions.observe())).to.deep.equal([3, 1]);
      now += staleSeconds * 1000;
      expect(brief(await sessions.observe(undefined, 'fresh'))).to.deep.equal([3, 1]);
      now += 1000;
      expect(brief(await sessions.observe())).to.deep.equal([
        "calico-node's last report is 2 min old, and calico-node may have ended since",
      ]);
      expect(requests).to.deep.equal(['POST']);
    });

    it('are reported anew when an agent needs them and the report is old', async () => {
      const sessions = source();
      await sessions.observe(undefined, 'fresh');
      const old = textAt(await server.get(kind, name), 'metadata', 'uid');
      now += staleSeconds * 1000 + 5000;
      expect(brief(await sessions.observe(undefined, 'fresh'))).to.deep.equal([3, 1]);
      expect(textAt(await server.get(kind, name), 'metadata', 'uid')).to.not.equal(old);
      expect(requests).to.deep.equal(['POST', 'DELETE', 'POST']);
    });

    it('are unknown when calico-node is dead, and are not requested again and again', async () => {
      const sessions = source();
      await sessions.observe(undefined, 'fresh');
      isAlive = false;
      now += staleSeconds * 1000 + 5000;
      for (let times = 0; times < 5; times += 1) {
        expect(brief(await sessions.observe(undefined, 'fresh'))).to.deep.equal([
          'calico-node does not answer a new request for its report',
        ]);
      }
      expect(requests).to.deep.equal(['POST', 'DELETE', 'POST']);
    });

    it('are none when this node has no BIRD', async () => {
      bird = { state: 'NotReady' };
      expect(await source().observe(undefined, 'fresh')).to.deep.equal([]);
    });

    const persons = (node: string): object => ({
      apiVersion: server.group,
      kind,
      metadata: { name: `of-a-person-${node}` },
      spec: { node, classes: ['Agent', 'BGP'], updatePeriodSeconds: 10 },
    });

    it('come from an object of another program when the agent may not make one', async () => {
      forbidden = ['POST'];
      const sessions = source();
      expect(await sessions.observe(undefined, 'fresh')).to.deep.equal([]);
      await server.put(kind, 'of-a-person-node-b', persons('node-b'));
      await server.put(kind, 'of-a-person-node-a', persons('node-a'));
      await report('of-a-person-node-a');
      now += staleSeconds * 1000;
      expect(brief(await sessions.observe(undefined, 'fresh'))).to.deep.equal([3, 1]);
      now += staleSeconds * 1000;
      expect(brief(await sessions.observe(undefined, 'fresh')).join()).to.contain('min old');
      expect(await server.get(kind, 'of-a-person-node-a')).to.not.equal(undefined);
    });

    it('do not touch an object of their name that is not the agent’s', async () => {
      const { spec } = nodeStatus();
      await server.put(kind, name, { apiVersion: server.group, kind, metadata: { name }, spec });
      await report();
      now += staleSeconds * 1000 + 5000;
      expect(brief(await source().observe(undefined, 'fresh')).join()).to.contain('min old');
      expect(requests).to.deep.equal([]);
    });

    it('are unknown when the API server does not answer', async () => {
      const sessions = createNodeStatus({
        client: { ...agentsClient(), find: () => Promise.reject(new Error('it is away')) },
        api: () => discoverCalicoApi(server.client, undefined),
        node: () => 'node-a',
        now: () => new Date(now).toISOString(),
        monotonic: () => now,
        sleep: () => Promise.resolve(),
      });
      expect(brief(await sessions.observe())).to.deep.equal(['it is away']);
    });
  });
});
