import { expect } from 'chai';
import { discoverCalicoApi } from '../../../../agent/adapters/calico-kubernetes/calico-api.ts';
import { observeKubernetes } from '../../../../agent/adapters/calico-kubernetes/observe.ts';
import { surveyKubernetes } from '../../../../agent/adapters/calico-kubernetes/survey.ts';
import { unreadableObjects } from '../../../../core/plan/unreadable-objects.ts';
import type { Desired } from '../../../../core/render/desired.ts';
import {
  createKubernetesClient,
  type KubernetesClient,
} from '../../../../runtime/kubernetes/client.ts';
import {
  startScriptedServer,
  type Answer,
  type ScriptedServer,
} from '../../../support/servers/scripted-server.ts';

const nothingDesired: Desired = {
  covers: [],
  resources: [],
  nodes: [],
  unknownPools: 'keep',
};
const peer = (name: string, more = ''): string =>
  `{"metadata":{"name":"${name}"},"spec":{"peerIP":"10.0.0.1","asNumber":64512${more}}}`;
const deep = peer('deep', `,"x":${'['.repeat(1000)}${']'.repeat(1000)}`);
const answers: Readonly<Record<string, string>> = {
  'crd.projectcalico.org/v1': '{"resources":[{"name":"bgppeers"}]}',
  bgppeers: `{"kind":"BGPPeerList","items":[${peer('a')},${deep}]}`,
};

describe('an object on Kubernetes that is nested too deeply', () => {
  let server: ScriptedServer;
  let client: KubernetesClient;
  before(async () => {
    const answer: Answer = ({ url = '' }, response) => {
      const [path = ''] = url.split('?');
      const found = Object.entries(answers).find(([end]) => path.endsWith(end))?.[1];
      response.statusCode = found === undefined && path.includes('/nodes/') ? 404 : 200;
      response.end(found ?? '{"kind":"List","items":[]}');
    };
    server = await startScriptedServer(answer);
    client = createKubernetesClient(
      { server: server.url, concurrency: 2, timeoutMs: 2000 },
      { environment: {}, root: '/nowhere' },
    );
  });
  after(async () => {
    await client.close();
    await server.close();
  });

  it('is left alone and named, and the agent reads the others', async () => {
    const api = await discoverCalicoApi(client, undefined);
    const observed = await observeKubernetes(client, api, new WeakMap(), 'node-0');
    expect(observed.resources.map(({ resource }) => resource.metadata.name)).to.deep.equal(['a']);
    const [issue, ...more] = unreadableObjects(nothingDesired, observed);
    expect(more).to.deep.equal([]);
    expect(issue?.message).to.match(/^cannot read BGPPeer "deep": .* 256 levels deep/);
    const { documents } = await surveyKubernetes(client, api);
    expect(documents).to.have.length(1);
  });
});
