import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createHostFiles } from '../../../../agent/adapters/host-files/host-files.ts';
import { createK3sManifests } from '../../../../agent/adapters/k3s-manifests/k3s-manifests.ts';
import { diagnoseK3sManifest } from '../../../../agent/cli/doctor/k3s-manifest.ts';
import type { Finding } from '../../../../agent/ports/diagnosis.ts';
import { withTree, type Tree } from '../../../support/platform/host-tree.ts';
import { k3sNode } from '../../../support/platform/k3s-node.ts';
import { run } from '../run-command.ts';

const example = fileURLToPath(
  new URL('../../../../examples/k3s-metallb/config.yaml', import.meta.url),
);
const file = '/var/lib/rancher/k3s/server/manifests/metallb.yaml';
const check = "MetalLB's manifest";

async function written(): Promise<string> {
  return (await run(['metallb', 'install', example, '--k3s-manifest'])).stdout;
}

/** @param config the text in force; undefined: the daemon does not answer */
function diagnose(tree: Tree, config: string | undefined): Promise<readonly Finding[]> {
  return withTree({ ...k3sNode, ...tree }, async (root) => {
    const connectK3sManifests: Parameters<
      typeof diagnoseK3sManifest
    >[0]['connectK3sManifests'] = () =>
      Promise.resolve({
        files: createHostFiles(root),
        programs: {
          k3sVersion: () => Promise.resolve(undefined),
          links: () => Promise.resolve([]),
          filterRules: () => Promise.resolve(undefined),
        },
        manifests: createK3sManifests(root),
      });
    const inForce = (): ReturnType<Parameters<typeof diagnoseK3sManifest>[1]> =>
      config === undefined
        ? Promise.reject(new Error('away'))
        : Promise.resolve({ name: 'local:node-0#4', text: config });
    return diagnoseK3sManifest({ connectK3sManifests }, inForce, 600_000);
  });
}

describe('doctor, for the manifest of MetalLB on a K3s server', () => {
  it('warns that it is of another configuration, with the command that replaces it', async () => {
    const config = await readFile(example, 'utf8');
    const now = config.replace(/^metallb:$/mu, 'metallb:\n  namespace: lb');
    expect(now).to.not.equal(config);
    const [finding, ...others] = await diagnose({ [file]: await written() }, now);
    expect(others).to.deep.equal([]);
    expect(finding).to.include({ check, result: 'warning' });
    expect(finding?.message)
      .to.include(`${file} is of another configuration than the one in force: line `)
      .and.include('expected "')
      .and.include('lb"');
    expect(finding?.hint).to.match(
      /^as root, calico-agent show '?local:node-0#4'? \| calico-agent metallb install - --write-k3s-manifest --yes replaces it$/u,
    );
  });

  it('says that it is the one in force, or not known to be, or edited', async () => {
    const own = await written();
    const config = await readFile(example, 'utf8');
    const other = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\nbgp: {asNumber: 64512}\n';
    const edited = own.replace('chart: metallb', 'chart: mine');
    for (const [text, inForce, message] of [
      [own, config, 'is the one of the configuration in force'],
      [own, undefined, 'the configuration in force is not known'],
      [own, other, 'the configuration in force has no metallb for K3s'],
      [edited, config, 'was edited since calico-agent wrote it'],
    ] as const) {
      const [finding, ...others] = await diagnose({ [file]: text }, inForce);
      expect(others).to.deep.equal([]);
      expect(finding).to.include({ check, result: 'ok' });
      expect(finding?.message).to.include(message);
    }
  });

  it('says nothing without the file, and of a file that somebody else wrote', async () => {
    const config = await readFile(example, 'utf8');
    expect(await diagnose({}, config)).to.deep.equal([]);
    expect(await diagnose({ [file]: 'kind: HelmChart\n' }, config)).to.deep.equal([]);
  });
});
