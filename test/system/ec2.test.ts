/** The daemon on an instance of EC2: moto for the API, and our metadata service with tokens. */
import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnDaemon, type Daemon } from '../support/machine/daemon.ts';
import { element, startMoto, type Moto } from '../support/servers/moto.ts';
import { startImds, type StandInImds } from '../support/servers/stand-in-imds.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const section = `${head}cloud: {provider: aws, sourceDestCheck: disabled}\n`;

describe('the daemon on an instance of EC2', function () {
  this.timeout(90_000);
  let folder: string;
  let running: Moto | undefined;
  let moto: Moto;
  let imds: StandInImds;
  let daemon: Daemon | undefined;
  let instance: string;
  let interfaces: readonly { readonly id: string; readonly address: string }[];

  before(async function () {
    running = await startMoto();
    if (running === undefined) return this.skip();
    moto = running;
    return undefined;
  });
  after(() => running?.close());

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-ec2-'));
    const subnets = await moto.call('ec2', { Action: 'DescribeSubnets' });
    const SubnetId = element(subnets, 'subnetId');
    const made = await moto.call('ec2', {
      ...{
        Action: 'RunInstances',
        ImageId: 'ami-12c6146b',
        MinCount: '1',
        MaxCount: '1',
        SubnetId,
      },
    });
    instance = element(made, 'instanceId');
    const second = await moto.call('ec2', { Action: 'CreateNetworkInterface', SubnetId });
    const NetworkInterfaceId = element(second, 'networkInterfaceId');
    await moto.call('ec2', {
      ...{ Action: 'AttachNetworkInterface', InstanceId: instance, NetworkInterfaceId },
      DeviceIndex: '1',
    });
    interfaces = [
      { id: element(made, 'networkInterfaceId'), address: element(made, 'privateIpAddress') },
      { id: NetworkInterfaceId, address: element(second, 'privateIpAddress') },
    ];
    imds = await startImds({ instance });
  });
  afterEach(async () => {
    await daemon?.kill('SIGKILL');
    daemon = undefined;
    await imds.close();
    await rm(folder, { recursive: true });
  });

  const at = (name: string): string => path.join(folder, name);
  const start = async (...addresses: readonly string[]): Promise<void> => {
    const settings = {
      apiVersion: 'calico-agent/v1',
      kind: 'AgentConfig',
      node: { name: 'node-0', addresses: addresses.map((one) => `${one}/20`) },
      stateDirectory: at('state'),
      socket: at('agent.sock'),
      statusSocket: at('status.sock'),
      changes: { confirmSeconds: { apply: 0 } },
      aws: { metadataEndpoint: imds.endpoint, ec2Endpoint: moto.url },
    };
    await writeFile(at('agent.yaml'), JSON.stringify(settings));
    daemon = spawnDaemon(at('agent.yaml'), at('agent.sock'));
    await daemon.logged('listening');
  };
  const ask = async (
    method: 'GET' | 'PUT' | 'POST',
    route: string,
    body?: string,
  ): Promise<string> => {
    const request = { method, path: route, ...(body !== undefined && { body }) };
    const answer = await daemon?.client.request({ ...request, mediaType: 'application/yaml' });
    return answer?.body ?? '';
  };
  const checks = async (): Promise<readonly string[]> =>
    Promise.all(
      interfaces.map(async ({ id }) => {
        const xml = await moto.call('ec2', {
          ...{ Action: 'DescribeNetworkInterfaces', 'NetworkInterfaceId.1': id },
        });
        return element(xml, 'sourceDestCheck');
      }),
    );

  it('disables the check of the interface that has its address, and puts it back', async () => {
    const [, second] = interfaces;
    await start(second?.address ?? '');
    const plan = await ask('POST', '/v1/plan', section);
    expect(plan).to.contain('set-source-dest-check').and.not.contain('cloud-not-permitted');
    expect(await checks(), 'a plan changes nothing').to.deep.equal(['true', 'true']);
    expect(await ask('PUT', '/v1/config?wait=30', section)).to.contain('"result":"confirmed"');
    expect(await checks()).to.deep.equal(['true', 'false']);
    expect(await ask('PUT', '/v1/config?wait=30', head)).to.contain('"result":"confirmed"');
    expect(await checks()).to.deep.equal(['true', 'true']);
  });

  it('goes on after kill -9, and knows what was before', async () => {
    await start(...interfaces.map(({ address }) => address).slice(0, 1));
    await ask('PUT', '/v1/config?wait=30', section);
    expect(await checks()).to.deep.equal(['false', 'true']);
    await daemon?.kill('SIGKILL');
    await start(...interfaces.map(({ address }) => address).slice(0, 1));
    expect(await ask('PUT', '/v1/config?wait=30', head)).to.contain('"result":"confirmed"');
    expect(await checks()).to.deep.equal(['true', 'true']);
  });

  it('says which statement an instance profile lacks, by IAM itself', async () => {
    const policy = (...statements: readonly object[]): string =>
      JSON.stringify({ Version: '2012-10-17', Statement: statements });
    const trust = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' } };
    const role = await moto.call('iam', {
      ...{ Action: 'CreateRole', RoleName: 'profile' },
      AssumeRolePolicyDocument: policy({ ...trust, Action: 'sts:AssumeRole' }),
    });
    const mayRead = { Effect: 'Allow', Action: 'ec2:DescribeInstances', Resource: '*' };
    await moto.call('iam', {
      ...{ Action: 'PutRolePolicy', RoleName: 'profile', PolicyName: 'reads' },
      PolicyDocument: policy(mayRead),
    });
    const RoleArn = element(role, 'Arn');
    const session = await moto.call('sts', {
      ...{ Action: 'AssumeRole', RoleArn, RoleSessionName: instance },
    });
    imds.texts.set(
      'meta-data/iam/security-credentials/node-profile',
      JSON.stringify({
        AccessKeyId: element(session, 'AccessKeyId'),
        SecretAccessKey: element(session, 'SecretAccessKey'),
        Token: element(session, 'SessionToken'),
        Expiration: new Date(Date.now() + 3_600_000).toISOString(),
      }),
    );
    await start(interfaces[0]?.address ?? '');
    await moto.enforceIam();
    try {
      const plan = await ask('POST', '/v1/plan', section);
      expect(plan).to.contain('cloud-not-permitted');
      expect(plan).to.contain(`:network-interface/${interfaces[0]?.id ?? ''}`);
      expect(plan).to.contain('ec2:ModifyNetworkInterfaceAttribute');
    } finally {
      await moto.enforceIam(1_000_000);
    }
    expect(await checks()).to.deep.equal(['true', 'true']);
  });
});
