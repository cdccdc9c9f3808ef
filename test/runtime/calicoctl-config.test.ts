import { expect } from 'chai';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseAssignments } from '../../runtime/assignments.ts';
import { findCalicoctlConfig, readCalicoctlConfig } from '../../runtime/calicoctl-config.ts';
import { failure } from '../support/failure.ts';

describe("calicoctl's settings", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'calico-agent-calicoctl-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const write = async (file: string, text: string): Promise<string> => {
    const whole = path.join(root, file);
    await mkdir(path.dirname(whole), { recursive: true });
    await writeFile(whole, text);
    return whole;
  };
  const apiConfig = (spec: Readonly<Record<string, unknown>>): string =>
    JSON.stringify({ apiVersion: 'projectcalico.org/v3', kind: 'CalicoAPIConfig', spec });

  it('are empty without any source', async () => {
    expect(await findCalicoctlConfig({ HOME: '/root', KUBECONFIG: '/x' }, root)).to.deep.equal({
      type: 'none',
      looked: ['/etc/calico/calicoctl.cfg', 'ETCD_ENDPOINTS', '/opt/calicoctl/calicoctl.env'],
    });
  });

  it('are those of the file, then of the environment, then of the charm', async () => {
    const charm = await write(
      'opt/calicoctl/calicoctl.env',
      'export ETCD_ENDPOINTS=http://c:2379\n',
    );
    expect(await findCalicoctlConfig({}, root)).to.deep.equal({
      type: 'etcd',
      source: charm,
      endpoints: ['http://c:2379'],
    });
    const environment = { ETCD_ENDPOINTS: 'https://a:2379, https://b:2379' };
    expect(await findCalicoctlConfig(environment, root)).to.deep.equal({
      type: 'etcd',
      source: 'the environment',
      endpoints: ['https://a:2379', 'https://b:2379'],
    });
    const text = [
      'apiVersion: projectcalico.org/v3',
      'kind: CalicoAPIConfig',
      'metadata:',
      'spec:',
      '  datastoreType: "etcdv3"',
      '  etcdEndpoints: "https://[fd00::1]:2379"',
      '  etcdCACertFile: /etc/ca.pem',
      '  etcdUsername: ana',
      '  etcdPassword: secret',
      '  etcdCert: |',
      '    -----BEGIN CERTIFICATE-----',
    ];
    const file = await write('etc/calico/calicoctl.cfg', text.join('\n'));
    expect(await findCalicoctlConfig(environment, root)).to.deep.equal({
      type: 'etcd',
      source: file,
      endpoints: ['https://[fd00::1]:2379'],
      caFile: '/etc/ca.pem',
      username: 'ana',
      password: 'secret',
      inline: { cert: '-----BEGIN CERTIFICATE-----\n' },
    });
  });

  it('prefer a variable with CALICO_, and ignore empty ones', async () => {
    const environment = {
      CALICO_ETCD_ENDPOINTS: 'http://a:2379',
      ETCD_ENDPOINTS: 'http://b:2379',
      ETCD_CA_CERT_FILE: '',
      ETCD_CERT_FILE: '/cert',
      ETCD_KEY_FILE: '/key',
    };
    expect(await findCalicoctlConfig(environment, root)).to.deep.equal({
      type: 'etcd',
      source: 'the environment',
      endpoints: ['http://a:2379'],
      certFile: '/cert',
      keyFile: '/key',
    });
  });

  it('may choose Kubernetes', async () => {
    const environment = { DATASTORE_TYPE: 'kubernetes', KUBECONFIG: '/root/.kube/config' };
    expect(await findCalicoctlConfig(environment, root)).to.deep.equal({
      type: 'kubernetes',
      source: 'the environment',
      kubeconfig: '/root/.kube/config',
    });
    const spec = { kubeconfig: '/k', k8sCurrentContext: 'prod' };
    const file = await write('etc/calico/calicoctl.cfg', apiConfig(spec));
    expect(await findCalicoctlConfig({}, root)).to.deep.equal({
      type: 'kubernetes',
      source: file,
      kubeconfig: '/k',
      context: 'prod',
    });
  });

  it('may describe an API server without a kubeconfig', async () => {
    const known = {
      server: 'https://k:6443',
      certFile: '/cert',
      keyFile: '/key',
      token: 'secret',
      insecure: true,
    };
    const spec = {
      datastoreType: 'kubernetes',
      k8sAPIEndpoint: 'https://k:6443',
      k8sCertFile: '/cert',
      k8sKeyFile: '/key',
      k8sAPIToken: 'secret',
      k8sInsecureSkipTLSVerify: true,
    };
    const file = await write('etc/calico/calicoctl.cfg', apiConfig(spec));
    expect(await findCalicoctlConfig({}, root)).to.deep.equal({
      type: 'kubernetes',
      source: file,
      ...known,
    });
    await rm(file);
    const environment = {
      DATASTORE_TYPE: 'kubernetes',
      K8S_API_ENDPOINT: 'https://k:6443',
      K8S_CERT_FILE: '/cert',
      K8S_KEY_FILE: '/key',
      K8S_API_TOKEN: 'secret',
      K8S_INSECURE_SKIP_TLS_VERIFY: 'true',
    };
    expect(await findCalicoctlConfig(environment, root)).to.deep.equal({
      type: 'kubernetes',
      source: 'the environment',
      ...known,
    });
  });

  const server = { k8sAPIEndpoint: 'https://k:6443' };
  const refused: readonly (readonly [spec: object, why: RegExp])[] = [
    [
      { kubeconfigInline: 'users: [secret]', kubeconfig: '/k' },
      /\(kubeconfigInline\).* name a file/,
    ],
    [{ kubeconfig: '/k', ...server }, /its kubeconfig \(k8sAPIEndpoint\)/],
    [{ kubeconfig: '/k', k8sAPIToken: 'secret' }, /its kubeconfig \(k8sAPIToken\)/],
    [{ kubeconfig: '/k', k8sInsecureSkipTLSVerify: true }, /\(k8sInsecureSkipTLSVerify\)/],
    [{ k8sAPIToken: 'secret', k8sCAFile: '/ca' }, /k8sCAFile, k8sAPIToken without k8sAPIEndpoint/],
    [{ ...server, k8sCertFile: '/cert' }, /k8sCertFile and k8sKeyFile belong together/],
  ];
  for (const [spec, why] of refused) {
    it(`are not followed in part, and no secret is shown: ${Object.keys(spec).join(', ')}`, async () => {
      await write('etc/calico/calicoctl.cfg', apiConfig({ datastoreType: 'kubernetes', ...spec }));
      const found = await findCalicoctlConfig({}, root);
      expect(found.type === 'unsupported' ? found.why : found.type).to.match(why);
      expect(JSON.stringify(found)).not.to.include('secret');
    });
  }

  it('are followed when they ask for a check of certificates', async () => {
    const spec = { datastoreType: 'kubernetes', kubeconfig: '/k', k8sInsecureSkipTLSVerify: false };
    const source = await write('etc/calico/calicoctl.cfg', apiConfig(spec));
    expect(await findCalicoctlConfig({}, root)).to.deep.equal({
      type: 'kubernetes',
      source,
      kubeconfig: '/k',
    });
  });

  it('may contain unsupported values', async () => {
    const environment = { DATASTORE_TYPE: 'etcdv3', ETCD_DISCOVERY_SRV: 'example.org' };
    const found = await findCalicoctlConfig(environment, root);
    expect(found).to.deep.include({ type: 'unsupported', source: 'the environment' });
    expect(found.type === 'unsupported' ? found.why : '').to.match(/DNS SRV/);
    const etcdv2 = await findCalicoctlConfig({ DATASTORE_TYPE: 'etcdv2' }, root);
    expect(etcdv2).to.deep.include({ type: 'unsupported' });
  });

  it('are refused when one is not text, as calicoctl refuses it, and its value is not shown', async () => {
    for (const [field, value] of [
      ['etcdPassword', 4711],
      ['etcdEndpoints', ['http://4711:2379']],
      ['k8sAPIToken', 4711],
    ] as const) {
      const text = apiConfig({
        datastoreType: 'etcdv3',
        other: 1,
        etcdUsername: null,
        [field]: value,
      });
      const { message } = await failure(readCalicoctlConfig(await write('x.cfg', text)));
      expect(message).to.contain(`spec.${field} has to be a text: put it in quotes`);
      expect(message).to.not.contain('4711');
    }
  });

  it('are refused with the file’s name when it is another document', async () => {
    for (const text of ['kind: Other\n', 'a: [', '', '- x\n']) {
      const file = await write('x.cfg', text);
      const error = await failure(readCalicoctlConfig(file));
      expect(error).to.include({ code: 'invalid-settings' });
      expect(error.message).to.contain(file);
    }
    expect(await failure(readCalicoctlConfig(path.join(root, 'none')))).to.include({
      code: 'not-found',
    });
  });
});

describe('assignments', () => {
  const table = [
    ['A=b', { A: 'b' }],
    ['export A=b\n# c\n\n  B="c d" # e\n', { A: 'b', B: 'c d' }],
    ['A=\'b "c"\'\r\nB=b\\ c\nC=\n', { A: 'b "c"', B: 'b c', C: '' }],
    ['A="b\\"c\\$d"', { A: 'b"c$d' }],
    ['A=x; rm -rf /', { A: 'x' }],
    ['A=$(id)`id`$B', { A: '$(id)`id`$B' }],
    ['A=1\nunset B\nB=2', { A: '1', B: '2' }],
    ['apiVersion: v1\nA=b', undefined],
    ['', undefined],
  ] as const;
  for (const [text, expected] of table) {
    it(`are read and never run: ${JSON.stringify(text)}`, () => {
      expect(parseAssignments(text)).to.deep.equal(expected);
    });
  }
});
