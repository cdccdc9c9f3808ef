import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { CommandContext } from '../../../../agent/cli/command-context.ts';
import { readService } from '../../../../core/metallb/explain/services.ts';
import type { LivingMetalLb } from '../../../../core/metallb/living/living-metallb.ts';
import { run } from '../run-command.ts';

const example = fileURLToPath(new URL('../../../../examples/k3s-metallb/', import.meta.url));
const config = `${example}config.yaml`;
const services = readFileSync(`${example}services.json`, 'utf8');

describe('calico-agent metallb', () => {
  it('explains all Services of the type LoadBalancer, from stdin', async () => {
    const { status, stdout } = await run(['metallb', 'explain', config, '--services', '-'], {
      input: services,
    });
    expect(status).to.equal(0);
    expect(stdout).to.include('gets          10.0.0.100 of pool layer2');
    expect(stdout).to.include('default/web stays pending');
  });

  it('explains one Service as data', async () => {
    const words = ['metallb', 'explain', config, 'default/web', '--services', '-', '-o', 'json'];
    const { stdout } = await run(words, { input: services });
    const answer: unknown = JSON.parse(stdout);
    expect(answer).to.have.nested.property('services[0].state', 'pending');
    expect(answer).to.have.property('services').with.length(1);
  });

  it('names the Service that is meant', async () => {
    const words = ['metallb', 'explain', config, 'default/wed', '--services', '-'];
    const { status, stderr } = await run(words, { input: services });
    expect(status).to.equal(2);
    expect(stderr).to.include('did you mean "default/web"?');
  });

  for (const [what, input] of [
    ['is not JSON', 'NAME TYPE'],
    ['has no Services', '{}'],
  ] as const) {
    it(`says what to give in place of a text that ${what}`, async () => {
      const words = ['metallb', 'explain', config, '--services', '-'];
      const { status, stderr } = await run(words, { input });
      expect(status).to.equal(2);
      expect(stderr).to.include(what).and.include('kubectl get services,namespaces');
    });
  }

  it('prints how to install it, and a manifest of K3s where asked for', async () => {
    const { stdout } = await run(['metallb', 'install', config]);
    expect(stdout).to.include('helm upgrade --install metallb');
    const manifest = await run(['metallb', 'install', config, '--k3s-manifest']);
    expect(parse(manifest.stdout)).to.include({ kind: 'HelmChart' });
  });

  describe('with a running cluster', () => {
    const item = (name: string): object => ({
      metadata: { namespace: 'default', name },
      spec: { type: 'LoadBalancer', clusterIPs: ['10.43.0.1'] },
    });
    const connect =
      (more: Partial<LivingMetalLb>): CommandContext['connectLivingMetalLb'] =>
      () =>
        Promise.resolve({
          read: () =>
            Promise.resolve({
              services: { isRead: true, value: [readService(item('web'))] },
              namespaces: { isRead: true, value: new Map() },
              controllers: {
                isRead: true,
                value: [{ namespace: 'metallb-system', name: 'controller', release: '0.16.2' }],
              },
              schemas: { isRead: true, value: new Map() },
              ...more,
            }),
          where: () =>
            Promise.resolve({
              server: 'https://10.0.0.1:6443',
              source: 'kubeconfig "k", context "lab"',
            }),
          close: () => Promise.resolve(),
        });

    it('explains its Services, without a file', async () => {
      const { status, stdout } = await run(['metallb', 'explain', config, '--live'], {
        connectLivingMetalLb: connect({}),
      });
      expect(status).to.equal(0);
      expect(stdout).to.include('gets          10.0.0.100 of pool layer2');
    });

    it('names the cluster in the answer as data', async () => {
      const words = ['metallb', 'explain', config, '--live', '-o', 'json'];
      const { stdout } = await run(words, { connectLivingMetalLb: connect({}) });
      expect(JSON.parse(stdout)).to.have.property('runningCluster').that.deep.equals({
        server: 'https://10.0.0.1:6443',
        source: 'kubeconfig "k", context "lab"',
      });
    });

    it('refuses a section whose objects its MetalLB would not read', async () => {
      const controllers = { isRead: true, value: [{ namespace: 'lb', name: 'c' }] } as const;
      for (const command of ['explain', 'install']) {
        const { status, stderr } = await run(['metallb', command, config, '--live'], {
          connectLivingMetalLb: connect({ controllers }),
        });
        expect(status).to.equal(2);
        expect(stderr).to.include('[metallb-live-namespace]');
      }
    });

    it('says that MetalLB is there, and lists what waits', async () => {
      const { status, stdout } = await run(['metallb', 'install', config, '--kubeconfig', 'k'], {
        connectLivingMetalLb: connect({}),
      });
      expect(status).to.equal(0);
      expect(stdout).to.include('# MetalLB 0.16.2 is installed in namespace metallb-system');
      expect(stdout).to.match(/# default\/web +MetalLB has given it none +10\.0\.0\.100/);
      expect(stdout).to.not.include('helm');
    });

    it('prints how to install it where it is not there', async () => {
      const { stdout, stderr } = await run(['metallb', 'install', config, '--live'], {
        connectLivingMetalLb: connect({ controllers: { isRead: true, value: [] } }),
      });
      expect(stdout).to.include('helm upgrade --install').and.include('MetalLB is not installed');
      expect(stderr).to.include('run the commands that are printed here');
    });

    it('names the cluster, and prints commands for that one', async () => {
      const connectLivingMetalLb = connect({ controllers: { isRead: true, value: [] } });
      const flags = ['--kubeconfig', 'my file', '--context', 'lab'];
      const install = await run(['metallb', 'install', config, ...flags], { connectLivingMetalLb });
      expect(install.stderr).to.include(
        'the running cluster is https://10.0.0.1:6443 (kubeconfig "k", context "lab")',
      );
      expect(install.stdout)
        .to.include("helm upgrade --kubeconfig 'my file' --kube-context lab --install metallb")
        .and.include("k3s kubectl --kubeconfig 'my file' --context lab create namespace")
        .and.not.include('export KUBECONFIG');
      const explain = await run(['metallb', 'explain', config, ...flags], { connectLivingMetalLb });
      expect(explain.stderr).to.include("config.yaml --live --kubeconfig 'my file' --context lab");
    });

    it('prints no second installation where MetalLB runs elsewhere, or nobody could look', async () => {
      const elsewhere = { isRead: true, value: [{ namespace: 'lb', name: 'c' }] } as const;
      const unread = { isRead: false, why: 'cannot list' } as const;
      const cases = [
        [elsewhere, '# MetalLB runs in namespace lb: see the error above'],
        [unread, '# whether MetalLB is installed is not known: cannot list'],
      ] as const;
      for (const [controllers, text] of cases) {
        const { stdout } = await run(['metallb', 'install', config, '--live'], {
          connectLivingMetalLb: connect({ controllers }),
        });
        expect(stdout).to.include(text).and.not.include('helm');
      }
    });

    it('asks for Services in one way', async () => {
      const both = ['metallb', 'explain', config, '--live', '--services', '-'];
      for (const words of [both, ['metallb', 'explain', config]]) {
        const { status, stderr } = await run(words, { input: services });
        expect(status).to.equal(2);
        expect(stderr).to.include('--services FILE, or read them with --live');
      }
    });

    it('fails where the Services cannot be read', async () => {
      const { status, stderr } = await run(['metallb', 'explain', config, '--live'], {
        connectLivingMetalLb: connect({ services: { isRead: false, why: 'cannot list' } }),
      });
      expect(status).to.equal(1);
      expect(stderr).to.include('cannot list');
    });
  });

  it('prints no manifest of K3s for another platform, and nothing without a section', async () => {
    const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
    const other = await run(['metallb', 'install', '-', '--k3s-manifest'], {
      input: `${head}metallb: {layer2: [10.0.0.0/28]}\n`,
    });
    expect(other.status).to.equal(2);
    expect(other.stderr).to.include('has no platform: k3s');
    const none = await run(['metallb', 'install', '-'], {
      input: `${head}bgp: {asNumber: 64512}\n`,
    });
    expect(none.stderr).to.include('has no section metallb');
  });
});
