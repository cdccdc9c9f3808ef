/** What doctor says of Calico's images in a cluster of a real API server. */
import { expect } from 'chai';
import { createRunningImages } from '../../../../agent/adapters/cluster-kubernetes/running-images.ts';
import { diagnoseImages } from '../../../../agent/cli/doctor/images.ts';
import type { RunningImages } from '../../../../agent/ports/platform/running-images.ts';
import { eventually } from '../../../support/eventually.ts';
import { onEachApiServer } from '../../../support/servers/api-server.ts';
import {
  calicoNode,
  clusterObjects,
  daemonSets,
  namespace,
  pods,
} from '../../../support/servers/cluster-objects.ts';

const deadlineMs = 20_000;
const image = 'docker.io/calico/node:v3.29.3';
const imageID = `docker.io/calico/node@sha256:${'a'.repeat(64)}`;

/** Other test files have pods of Calico in namespaces of their own. */
function inNamespace(images: RunningImages): RunningImages {
  const isOwn = (one: { readonly namespace: string }): boolean => one.namespace === namespace;
  return {
    ...images,
    read: async () => {
      const { pods: seen, templates } = await images.read();
      return { pods: seen.filter(isOwn), templates: templates.filter(isOwn) };
    },
  };
}

describe("doctor and Calico's images", function () {
  this.timeout(60_000);
  onEachApiServer((open) => {
    const surroundings = { environment: {}, root: '/' };

    it('names images, nodes, and a kubelet that cannot pull', async () => {
      const { client, kubeconfig } = await open();
      const objects = clusterObjects(client);
      await objects.reset();
      await objects.make(daemonSets, calicoNode([]));
      const waiting = { reason: 'ImagePullBackOff', message: 'not found' };
      for (const [node, state] of [
        ['node-0', { running: {} }],
        ['node-1', { waiting }],
      ] as const) {
        await objects.make(pods, {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: `calico-node-${node}`, labels: { 'k8s-app': 'calico-node' } },
          spec: { nodeName: node, containers: [{ name: 'calico-node', image }] },
          status: {
            containerStatuses: [
              {
                name: 'calico-node',
                ready: false,
                restartCount: 0,
                image,
                imageID: node === 'node-0' ? imageID : '',
                state,
              },
            ],
          },
        });
      }
      await eventually(
        async () => {
          const found = await diagnoseImages(
            () => Promise.resolve(inNamespace(createRunningImages({ kubeconfig }, surroundings))),
            deadlineMs,
          );
          expect(found.map(({ result, message }) => `${result} ${message}`)).to.deep.equal([
            `ok ${namespace}/calico-node: ${image} (sha256:aaaaaaaaaaaa…) on node-0`,
            `failed pod calico-node-node-1 on node-1 has no image ${image}: ImagePullBackOff: not found`,
          ]);
        },
        20_000,
        250,
      );
      await objects.reset();
    });

    it('names a right that is refused', async () => {
      const { kubeconfig } = await open();
      const connect = (): Promise<ReturnType<typeof createRunningImages>> =>
        Promise.resolve(createRunningImages({ kubeconfig, context: 'nobody' }, surroundings));
      const [finding, ...more] = await diagnoseImages(connect, deadlineMs);
      expect(more).to.deep.equal([]);
      expect(finding?.result).to.equal('warning');
      expect(finding?.message).to.match(/User "nobody" cannot list/u);
    });
  });
});
