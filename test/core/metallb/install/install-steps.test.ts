import { expect } from 'chai';
import { parse } from 'yaml';
import {
  chartValues,
  installSteps,
  k3sManifest,
} from '../../../../core/metallb/install/install-steps.ts';
import { valueAt } from '../../../../core/input/plain-data.ts';
import { yamlText } from '../../../../core/yaml-text.ts';
import { modelOf } from '../../config/reading-configs.ts';

type Installed = Parameters<typeof installSteps>[0];

function installed(section: string, others = ''): Installed {
  const text = `apiVersion: calico-agent/v1\nkind: NetworkConfig\n${others}metallb: ${section}\n`;
  const { metallb, platform } = modelOf(text);
  if (metallb === undefined) throw new Error('no section');
  return { metallb, ...(platform !== undefined && { platform }) };
}

const k3s = 'platform: k3s\nk3s: {loadBalancer: metallb}\n';
const peers = 'peers: [{name: p, myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.1}]';

describe('the installation of MetalLB', () => {
  for (const [section, speaker, frr, frrk8s] of [
    ['{layer2: [10.0.0.0/28]}', true, false, false],
    ['{speaker: calico, pools: [{name: a, addresses: [10.0.0.0/28]}]}', false, false, false],
    [`{${peers}}`, true, false, true],
    [`{bgpMode: frr, ${peers}}`, true, true, false],
    [`{bgpMode: native, ${peers}}`, true, false, false],
  ] as const) {
    it(`has the parts that ${section} needs`, () => {
      expect(chartValues(installed(section).metallb)).to.deep.equal({
        speaker: { enabled: speaker, frr: { enabled: frr } },
        frrk8s: { enabled: frrk8s },
      });
    });
  }

  const commands = (model: Installed): string =>
    installSteps(model, 'config.yaml')
      .flatMap((step) => step.commands)
      .join('\n');

  it('has the namespace and the release of the document', () => {
    const text = commands(installed('{namespace: lb, release: 0.15.3, layer2: [10.0.0.0/28]}'));
    expect(text).to.include(
      'helm upgrade --install metallb metallb/metallb --namespace lb --version 0.15.3 --set speaker.enabled=true,',
    );
    expect(text).to.include(
      'kubectl label namespace lb pod-security.kubernetes.io/enforce=privileged',
    );
  });

  it('takes ServiceLB away first on K3s, and uses the programs of MicroK8s', () => {
    const [first] = installSteps(installed('{layer2: [10.0.0.0/28]}', k3s), 'config.yaml');
    expect(first?.title).to.include('ServiceLB');
    const onK3s = commands(installed('{layer2: [10.0.0.0/28]}', k3s)).split('\n');
    // Helm reads the variable, and each kubectl is that of K3s.
    const helmAt = onK3s.findIndex((one) => one.startsWith('helm '));
    expect(onK3s.indexOf('export KUBECONFIG=/etc/rancher/k3s/k3s.yaml')).to.be.below(helmAt);
    const kubectls = onK3s.filter((one) => one.includes('kubectl'));
    expect(kubectls).to.have.length(6);
    expect(kubectls.filter((one) => !one.startsWith('k3s kubectl '))).to.deep.equal([]);
    const text = commands(installed('{layer2: [10.0.0.0/28]}', 'platform: microk8s\n'));
    expect(text).to.include('calico-agent apply config.yaml --wait').and.not.include('export');
    expect(text).to.include('microk8s helm3 upgrade').and.include('microk8s kubectl wait');
  });

  it('is a HelmChart for K3s, whose values are YAML in a text', () => {
    const model = installed('{speaker: metallb, layer2: [10.0.0.0/28]}', k3s);
    const manifest = k3sManifest(model, yamlText);
    const spec = valueAt(manifest, 'spec');
    expect(spec).to.deep.include({
      chart: 'metallb',
      targetNamespace: 'metallb-system',
      createNamespace: true,
    });
    expect(parse(String(valueAt(spec, 'valuesContent')))).to.deep.equal(chartValues(model.metallb));
  });
});
