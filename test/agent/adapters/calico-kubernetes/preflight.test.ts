/** The refusals of servers, found before anything is written. */
import { expect } from 'chai';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import type { IPPool } from '../../../../core/calico/resource.ts';
import { onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import { create, peerOf, remove, stepOf } from '../../../support/samples/changes.ts';
import { failure } from '../../../support/failure.ts';
import {
  json,
  startScriptedServer,
  status,
  type Answer,
} from '../../../support/servers/scripted-server.ts';
import { connect, revision } from './connected.ts';

const pool: IPPool = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'IPPool',
  metadata: { name: 'pods' },
  spec: {
    cidr: '10.244.0.0/16',
    ipipMode: 'Never',
    vxlanMode: 'Never',
    natOutgoing: true,
    assignmentMode: 'Manual',
  },
};

describe('the preflight of changes at an API server', () => {
  onEachApiServer((open) => {
    let server: ApiServer;
    let agent: ConnectedDatastore;
    beforeEach(async () => {
      server = await open();
      await server.empty([]);
      agent = connect({ kubeconfig: server.kubeconfig });
    });
    afterEach(() => agent.datastore.close());
    const issues = async (
      ...changes: Parameters<typeof stepOf>[0]
    ): ReturnType<ConnectedDatastore['datastore']['preflight']> =>
      agent.datastore.preflight([stepOf(changes)], revision);

    it('finds nothing when the server can store all changes, and writes nothing', async () => {
      expect(await issues(create(peerOf('a', { asNumber: 4_200_000_001 })))).to.deep.equal([]);
      expect((await agent.datastore.observe('node-a')).resources).to.deep.equal([]);
    });

    it('finds a field that its release of Calico does not have', async () => {
      const found = await issues(create(pool));
      expect(found.map(({ code, message }) => [code, message])).to.deep.equal(
        server.isOld
          ? [
              [
                'server-lacks-field',
                'cannot write IPPool "pods": this server\'s release of Calico has no spec.assignmentMode',
              ],
            ]
          : [],
      );
    });

    it("finds values that the server's rules refuse, and only those", async () => {
      const both = {
        ...peerOf('a'),
        spec: { ...peerOf('a').spec, node: 'x', nodeSelector: 'all()' },
      };
      const tunnels: IPPool = { ...pool, spec: { ...pool.spec, cidr: 'x'.repeat(400) } };
      const { assignmentMode: _left, ...spec } = tunnels.spec;
      const found = await issues(create(both), create({ ...tunnels, spec }));
      if (server.isOld) {
        expect(found).to.deep.equal([]);
        return;
      }
      expect(found.map(({ code }) => code)).to.include('server-refuses');
      expect(found.find(({ message }) => message.includes('BGPPeer'))?.message).to.match(
        /node and nodeSelector cannot both be set/,
      );
      expect(JSON.stringify(found)).not.to.include('<nil>');
    });

    it('finds a name that is not valid in Kubernetes', async () => {
      const [found] = await issues(create(peerOf('Rack_1')));
      expect(found).to.include({ code: 'server-refuses', severity: 'error' });
      expect(found?.message).to.match(/^cannot create BGPPeer "Rack_1": /);
    });

    it('refuses everything for a user without rights', async () => {
      const nobody = connect({ kubeconfig: server.kubeconfig, context: 'nobody' });
      const found = await nobody.datastore.preflight([stepOf([create(peerOf('a'))])], revision);
      expect(found.map(({ code }) => code)).to.deep.equal(['not-permitted']);
      expect(found[0]?.hint).to.include('docs/kubernetes.md');
      await nobody.datastore.close();
    });

    it('does not judge a name that the same plan frees first', async () => {
      await server.put('BGPPeer', 'a', {
        apiVersion: server.group,
        kind: 'BGPPeer',
        metadata: { name: 'a' },
        spec: peerOf('a').spec,
      });
      const next = peerOf('a', { asNumber: 65009 });
      expect(await issues(remove(peerOf('a')), create(next))).to.deep.equal([]);
    });

    it('names the API groups in which it searched for Calico', async () => {
      const other =
        server.group === 'projectcalico.org/v3'
          ? 'crd.projectcalico.org/v1'
          : 'projectcalico.org/v3';
      const lost = connect({ kubeconfig: server.kubeconfig, apiGroup: other });
      const error = await failure(lost.datastore.observe('node-a'));
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
      expect(error.message).to.include(`no BGPPeer in ${other}`);
      await lost.datastore.close();
    });
  });

  describe('at a strict server', () => {
    const spec = { properties: { peerIP: {}, asNumber: { type: 'integer', format: 'int32' } } };
    const gvk = [{ group: 'crd.projectcalico.org', version: 'v1', kind: 'BGPPeer' }];
    const schemas = {
      peer: { 'x-kubernetes-group-version-kind': gvk, properties: { spec: { allOf: [spec] } } },
    };
    const refusing =
      (answer: Answer, items: readonly object[]): Answer =>
      (request, response) => {
        const url = request.url ?? '';
        if (url.startsWith('/openapi/'))
          return json(200, { components: { schemas } })(request, response);
        if (url === '/apis/crd.projectcalico.org/v1') {
          return json(200, { resources: [{ name: 'bgppeers' }] })(request, response);
        }
        if (request.method === 'GET' && url.includes('/bgppeers')) {
          return json(200, { kind: 'BGPPeerList', items })(request, response);
        }
        return (request.method === 'POST' ? answer : status(404, 'NotFound'))(request, response);
      };
    const preflight = async (
      answer: Answer,
      asNumber: number,
      items: readonly object[] = [],
    ): ReturnType<ConnectedDatastore['datastore']['preflight']> => {
      const server = await startScriptedServer(refusing(answer, items));
      const agent = connect({ server: server.url });
      try {
        return await agent.datastore.preflight(
          [stepOf([create(peerOf('a', { asNumber }))])],
          revision,
        );
      } finally {
        await agent.datastore.close();
        await server.close();
      }
    };

    const large = 4_200_000_000;
    const because = (field: string): Answer =>
      status(422, 'Invalid', { details: { causes: [{ reason: 'x', field, message: 'no' }] } });
    const explanation = /stores numbers up to 2147483647 in spec.asNumber/;

    for (const [by, details, code] of [
      ['a webhook', {}, 'server-refuses'],
      ['the lack of a right', { details: { kind: 'bgppeers' } }, 'not-permitted'],
    ] as const) {
      it(`takes a refusal by ${by} for ${code}`, async () => {
        const [found] = await preflight(status(403, 'Forbidden', details), 64_512);
        expect(found).to.include({ code });
      });
    }

    for (const [what, answer] of [
      ['it says so', because('spec.asNumber')],
      ['it says nothing, and has none like it', status(422, '')],
    ] as const) {
      it(`explains an AS number beyond its int32 when ${what}`, async () => {
        const [found] = await preflight(answer, large);
        expect(found).to.include({ code: 'server-refuses' });
        expect(found?.message).to.match(explanation);
      });
    }

    for (const [what, answer, items] of [
      ['it says something else', because('spec.peerIP'), []],
      ['it has one like it', status(422, ''), [{ spec: { asNumber: 4_200_000_001 } }]],
    ] as const) {
      it(`does not blame a large AS number when ${what}`, async () => {
        const [found] = await preflight(answer, large, items);
        expect(found).to.include({ code: 'server-refuses' });
        expect(found?.message).not.to.match(explanation);
      });
    }

    it('finds nothing about a large AS number when the attempt itself fails', async () => {
      const error = await failure(preflight(status(500, ''), large));
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
    });

    it('is tried again when a failure has another cause', async () => {
      const error = await failure(preflight(status(500, ''), 65001));
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
    });
  });
});
