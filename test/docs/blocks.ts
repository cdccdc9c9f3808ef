/** The blocks of shell in the documents: where each runs, or why it cannot run. */
import { readDocuments, type Document } from './documents.ts';

export interface Block {
  readonly file: string;
  /** `docs/lxd.md: sudo calico-agent lxd apply --bpffs`: the file and the first command. */
  readonly name: string;
  readonly text: string;
  /** The output that the document shows. */
  readonly output?: string;
}

/** The place where a block runs; in order, because a document is read from top to bottom. */
export type Place =
  /** A checkout, with the programs of `npm run build`. */
  | 'checkout'
  /** A machine with an agent whose datastore is a real etcd, which Calico has used. */
  | 'node'
  /** The same with an API server beside it. */
  | 'node-with-kubernetes'
  /** A machine with an agent that writes files, has three confirmed revisions, and a config.yaml. */
  | 'node-with-revisions'
  /** A machine with a controller, a connected node, and three that are away. */
  | 'controller'
  /** A folder of its own. */
  | 'folder'
  /** A machine with a real LXD and containers. */
  | 'lxd-host';

export async function readBlocks(): Promise<readonly Block[]> {
  return (await readDocuments()).flatMap(blocksOf);
}

function blocksOf({ file, text }: Document): readonly Block[] {
  return [...text.matchAll(shellBlock)].map(([, , block = '', output]) => {
    const [first = ''] = block.trim().split('\n');
    const name = `${file}: ${first.replace(/ +#.*$/, '').trim()}`;
    return { file, name, text: block, ...(output !== undefined && { output }) };
  });
}

/** A block of shell, and the block of text that may follow at once. */
const shellBlock =
  /^( *)```(?:sh|bash|shell|console)\n(.*?)^\1```$(?:\n\n\1```text\n(.*?)^\1```$)?/gms;

/** Runs in a checkout as one script: each block goes on where the one before it ended. */
export const tutorial = 'docs/tutorial.md';

/** Every other block that runs. */
export const runs: Readonly<Record<string, Place>> = {
  'README.md: npm run build': 'checkout',
  'README.md: node dist/calico-agent.js render examples/as-per-rack/config.yaml --nodes examples/as-per-rack/nodes.yaml':
    'checkout',
  "README.md: cat > /tmp/agent.yaml <<'YAML'": 'checkout',
  'CONTRIBUTING.md: npx mocha test/core/config/net/as-number.test.ts': 'checkout',
  'CONTRIBUTING.md: npm run build': 'checkout',
  'docs/agent.md: curl --unix-socket /run/calico-agent/status.sock http://localhost/v1/status':
    'node',
  'docs/confirm.md: calico-agent apply config.yaml --confirm-within 120s': 'node-with-revisions',
  'docs/confirm.md: calico-agent history': 'node-with-revisions',
  'docs/controller.md: mkdir -p /tmp/lab && cd /tmp/lab': 'folder',
  'docs/clusters.md: calico-controller init --cluster east --listen 127.0.0.1:7853 --name 127.0.0.1 --state-directory "$PWD/lab" --config clusters.yaml':
    'folder',
  'docs/controller.md: calico-controller nodes --only unhealthy --sort sessions': 'controller',
  "docs/preview.md: echo 'global-as-number: 64513' > next.yaml": 'controller',
  "docs/preview.md: calico-controller preview network.yaml -o json | jq '.needsStep[].kind'":
    'controller',
  'docs/controller.md: calico-controller push network.yaml --retry --wait': 'controller',
  'docs/controller.md: calico-controller push network.yaml --confirm-within 120s --wait':
    'controller',
  'docs/controller.md: calico-controller forget node-7': 'controller',
  'docs/identities.md: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \\':
    'folder',
  'docs/identities.md: calico-controller init --name 127.0.0.1 --state-directory "$PWD/lab" --config controller.yaml':
    'folder',
  'docs/identities.md: calico-controller revoke node-7': 'controller',
  'docs/controller.md: calico-controller store backup controller.backup': 'controller',
  'docs/controller.md: calico-controller push network.yaml --despite node-8 --despite node-9':
    'controller',
  "docs/juju.md: curl --unix-socket /run/calico-agent/agent.sock -H 'content-type: application/json' \\":
    'node',
  'docs/guard-routes.md: calico-agent guard': 'node',
  'docs/images.md: calico-agent render examples/images-private-registry/config.yaml --nodes examples/images-private-registry/nodes.yaml':
    'checkout',
  'docs/metallb.md: calico-agent metallb explain examples/k3s-metallb/config.yaml --services examples/k3s-metallb/services.json':
    'checkout',
  'docs/metallb.md: calico-agent metallb install examples/k3s-metallb/config.yaml': 'checkout',
  'docs/kops.md: cp examples/kops-cross-subnet/cluster.yaml /tmp/cluster.yaml': 'checkout',
  'docs/kops.md: calico-agent kops edit /tmp/cluster.yaml --set spec.networking.calico.mtu=8951':
    'checkout',
  'docs/kops.md: calico-agent kops edit examples/kops-kubenet-to-calico/cluster.yaml --networking calico':
    'checkout',
  'docs/kops.md: calico-agent kops explain /tmp/cluster.yaml': 'checkout',
  'docs/kops.md: calico-agent kops stanza -- kops create cluster --zones us-east-1a --networking flannel':
    'checkout',
  'docs/lxd.md: sudo calico-agent lxd apply --bpffs': 'lxd-host',
  'docs/migrate.md: calico-agent export > network.yaml': 'node-with-kubernetes',
  'docs/migrate.md: calico-agent plan network.yaml': 'node',
  'docs/safety.md: calico-agent history': 'node',
  'docs/safety.md: calico-agent drift': 'node',
  "docs/safety.md: calico-agent hold --why 'ticket 4711'": 'node',
  'docs/safety.md: kubectl get nodes -o json > nodes.json': 'node-with-kubernetes',
  'docs/troubleshooting.md: sudo calico-agent doctor': 'node',
};

const noCalicoctl = 'calicoctl comes from no package registry that this machine has';
const noJuju = 'it needs a Juju controller; test/hooks runs the charm with stand-ins of its tools';
const noMicroK8s = 'it changes a MicroK8s node, which this machine is not';
const rolloutsElsewhere =
  'it would hold up the pushes of other documents; test/controller/cli/rollout runs the same commands';
const clustersElsewhere =
  'it needs a controller of several clusters; test/controller/clusters and test/controller/cli/serve have the same requests';
const noK3s = 'it changes a K3s server, which this machine is not';
const noKops =
  'it needs kops and a state store; test/agent/cli/kops compares documents with each other';
const inContainer =
  'test/system/systemd installs, upgrades and removes the packages in a container';

export const cannotRun: Readonly<Record<string, string>> = {
  'README.md: npm ci && npm run demo': '.ci/run runs these two themselves',
  'README.md: npm run package -- --only calico-agent --arch amd64': inContainer,
  'CONTRIBUTING.md: npm ci': '.ci/run runs these themselves',
  "CONTRIBUTING.md: npm test -- test/runtime test/agent/api --grep 'unix socket'":
    'npm test is what runs this; test/build/test-run.test.ts tests its arguments',
  'CONTRIBUTING.md: UPDATE_GOLDENS=1 npx mocha test/core/examples/*.test.ts':
    'it changes the checkout; without the variable npm test runs the same',
  'CONTRIBUTING.md: KUBECONFIG_FOR_TESTS=$PWD/kube/v1/kubeconfig:$PWD/kube/v3/kubeconfig \\':
    '.ci/run runs it with servers of its own',
  'CONTRIBUTING.md: npm run docs': 'test/docs/generated.test.ts makes the same texts',
  'CONTRIBUTING.md: npm run package -- --arch amd64 --fast': inContainer,
  'CONTRIBUTING.md: sudo JOURNEY=mesh-to-reflectors npx mocha test/lab/journeys.test.ts':
    'is a test that npm test runs',
  "CONTRIBUTING.md: npx mocha 'test/security/**/*.test.ts'":
    'npm test runs these files, and .ci/run runs them with other releases of Node',
  'CONTRIBUTING.md: timeout 20 node --import tsx test/security/attack.child.ts \\':
    'test/security starts every attack in this way',
  'docs/protocol.md: npm run conformance -- node --import tsx conformance/calico-agent.ts':
    'test/conformance plays the same dialogues with the same agent',
  'CONTRIBUTING.md: npm run simulate -- --runs 3 --seed 100':
    'test/simulation does the same runs with other seeds',
  'CONTRIBUTING.md: npm run bench -- fleet daemon':
    'it measures for minutes; nothing depends on it',
  'CONTRIBUTING.md: FLEET_PROFILE=/tmp FLEET_ROUNDS=20 npm run bench -- fleet-push':
    'it measures for minutes; nothing depends on it',
  'charm/README.md: juju deploy ./calico-agent.charm': noJuju,
  'docs/agent.md: cd /var/lib/calico-agent/resources': noCalicoctl,
  'docs/etcd.md: etcdctl role add calico-agent':
    'etcdctl asks for a password at a terminal; test/agent/adapters/calico-etcd gives the same rights',
  'docs/etcd.md: etcdctl role grant-permission --prefix=true calico-agent readwrite /calico/ipam/v2/assignment/':
    'it needs the role of the block before it',
  'docs/etcd.md: calicoctl get nodes -o yaml > nodes.yaml': noCalicoctl,
  'docs/install.md: npm ci && npm run package': inContainer,
  'docs/install.md: sudo dpkg -i dist-packages/calico-controller_*_amd64.deb': inContainer,
  'docs/install.md: sudo mkdir -p /etc/systemd/system/calico-agent.service.d': inContainer,
  'docs/install.md: sudo systemctl mask --now calico-agent-guard.socket': inContainer,
  'docs/platform-files.md: sudo systemctl mask --now calico-agent-host.socket': inContainer,
  'docs/kops.md: kops get cluster "$NAME" -o yaml | calico-agent kops check -': noKops,
  'docs/kops.md: kops get cluster "$NAME" -o yaml > old.yaml': noKops,
  'docs/kops.md: calico-agent kops check cluster.yaml --live':
    'it needs a cluster of kops; test/agent/cli/kops/live.test.ts runs both with a stand-in of one',
  "docs/rollouts.md: cat > strategy.yaml <<'YAML'": rolloutsElsewhere,
  "docs/rollouts.md: calico-controller rollout abort --why 'pods lost packets'": rolloutsElsewhere,
  'docs/rollouts.md: calico-controller rollout list': rolloutsElsewhere,
  'docs/clusters.md: calico-controller clusters': clustersElsewhere,
  'docs/clusters.md: calico-controller store backup east.backup --cluster east': clustersElsewhere,
  'docs/controller.md: sudo systemctl stop calico-controller':
    'it stops the service of a package; test/controller/cli/store restores the same backups',
  'docs/juju.md: juju config calico --format yaml > calico.yaml': noJuju,
  'docs/juju.md: npm ci && npm run package && npm run charm': noJuju,
  'docs/juju.md: for option in ipip vxlan nat-outgoing cidr global-as-number subnet-as-numbers unit-as-numbers \\':
    noJuju,
  'docs/juju.md: juju config calico manage-pools=false': noJuju,
  'docs/juju.md: juju config calico-agent node-to-node-mesh=false': noJuju,
  'docs/metallb.md: calico-agent metallb explain config.yaml --live':
    'it needs a cluster with MetalLB; test/agent/cli/metallb runs both with a stand-in of one',
  'docs/metallb.md: sudo calico-agent metallb install config.yaml --write-k3s-manifest':
    'it needs a K3s server; test/agent/cli/metallb/write-manifest.test.ts runs it on a stand-in of one',
  'docs/k3s.md: sudo calico-agent platform':
    'it needs a K3s server; test/agent/app/platform/k3s.test.ts compares the output on a stand-in of one',
  'docs/k3s.md: echo \'flannel-backend: "wireguard-native"\' | sudo tee /etc/rancher/k3s/config.yaml.d/20-backend.yaml':
    noK3s,
  'docs/k3s.md: printf \'flannel-backend: "none"\\ndisable-network-policy: true\\n\' | sudo tee /etc/rancher/k3s/config.yaml.d/20-calico.yaml':
    noK3s,
  "docs/k3s.md: echo 'disable+: [servicelb]' | sudo tee /etc/rancher/k3s/config.yaml.d/30-metallb.yaml":
    noK3s,
  'docs/microk8s.md: sudo calico-agent platform':
    'it needs MicroK8s; test/agent/app/platform/microk8s.test.ts compares the output on a stand-in of it',
  'docs/microk8s.md: microk8s kubectl apply -f /var/snap/microk8s/current/args/cni-network/cni.yaml':
    noMicroK8s,
  'docs/microk8s.md: microk8s kubectl diff -f /var/snap/microk8s/current/args/cni-network/cni.yaml':
    noMicroK8s,
  'docs/microk8s.md: sudo touch /var/snap/microk8s/current/var/lock/no-manage-calico': noMicroK8s,
  'docs/microk8s.md: sudo rm /var/snap/microk8s/current/var/lock/no-flanneld': noMicroK8s,
  'docs/images.md: kubectl create secret generic registry-credentials --namespace kube-system --type kubernetes.io/dockerconfigjson --from-file .dockerconfigjson=$HOME/.docker/config.json':
    'it needs the configuration of docker login; images-fleet.test.ts makes such a Secret',
  'docs/kubernetes.md: kubectl -n kube-system get lease calico-agent -o yaml':
    'it needs an agent that has written by the Kubernetes driver, whose own tests look at the lease',
  'docs/kubernetes.md: kubectl get nodes -o json > nodes.json':
    'the tests of the Kubernetes driver apply what render prints, on servers that they empty',
  'docs/safety.md: calicoctl ipam check --show-all-ips': noCalicoctl,
};
