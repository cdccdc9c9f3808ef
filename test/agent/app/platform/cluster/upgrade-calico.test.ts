/**
 * The upgrade of Calico on MicroK8s with kubectl and a real API server. Stand-ins: the program `microk8s`, which calls
 * kubectl, and the controllers of DaemonSets and Deployments, which report the status that each test gives them.
 */
import { expect } from 'chai';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createHostFiles } from '../../../../../agent/adapters/host-files/host-files.ts';
import { createMicroK8s } from '../../../../../agent/adapters/microk8s/microk8s.ts';
import { listAt, textAt, textMapAt, valueAt } from '../../../../../core/input/plain-data.ts';
import { withTree } from '../../../../support/platform/host-tree.ts';
import { onEachApiServer, type ApiServer } from '../../../../support/servers/api-server.ts';
import {
  clusterObjects,
  type ClusterObjects,
} from '../../../../support/servers/cluster-objects.ts';
import { run, type Ran } from '../../../cli/run-command.ts';

const data = '/var/snap/microk8s/current';
const cniYaml = `${data}/args/cni-network/cni.yaml`;
const resource = 'upgrade-scripts/000-switch-to-calico/resources/calico.yaml';
const system = 'namespaces/kube-system';
const daemonSet = `/apis/apps/v1/${system}/daemonsets/calico-node`;
const deployment = `/apis/apps/v1/${system}/deployments/calico-kube-controllers`;
const config = `/api/v1/${system}/configmaps/calico-config`;
const account = `/api/v1/${system}/serviceaccounts/calico-cni-plugin`;

function workload(kind: string, name: string, image: string, label = name): string {
  return `---
kind: ${kind}
apiVersion: apps/v1
metadata:
  name: ${name}
  namespace: kube-system
spec:
  selector:
    matchLabels:
      k8s-app: ${label}
  template:
    metadata:
      labels:
        k8s-app: ${label}
    spec:
      containers:
        - name: ${name}
          image: ${image}
          env:
            - name: CALICO_IPV4POOL_CIDR
              value: "10.1.0.0/16"
`;
}

/** As MicroK8s ships it, in small. @param label of the pods of calico-node: a selector cannot change */
function manifest(version: string, label?: string): string {
  return `kind: ConfigMap
apiVersion: v1
metadata:
  name: calico-config
  namespace: kube-system
data:
  calico_backend: "vxlan"
  veth_mtu: "0"
${workload('DaemonSet', 'calico-node', `docker.io/calico/node:${version}`, label)}${workload('Deployment', 'calico-kube-controllers', `docker.io/calico/kube-controllers:${version}`)}`;
}

const onlyNew = `---
kind: ServiceAccount
apiVersion: v1
metadata:
  name: calico-cni-plugin
  namespace: kube-system
`;
const older = manifest('v3.25.1');
const newer = manifest('v3.29.3') + onlyNew;
const mine = older.replace('10.1.0.0/16', '10.9.0.0/16');

describe('microk8s upgrade-calico with a real API server', function () {
  this.timeout(120_000);
  onEachApiServer((open) => {
    let server: ApiServer;
    let objects: ClusterObjects;
    /** The condition Progressing of the Deployment with this image. */
    let progress: (image: string) => 'NewReplicaSetAvailable' | 'ProgressDeadlineExceeded';
    let isOver: boolean;
    let controllers: Promise<void>;

    const remove = async (): Promise<void> => {
      for (const one of [daemonSet, deployment, config, account]) await objects.remove(one);
    };
    beforeEach(async () => {
      server = await open();
      objects = clusterObjects(server.client);
      await remove();
      progress = () => 'NewReplicaSetAvailable';
      isOver = false;
      controllers = runControllers();
    });
    afterEach(async () => {
      isOver = true;
      await controllers;
      await remove();
    });

    /** They report on each generation once. */
    const runControllers = async (): Promise<void> => {
      const seen = new Map<string, unknown>();
      while (!isOver) {
        for (const one of [daemonSet, deployment]) {
          const object = await objects.get(one);
          const generation = valueAt(object, 'metadata', 'generation');
          const mark = `${String(valueAt(object, 'metadata', 'uid'))} ${String(generation)}`;
          if (object === undefined || seen.get(one) === mark) continue;
          const status = one === daemonSet ? ofDaemonSet() : ofDeployment(object);
          await objects.patch(`${one}/status`, {
            status: { ...status, observedGeneration: generation },
          });
          seen.set(one, mark);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const ofDaemonSet = (): object => ({
      ...{ desiredNumberScheduled: 3, currentNumberScheduled: 3, numberMisscheduled: 0 },
      ...{ numberReady: 3, updatedNumberScheduled: 3, numberAvailable: 3 },
    });
    const ofDeployment = (object: unknown): object => {
      const reason = progress(imageOf(object));
      const isDone = reason === 'NewReplicaSetAvailable';
      const condition = { type: 'Progressing', status: isDone ? 'True' : 'False', reason };
      return {
        ...{ replicas: 1, updatedReplicas: 1, readyReplicas: isDone ? 1 : 0 },
        ...{ availableReplicas: isDone ? 1 : 0, conditions: [condition] },
      };
    };
    const imageOf = (object: unknown): string =>
      textAt(listAt(object, 'spec', 'template', 'spec', 'containers')[0], 'image') ?? '';
    const cidr = async (): Promise<unknown> => {
      const [container] = listAt(
        await objects.get(daemonSet),
        'spec',
        'template',
        'spec',
        'containers',
      );
      return valueAt(listAt(container, 'env')[0], 'value');
    };

    /** A node whose cni.yaml is `mine`, applied before. */
    const upgrade = (
      shipped: string,
      use: (ran: Ran, root: string) => Promise<void>,
    ): Promise<void> => {
      const program = `#!/bin/sh
shift
for arg do
  shift
  case $arg in ${data}/*) arg=$ROOT$arg ;; esac
  set -- "$@" "$arg"
done
exec kubectl --kubeconfig '${server.kubeconfig}' "$@"
`;
      const tree = {
        [`/snap/microk8s/6000/${resource}`]: older,
        [`/snap/microk8s/7964/${resource}`]: shipped,
        '/snap/microk8s/current': { link: '7964' },
        [cniYaml]: mine,
      };
      return withTree(tree, (root) =>
        withTree({ '/microk8s': { program: program.replace('$ROOT', root) } }, async (bin) => {
          const microk8s = createMicroK8s({
            program: path.join(bin, 'microk8s'),
            data: path.join(root, data),
          });
          const applied = await microk8s.kubectl(['apply', '-f', cniYaml], 60);
          expect(applied.ok, applied.output).to.equal(true);
          const deps = { files: createHostFiles(root), microk8s };
          const args = ['microk8s', 'upgrade-calico', '--yes', '--timeout', '60'];
          await use(await run(args, { connectMicroK8s: () => Promise.resolve(deps) }), root);
        }),
      );
    };
    const fileIn = (root: string): Promise<string> => readFile(path.join(root, cniYaml), 'utf8');

    it('tries each object, applies, and waits until the pods of both are new', async () => {
      await upgrade(newer, async ({ status, stdout, stderr }, root) => {
        expect(status, stdout + stderr).to.equal(0);
        expect(stdout).to.include('Calico v3.29.3 is ready');
        expect(imageOf(await objects.get(daemonSet))).to.equal('docker.io/calico/node:v3.29.3');
        // The change of the person is in the cluster and in the file.
        expect(await cidr()).to.equal('10.9.0.0/16');
        expect(await fileIn(root)).to.equal(newer.replace('10.1.0.0/16', '10.9.0.0/16'));
        expect(await objects.get(account)).not.to.equal(undefined);
      });
    });

    it('changes nothing where the server refuses one of the objects', async () => {
      const shipped = manifest('v3.29.3', 'another-label');
      await upgrade(shipped, async ({ status, stderr }, root) => {
        expect(status).to.equal(2);
        expect(stderr).to.include('nothing was changed').and.include('field is immutable');
        expect(await fileIn(root)).to.equal(mine);
        const names = await readdir(path.dirname(path.join(root, cniYaml)));
        expect(names).to.deep.equal(['cni.yaml']);
        // Also not those that come before it in the manifest.
        expect(imageOf(await objects.get(deployment))).to.include('v3.25.1');
      });
    });

    it('goes back where a workload does not become ready, and names what only the new release has', async () => {
      progress = (image) =>
        image.includes('v3.29.3') ? 'ProgressDeadlineExceeded' : 'NewReplicaSetAvailable';
      await upgrade(newer, async ({ status, stdout }, root) => {
        expect(status, stdout).to.equal(1);
        expect(stdout).to.include('deployment/calico-kube-controllers did not become ready');
        expect(stdout).to.include('exceeded its progress deadline');
        expect(stdout).to.include('the old manifest and its images are in force again');
        expect(stdout).to.include('\n  ServiceAccount/kube-system/calico-cni-plugin\n');
        expect(imageOf(await objects.get(daemonSet))).to.equal('docker.io/calico/node:v3.25.1');
        expect(imageOf(await objects.get(deployment))).to.include('v3.25.1');
        expect(textMapAt(await objects.get(config), 'data')).to.have.property('veth_mtu', '0');
        expect([await cidr(), await fileIn(root)]).to.deep.equal(['10.9.0.0/16', mine]);
        expect(await objects.get(account), 'it stays').not.to.equal(undefined);
      });
    });
  });
});
