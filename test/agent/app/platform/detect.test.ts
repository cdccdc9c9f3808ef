import { expect } from 'chai';
import { found, platformOf, type Tree } from '../../../support/platform/host-tree.ts';
import { k3sNode, unitPath } from '../../../support/platform/k3s-node.ts';

const microk8s: Tree = {
  '/snap/microk8s/7964/meta/snap.yaml': 'name: microk8s\nversion: v1.32.3\n',
  '/snap/microk8s/current': { link: '7964' },
};

const cases: Readonly<Record<string, readonly [Tree, string, string?]>> = {
  'nothing of a Kubernetes': [{ '/etc/default/k3s': '' }, 'none'],
  'the snap of MicroK8s': [microk8s, 'microk8s', '/snap/microk8s/current'],
  'the unit of K3s': [k3sNode, 'k3s', unitPath],
  'a unit of K3s from a package': [
    { '/usr/lib/systemd/system/k3s-agent.service': '' },
    'k3s',
    '/usr/lib/systemd/system/k3s-agent.service',
  ],
  'the flags that kubeadm wrote': [
    { '/var/lib/kubelet/kubeadm-flags.env': 'KUBELET_KUBEADM_ARGS=""\n' },
    'kubeadm',
    '/var/lib/kubelet/kubeadm-flags.env',
  ],
  "nodeup's folder": [{ '/opt/kops/bin/nodeup': { program: '' } }, 'kops', '/opt/kops/bin'],
  'a unit of Charmed Kubernetes': [
    { '/var/lib/juju/agents/unit-kubernetes-worker-3/': '' },
    'charmed-kubernetes',
    '/var/lib/juju/agents/unit-kubernetes-worker-3',
  ],
  "another charm's unit": [{ '/var/lib/juju/agents/unit-postgresql-0/': '' }, 'none'],
};

describe('the platform of a node', () => {
  for (const [name, [tree, platform, file]] of Object.entries(cases)) {
    it(`is known by ${name}`, async () => {
      const answer = await platformOf(tree);
      expect(answer.platform).to.equal(platform);
      expect(answer.because.map((sign) => sign.file)).to.deep.equal(
        file === undefined ? [] : [file],
      );
    });
  }

  it('is not known by a mark that cannot be read, which is said', async () => {
    const answer = await platformOf({ '/opt/kops/bin': { link: '/srv/kops' } });
    expect(answer.platform).to.equal('none');
    expect(found(answer)).to.deep.equal(['file-unreadable /opt/kops/bin']);
  });

  it('is not one that left only remains', async () => {
    const answer = await platformOf({ '/usr/local/bin/k3s': { program: '' } });
    expect(answer.platform).to.equal('none');
    expect(answer.also).to.have.nested.property('[0].platform', 'k3s');
  });

  it('is one of two, and a warning names the other', async () => {
    const answer = await platformOf({ ...k3sNode, ...microk8s });
    expect(answer.platform).to.equal('microk8s');
    expect(found(answer)).to.include(`several-platforms ${unitPath}`);
  });
});
