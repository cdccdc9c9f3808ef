import { expect } from 'chai';
import { pathText } from '../../../../core/platform/cluster/cluster-edit.ts';
import { formatIssue } from '../../../../core/issue-text.ts';
import type { PlatformDesired } from '../../../../core/platform/desired-platform.ts';
import type { FileEdit } from '../../../../core/platform/edit/file-edit.ts';
import { askMicroK8s, microk8sInput } from '../../../support/platform/microk8s-input.ts';
import { args, cniYaml, manifest } from '../../../support/platform/microk8s-node.ts';

/** `file place = value`, with a - for what is taken away. */
function editText(edit: FileEdit): string {
  const file = edit.path.replace(`${args}/`, '').replace('cni-network/', '');
  if (edit.form === 'whole')
    return `${file} whole = ${edit.text === undefined ? '-' : JSON.stringify(edit.text)}`;
  if (edit.form === 'arguments') return `${file} --${edit.option} = ${edit.values.join() || '-'}`;
  const step = edit.at.at(-1);
  const name = typeof step === 'string' ? step : step && ('item' in step ? step.item : step.value);
  const value =
    typeof edit.value === 'object' && 'value' in edit.value ? edit.value['value'] : edit.value;
  return `${file} ${name ?? ''} = ${typeof value === 'string' ? value : '-'}`;
}

function edits({ files }: PlatformDesired): readonly string[] {
  return files.map(editText);
}

function issues(desired: PlatformDesired): readonly string[] {
  return desired.issues.map((issue) => formatIssue(issue, 'config.yaml'));
}

const container = 'spec.template.spec.containers[calico-node]';

/** `stage kind path = value`, with a - for what is taken away. */
function clusterText({ cluster = [] }: PlatformDesired): readonly string[] {
  return cluster.map((edit) => {
    const stage = String(edit.stage);
    if (edit.form === 'recreate-pods') return `${stage} ${edit.how} ${edit.cidrs.join()}`;
    if (edit.form !== 'field') return `${stage} ${edit.form}`;
    const { value = '-', object, path } = edit;
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    return `${stage} ${object.kind} ${pathText(path)} = ${shown}`;
  });
}

const pools = (lines: string): string => `pools:\n  - name: default-ipv4-ippool\n${lines}`;
const ipip = pools('    cidr: 10.1.0.0/16\n    ipip: CrossSubnet\n');

describe('the microk8s section of a configuration', () => {
  it('asks for nothing where it names nothing', () => {
    expect(askMicroK8s('microk8s: {}\n')).to.deep.equal({
      files: [],
      services: [],
      manual: [],
      issues: [],
    });
  });

  it('sets the method of both families, and explains what microk8s join wrote', () => {
    const yaml = manifest.replace('"first-found"', '"can-reach=10.0.0.1"');
    const desired = askMicroK8s(
      'microk8s:\n  ipAutodetection: { ipv4: interface=eth0, ipv6: "cidr=fd00::/8" }\n',
      microk8sInput({ 'cni.yaml': yaml }),
    );
    expect(edits(desired)).to.deep.equal([
      'cni.yaml IP_AUTODETECTION_METHOD = interface=eth0',
      'cni.yaml IP6_AUTODETECTION_METHOD = cidr=fd00::/8',
    ]);
    expect(desired.issues.map(({ code }) => code)).to.deep.equal([
      'cni-can-reach',
      'microk8s-method-unused',
    ]);
    expect(desired.services).to.deep.equal([]);
  });

  it('adds the probes of BIRD beside those of Felix, with the encapsulation of the pool', () => {
    const desired = askMicroK8s(`microk8s:\n  mode: bgp\n${ipip}bgp:\n  asNumber: 64512\n`);
    expect(edits(desired)).to.deep.equal([
      'cni.yaml calico_backend = bird',
      'cni.yaml -felix-live = -felix-live',
      'cni.yaml -bird-live = -bird-live',
      'cni.yaml -felix-ready = -felix-ready',
      'cni.yaml -bird-ready = -bird-ready',
      'cni.yaml CALICO_IPV4POOL_VXLAN = -',
      'cni.yaml CALICO_IPV4POOL_IPIP = CrossSubnet',
    ]);
    expect(issues(desired)).to.deep.equal([]);
    expect(clusterText(desired)).to.deep.equal([
      '-1 ConfigMap data.calico_backend = bird',
      `-1 DaemonSet ${container}.livenessProbe.exec.command[-felix-live] = -felix-live`,
      `-1 DaemonSet ${container}.livenessProbe.exec.command[-bird-live] = -bird-live`,
      `-1 DaemonSet ${container}.readinessProbe.exec.command[-felix-ready] = -felix-ready`,
      `-1 DaemonSet ${container}.readinessProbe.exec.command[-bird-ready] = -bird-ready`,
      `-1 DaemonSet ${container}.env[CALICO_IPV4POOL_VXLAN] = -`,
      `-1 DaemonSet ${container}.env[CALICO_IPV4POOL_IPIP] = {"name":"CALICO_IPV4POOL_IPIP","value":"CrossSubnet"}`,
      '-1 rollout',
    ]);
    expect(desired.cluster?.[0]?.byHand?.title).to.include('on the first control plane');
    expect(desired.cluster?.[0]?.byHand?.commands).to.deep.equal([
      `microk8s kubectl diff -f ${cniYaml}`,
      `microk8s kubectl apply -f ${cniYaml}`,
      'microk8s kubectl rollout restart -n kube-system daemonset/calico-node',
      'microk8s kubectl rollout status -n kube-system daemonset/calico-node --timeout=10m',
    ]);
  });

  it('goes back to VXLAN, and takes the probes of BIRD away', () => {
    const desired = askMicroK8s('microk8s:\n  mode: vxlan\n');
    expect(edits(desired)).to.deep.equal([
      'cni.yaml calico_backend = vxlan',
      'cni.yaml -felix-live = -felix-live',
      'cni.yaml -bird-live = -',
      'cni.yaml -felix-ready = -felix-ready',
      'cni.yaml -bird-ready = -',
      'cni.yaml CALICO_IPV4POOL_IPIP = -',
      'cni.yaml CALICO_IPV4POOL_VXLAN = Always',
    ]);
    expect(desired.manual).to.deep.equal([]);
    expect(issues(desired)).to.deep.equal([
      [
        'config.yaml:5:9: warning: the encapsulation in cni.yaml acts only while no pool exists: the pool default-ipv4-ippool stays as it is [microk8s-pool-not-managed]',
        '  hint: name it under pools: with vxlan: Always, and the agent changes it as well',
      ].join('\n'),
    ]);
  });

  it('asks the same of the living objects on nodes with different files, without pools', () => {
    const crossing = manifest.replace(
      /name: CALICO_IPV4POOL_VXLAN\n(\s*)value: "Always"/u,
      'name: CALICO_IPV4POOL_IPIP\n$1value: "CrossSubnet"',
    );
    expect(crossing).not.to.equal(manifest);
    const [one, other] = [manifest, crossing].map((yaml) =>
      askMicroK8s('microk8s: { mode: bgp }\n', microk8sInput({ 'cni.yaml': yaml })),
    );
    expect(one && edits(one)).to.include('cni.yaml CALICO_IPV4POOL_IPIP = Always');
    expect(other && edits(other)).to.include('cni.yaml CALICO_IPV4POOL_IPIP = CrossSubnet');
    expect(one?.cluster).to.have.length(6).and.deep.equal(other?.cluster);
  });

  it('says both modes in words where the pool has no encapsulation', () => {
    const plain = pools('    cidr: 10.1.0.0/16\n');
    expect(edits(askMicroK8s(`microk8s: { mode: bgp }\n${plain}`)).slice(-2)).to.deep.equal([
      'cni.yaml CALICO_IPV4POOL_IPIP = Never',
      'cni.yaml CALICO_IPV4POOL_VXLAN = Never',
    ]);
  });

  const refused: Readonly<Record<string, readonly [string, string]>> = {
    'settings of BGP on a backend without BIRD': [
      'bgp:\n  asNumber: 64512\n',
      'microk8s-bgp-without-bird /bgp',
    ],
    'settings of BGP with mode vxlan': [
      'microk8s: { mode: vxlan }\nbgp:\n  asNumber: 64512\n',
      'microk8s-bgp-without-bird /bgp',
    ],
    'a pool in IPIP with mode vxlan': [
      `microk8s: { mode: vxlan }\n${ipip}`,
      'cni-ipip-without-bird /pools/0',
    ],
    'another service range': [
      'microk8s: { serviceCidr: 10.99.0.0/16 }\n',
      'microk8s-service-range-fixed /microk8s/serviceCidr',
    ],
    'IPv6 on a cluster that was made without it': [
      'microk8s: { podCidr: [10.1.0.0/16, "fd01::/64"] }\n',
      'microk8s-family-fixed /microk8s/podCidr/1',
    ],
    'a pod range that no pool has': [
      `microk8s: { podCidr: 10.100.0.0/16 }\n${ipip}`,
      'microk8s-pool-differs /microk8s/podCidr',
    ],
    'flannel without a pod range': [
      'microk8s: { cni: flannel }\n',
      'microk8s-flannel-range /microk8s/cni',
    ],
    "a setting of Calico's beside flannel": [
      'microk8s: { cni: flannel, podCidr: 10.1.0.0/16, mtu: 1450 }\n',
      'microk8s-not-calico /microk8s/mtu',
    ],
    'Kube-OVN': ['microk8s: { cni: kube-ovn }\n', 'microk8s-destructive /microk8s/cni'],
  };
  for (const [name, [sections, expected]] of Object.entries(refused)) {
    it(`refuses ${name}, and changes nothing`, () => {
      const desired = askMicroK8s(sections);
      expect(edits(desired)).to.deep.equal([]);
      expect(
        desired.issues
          .filter(({ severity }) => severity === 'error')
          .map(({ code, pointer }) => `${code} ${pointer}`),
      ).to.deep.equal([expected]);
    });
  }

  it('takes settings of BGP where the backend is bird', () => {
    const yaml = manifest.replace('calico_backend: "vxlan"', 'calico_backend: "bird"');
    const desired = askMicroK8s('bgp:\n  asNumber: 64512\n', microk8sInput({ 'cni.yaml': yaml }));
    expect(desired.issues).to.deep.equal([]);
  });

  it('changes the pod range in three files, and restarts kubelite', () => {
    const desired = askMicroK8s(
      `microk8s: { podCidr: 10.100.0.0/16, serviceCidr: 10.152.183.0/24 }\n${pools('    cidr: 10.1.0.0/16\n    vxlan: Always\n    disabled: true\n  - name: pods\n    cidr: 10.100.0.0/16\n    vxlan: Always\n')}`,
    );
    expect(issues(desired)).to.deep.equal([]);
    expect(edits(desired)).to.deep.equal([
      'cni.yaml CALICO_IPV4POOL_CIDR = 10.100.0.0/16',
      'kube-proxy --cluster-cidr = 10.100.0.0/16',
      'kube-controller-manager --cluster-cidr = 10.100.0.0/16',
    ]);
    expect(desired.services.map(({ service }) => service)).to.deep.equal([
      'snap.microk8s.daemon-kubelite.service',
    ]);
    expect(clusterText(desired)).to.deep.equal([
      `-1 DaemonSet ${container}.env[CALICO_IPV4POOL_CIDR] = {"name":"CALICO_IPV4POOL_CIDR","value":"10.100.0.0/16"}`,
      '-1 rollout',
      '1 list 10.100.0.0/16',
    ]);
  });

  it('recreates pods where somebody asks for it, and leads back to VXLAN after the pools', () => {
    const desired = askMicroK8s(
      `microk8s: { mode: vxlan, podCidr: 10.1.0.0/16, recreatePods: true }\n${pools('    cidr: 10.1.0.0/16\n    vxlan: Always\n')}`,
    );
    const stages = clusterText(desired).map((text) => text.split(' ').slice(0, 3).join(' '));
    expect(stages.filter((text) => !text.startsWith('-1 DaemonSet'))).to.deep.equal([
      '0 ConfigMap data.calico_backend',
      '0 rollout',
      '1 recreate 10.1.0.0/16',
    ]);
  });

  it('sets the MTU as a text', () => {
    expect(edits(askMicroK8s('microk8s: { mtu: 1450 }\n'))).to.deep.equal([
      'cni.yaml veth_mtu = 1450',
    ]);
  });

  it('changes nothing to flannel while the locks of the node are not known', () => {
    const path = '/var/snap/microk8s/current/var/lock';
    const hidden = [{ state: 'unreadable', path, why: 'EACCES' } as const];
    const input = { ...microk8sInput(), lockNames: undefined, hidden };
    const desired = askMicroK8s('microk8s: { cni: flannel, podCidr: 10.1.0.0/16 }\n', input);
    expect(edits(desired)).to.deep.equal([]);
    expect(desired.issues.map(({ code }) => code)).to.deep.equal(['microk8s-locks-unreadable']);
    expect(desired.issues[0]?.message).to.include(`${path} cannot be read: EACCES`);
  });

  it('sets flannel up with the Kubernetes store, without options of etcd', () => {
    const desired = askMicroK8s('microk8s: { cni: flannel, podCidr: 10.1.0.0/16 }\n');
    expect(edits(desired)).to.deep.equal([
      'kube-controller-manager --cluster-cidr = 10.1.0.0/16',
      'kube-controller-manager --allocate-node-cidrs = true',
      'flanneld --etcd-endpoints = -',
      'flanneld --etcd-cafile = -',
      'flanneld --etcd-certfile = -',
      'flanneld --etcd-keyfile = -',
      'flanneld --subnet-file = /var/snap/microk8s/common/run/flannel/subnet.env',
      'flanneld --ip-masq = true',
      'flanneld --kube-subnet-mgr = true',
      'flanneld --kubeconfig-file = /var/snap/microk8s/current/credentials/kubelet.config',
      'flanneld --net-config-path = /var/snap/microk8s/current/args/flannel-network-mgr-config',
      'flanneld-env whole = "NODE_NAME=$(hostname | tr A-Z a-z)\\n"',
      'flannel-network-mgr-config whole = "{\\"Network\\": \\"10.1.0.0/16\\", \\"Backend\\": {\\"Type\\": \\"vxlan\\"}}\\n"',
    ]);
    const commands = desired.manual.flatMap((step) => step.commands);
    const deletes = commands.findIndex((one) => one.includes('kubectl delete'));
    const empties = commands.findIndex((one) => one.startsWith('find '));
    const containerd = commands.indexOf('snap restart microk8s.daemon-containerd');
    expect(commands.join('\n'), 'the only cni.yaml stays').to.not.match(/\brm -r\b/);
    const starts = commands.indexOf('snap restart microk8s.daemon-flanneld');
    expect([deletes, empties, containerd, starts]).to.deep.equal(
      [deletes, empties, containerd, starts].toSorted((one, other) => one - other),
    );
    expect(commands.join('\n')).not.to.include('$SNAP_DATA');
  });

  it('refuses flannel where a comment names an option of etcd, or the release is too old', () => {
    const old = { ...microk8sInput({ flanneld: '# --etcd-endpoints=x\n' }) };
    const snapYaml = { ...old.snapYaml, text: 'version: v1.26.9\n' } as const;
    const desired = askMicroK8s('microk8s: { cni: flannel, podCidr: 10.1.0.0/16 }\n', {
      ...old,
      snapYaml: { state: 'text', path: snapYaml.path, text: snapYaml.text },
    });
    expect(desired.issues.map(({ code }) => code)).to.deep.equal([
      'microk8s-flannel-version',
      'microk8s-flannel-etcd',
    ]);
  });

  const broken: Readonly<Record<string, readonly [string, string]>> = {
    'is no YAML': [
      manifest.replace('calico_backend: "vxlan"', 'calico_backend: "vxlan'),
      `cannot change ${cniYaml}:11:19:`,
    ],
    'has a tab': [manifest.replace('  veth_mtu', '\tveth_mtu'), `cannot change ${cniYaml}:12:1:`],
    'has two DaemonSets': [
      `${manifest}---\n${manifest.split('---\n').at(-1) ?? ''}`,
      `cannot change ${cniYaml}:71:9: a second DaemonSet calico-node`,
    ],
    'has no DaemonSet': [
      manifest.replace('kind: DaemonSet', 'kind: Deployment'),
      'there is no DaemonSet',
    ],
    'lost its backend': [
      manifest.replace('  calico_backend: "vxlan"\n', ''),
      'it lacks the ConfigMap calico-config with calico_backend',
    ],
    'lost a probe': [
      manifest.replace('livenessProbe:', 'startupProbe:'),
      'it lacks a livenessProbe with exec.command',
    ],
    'has 5 MB': [`${manifest}# ${'x'.repeat(5 * 1024 * 1024)}\n`, 'it is larger than'],
  };
  for (const [name, [yaml, expected]] of Object.entries(broken)) {
    it(`refuses to edit a cni.yaml that ${name}, with the line`, () => {
      const desired = askMicroK8s('microk8s: { mode: bgp }\n', microk8sInput({ 'cni.yaml': yaml }));
      expect(edits(desired)).to.deep.equal([]);
      expect(desired.issues[0]?.message).to.include(expected);
      expect(desired.issues[0]?.pointer).to.equal('/microk8s');
    });
  }
});
