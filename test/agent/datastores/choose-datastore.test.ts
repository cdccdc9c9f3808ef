import { expect } from 'chai';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chooseDatastore } from '../../../agent/datastores/choose-datastore.ts';
import { failure } from '../../support/failure.ts';

describe('the choice of a datastore by the settings of calicoctl', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'choose-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('is Kubernetes without settings, and etcd once the charm has written its file', async () => {
    expect(await chooseDatastore({}, root)).to.deep.equal({ driver: 'kubernetes' });
    await mkdir(path.join(root, 'opt/calicoctl'), { recursive: true });
    const file = path.join(root, 'opt/calicoctl/calicoctl.env');
    await writeFile(file, 'export ETCD_ENDPOINTS=http://c:2379\n');
    expect(await chooseDatastore({}, root)).to.deep.equal({ driver: 'etcd' });
  });

  it('keeps all that they say about Kubernetes', async () => {
    const environment = {
      DATASTORE_TYPE: 'kubernetes',
      K8S_API_ENDPOINT: 'https://k:6443',
      K8S_CERT_FILE: '/cert',
      K8S_KEY_FILE: '/key',
      K8S_API_TOKEN: 'secret',
      K8S_INSECURE_SKIP_TLS_VERIFY: '1',
    };
    expect(await chooseDatastore(environment, root)).to.deep.equal({
      driver: 'kubernetes',
      server: 'https://k:6443',
      certFile: '/cert',
      keyFile: '/key',
      token: 'secret',
      insecure: true,
    });
  });

  it('is none when they contain something that is not supported', async () => {
    const environment = { DATASTORE_TYPE: 'kubernetes', K8S_API_TOKEN: 'secret' };
    const error = await failure(chooseDatastore(environment, root));
    expect(error.message).to.match(/^the environment: it has k8sAPIToken without k8sAPIEndpoint/);
    expect(error.message).not.to.include('secret');
  });
});
