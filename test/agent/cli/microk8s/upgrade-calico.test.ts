import { expect } from 'chai';
import { cniYaml, manifest } from '../../../support/platform/microk8s-node.ts';
import { createMicroK8sTwin, type MicroK8sTwin } from '../../../support/twins/microk8s.ts';
import { run, type Ran } from '../run-command.ts';

const resource = 'upgrade-scripts/000-switch-to-calico/resources/calico.yaml';
const older = manifest.replaceAll('v3.29.3', 'v3.25.1');
const newer = manifest.replace('"cniVersion": "0.3.1"', '"cniVersion": "1.0.0"');
const change = (text: string): string =>
  text
    .replace('calico_backend: "vxlan"', 'calico_backend: "bird"')
    .replace('"10.1.0.0/16"', '"10.9.0.0/16"');
const mine = change(older);

function node(texts: Readonly<Record<string, string>> = {}): MicroK8sTwin {
  return createMicroK8sTwin({
    [`/snap/microk8s/6000/${resource}`]: older,
    [`/snap/microk8s/7964/${resource}`]: newer,
    [`/snap/microk8s/current/${resource}`]: newer,
    [cniYaml]: mine,
    ...texts,
  });
}

function upgrade(twin: MicroK8sTwin, ...options: readonly string[]): Promise<Ran> {
  return run(['microk8s', 'upgrade-calico', ...options], {
    connectMicroK8s: () => Promise.resolve(twin),
  });
}

describe('microk8s upgrade-calico', () => {
  it('shows what is carried over, and changes nothing without --yes', async () => {
    const twin = node();
    const { status, stdout } = await upgrade(twin, '--diff');
    expect(status).to.equal(0);
    expect(stdout).to.include('Calico v3.25.1 -> v3.29.3');
    expect(stdout).to.include(`shipped before  /snap/microk8s/6000/${resource}`);
    expect(stdout).to.include(
      'ConfigMap/kube-system/calico-config/data/calico_backend: "bird" (shipped "vxlan")',
    );
    expect(stdout).to.include('+          image: docker.io/calico/node:v3.29.3');
    expect(stdout).to.include('nothing was changed; --yes does it');
    expect(twin.texts.get(cniYaml)).to.equal(mine);
    expect(twin.ran).to.deep.equal([]);
  });

  it('keeps the old file, writes, applies, and waits for Calico; the lock is set on request', async () => {
    const twin = node();
    const { status, stdout } = await upgrade(twin, '--yes', '--lock');
    expect(status, stdout).to.equal(0);
    expect(twin.texts.get(cniYaml)).to.equal(change(newer));
    expect(twin.applied).to.equal(change(newer));
    expect(twin.texts.get(`${cniYaml}.v3.25.1`)).to.equal(mine);
    expect(twin.ran).to.deep.equal([
      'kubectl apply --dry-run=server -f -',
      `kubectl apply -f ${cniYaml}`,
      'kubectl rollout status -n kube-system daemonset/calico-node --timeout=600s',
      'kubectl rollout status -n kube-system deployment/calico-kube-controllers --timeout=600s',
    ]);
    expect(twin.texts.has('/lock/no-manage-calico')).to.equal(true);
  });

  it('says that Calico is upgraded also where it cannot set the lock', async () => {
    const twin = node();
    Object.assign(twin.microk8s, { setLock: () => Promise.reject(new Error('the disk is full')) });
    const { status, stdout, stderr } = await upgrade(twin, '--yes', '--lock');
    expect(status).to.equal(1);
    expect(stdout).to.include('Calico v3.29.3 is ready').and.include('--lock forbids it');
    expect(stderr).to.include('the disk is full');
  });

  it('writes the file alone on the other nodes', async () => {
    const twin = node();
    await upgrade(twin, '--yes', '--file-only');
    expect(twin.texts.get(cniYaml)).to.equal(change(newer));
    expect(twin.ran).to.deep.equal([]);
  });

  it('goes back to the old file and images where the new ones do not become ready', async () => {
    const twin = node();
    twin.fails = (command, now) =>
      command.includes('rollout status') && now.includes('v3.29.3')
        ? 'Waiting…\nerror: timed out waiting for the condition'
        : undefined;
    const { status, stdout } = await upgrade(twin, '--yes', '--lock', '--timeout', '5');
    expect(status).to.equal(1);
    expect(stdout).to.include('the old manifest and its images are in force again');
    expect(stdout).to.include('error: timed out waiting for the condition');
    expect(twin.applied).to.equal(mine);
    expect(twin.texts.get(cniYaml)).to.equal(mine);
    expect(twin.texts.has('/lock/no-manage-calico')).to.equal(false);
  });

  it('goes back where the API server refuses the manifest half-way', async () => {
    const twin = node();
    twin.fails = (command, now) =>
      command.includes('apply -f') && now.includes('v3.29.3')
        ? 'Error: the DaemonSet is invalid'
        : undefined;
    const { status, stdout } = await upgrade(twin, '--yes');
    expect([status, twin.applied]).to.deep.equal([1, mine]);
    expect(stdout).to.include(
      'kubectl could not apply the manifest: Error: the DaemonSet is invalid',
    );
  });

  it('changes nothing where the API server refuses an object in the dry run', async () => {
    const twin = node();
    twin.fails = (command) =>
      command.includes('--dry-run=server')
        ? 'configmap/calico-config configured (server dry run)\nError from server (Invalid): DaemonSet "calico-node" is invalid: spec.selector: Required value'
        : undefined;
    const { status, stderr } = await upgrade(twin, '--yes', '--lock');
    expect(status).to.equal(2);
    expect(stderr).to.include('nothing was changed').and.include('spec.selector: Required value');
    expect(stderr).not.to.include('configmap/calico-config');
    expect(twin.texts.get(cniYaml)).to.equal(mine);
    expect([...twin.texts.keys()].filter((name) => name.includes('.v3.25.1'))).to.deep.equal([]);
    expect(twin.ran).to.deep.equal(['kubectl apply --dry-run=server -f -']);
  });

  it('names the objects that only the new release has when it goes back', async () => {
    const added =
      '---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: calico-cni-plugin\n  namespace: kube-system\n';
    const twin = node({
      [`/snap/microk8s/7964/${resource}`]: newer + added,
      [`/snap/microk8s/current/${resource}`]: newer + added,
    });
    twin.fails = (command, now) =>
      command.includes('rollout status') && now.includes('v3.29.3') ? 'timed out' : undefined;
    const { stdout } = await upgrade(twin, '--yes');
    expect(stdout).to.include(
      'objects of Calico v3.29.3 that the old manifest does not have stay where the server took them, and do nothing without it:\n  ServiceAccount/kube-system/calico-cni-plugin\n',
    );
  });

  it('says where the old manifest is when going back fails as well', async () => {
    const twin = node();
    twin.fails = (command) => (command.includes('apply -f') ? 'connection refused' : undefined);
    const { status, stdout } = await upgrade(twin, '--yes');
    expect(status).to.equal(1);
    expect(stdout).to.include('going back did not help').and.include(`${cniYaml}.v3.25.1`);
  });

  it('shows a conflict side by side, changes nothing, and takes the answer', async () => {
    const both = mine.replace('"cniVersion": "0.3.1"', '"cniVersion": "0.4.0"');
    const twin = node({ [cniYaml]: both });
    const id = 'ConfigMap/kube-system/calico-config/data/cni_network_config';
    const open = await upgrade(twin, '--yes');
    expect(open.status).to.equal(2);
    expect(open.stdout).to.match(
      new RegExp(
        `${id}\\n    shipped before  .*0\\.3\\.1.*\\n    mine            .*0\\.4\\.0.*\\n    shipped now     .*1\\.0\\.0`,
      ),
    );
    expect([twin.ran, twin.texts.get(cniYaml)]).to.deep.equal([[], both]);
    expect((await upgrade(twin, '--yes', '--mine', id)).status).to.equal(0);
    expect(twin.texts.get(cniYaml)).to.include('"cniVersion": "0.4.0"');
  });

  it('refuses an answer about something that is not open', async () => {
    const { status, stderr } = await upgrade(node(), '--mine', 'DaemonSet/x');
    expect(status).to.equal(2);
    expect(stderr).to.include('nothing is open under "DaemonSet/x"');
  });

  it('carries the changes over again where a refresh of the snap replaced cni.yaml', async () => {
    const twin = node({ [cniYaml]: newer, [`${cniYaml}.backup`]: mine });
    const { status, stdout } = await upgrade(twin, '--yes');
    expect(status, stdout).to.equal(0);
    expect(stdout).to.include('a refresh of the snap replaced cni.yaml');
    expect(twin.texts.get(cniYaml)).to.equal(change(newer));
  });

  it('has nothing to do where the snap ships the same release', async () => {
    const { status, stdout } = await upgrade(node({ [cniYaml]: change(newer) }), '--yes');
    expect([status, stdout]).to.deep.equal([
      0,
      'cni.yaml has Calico v3.29.3, as the snap ships it: nothing to do\n',
    ]);
  });

  it('says where the manifest of the release in use comes from when no snap has it', async () => {
    const twin = node({ [`/snap/microk8s/6000/${resource}`]: newer });
    const { status, stderr } = await upgrade(twin);
    expect(status).not.to.equal(0);
    expect(stderr).to.include('shipped with Calico v3.25.1').and.include('--shipped-before FILE');
  });

  it('refuses a cni.yaml that it cannot read, with its line', async () => {
    const twin = node({ [cniYaml]: `${mine}---\nkind: ConfigMap\n\tx: 1\n` });
    const { status, stderr } = await upgrade(twin, '--yes');
    expect(status).to.equal(2);
    expect(stderr).to.include(`${cniYaml}:68:1: error: `);
    expect(twin.ran).to.deep.equal([]);
  });
});

describe('microk8s switch-cni', () => {
  const cni = (twin: MicroK8sTwin, ...args: readonly string[]): Promise<Ran> =>
    run(['microk8s', 'switch-cni', ...args], { connectMicroK8s: () => Promise.resolve(twin) });

  it('counts what would be lost, and changes nothing without --destroy', async () => {
    const twin = node();
    const { status, stdout } = await cni(twin, 'flannel');
    expect(status).to.equal(0);
    expect(stdout).to.include(
      'microk8s disable ha-cluster --force: MicroK8s deletes ALL resources',
    );
    expect(stdout).to.include('  2  persistentvolumeclaims');
    expect(twin.ran.every((command) => command.startsWith('kubectl get'))).to.equal(true);
  });

  it('calls microk8s with --destroy', async () => {
    const twin = node();
    expect((await cni(twin, 'kube-ovn', '--destroy')).status).to.equal(0);
    expect(twin.ran.at(-1)).to.equal('enable kube-ovn --force');
  });

  it('destroys nothing that it cannot count', async () => {
    const twin = node();
    twin.fails = (command) => (command.includes('secrets') ? 'forbidden' : undefined);
    const { status, stdout } = await cni(twin, 'kube-ovn', '--destroy');
    expect(status).to.equal(1);
    expect(stdout).to.include('?  secrets: forbidden');
    expect(twin.ran.some((command) => command.startsWith('enable'))).to.equal(false);
  });
});
