import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
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
