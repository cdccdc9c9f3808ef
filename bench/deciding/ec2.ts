/**
 * The daemon, idle, with and without a `cloud:` section in force: resident
 * memory. EC2 and the metadata service are stand-ins in this process.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startImds } from '../../test/support/servers/stand-in-imds.ts';
import { startScriptedServer, text } from '../../test/support/servers/scripted-server.ts';
import { agentConfig, agentProgram } from '../agent/daemon.ts';
import { get, median, residentMb, start, stop } from '../measure.ts';

const rounds = 3;
const idleMs = 15_000;
const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const section = `${head}cloud: { provider: aws, sourceDestCheck: disabled }\n`;

/** An instance whose interface is as the section asks. */
const answer = `<?xml version="1.0"?><DescribeInstancesResponse><reservationSet><item><instancesSet><item>
<instanceId>i-0123456789abcdef0</instanceId><networkInterfaceSet><item>
<networkInterfaceId>eni-0123456789abcdef0</networkInterfaceId><privateIpAddress>10.0.0.2</privateIpAddress>
<attachment><deviceIndex>0</deviceIndex></attachment><sourceDestCheck>false</sourceDestCheck>
</item></networkInterfaceSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`;

export async function benchEc2(): Promise<void> {
  const imds = await startImds();
  const ec2 = await startScriptedServer(text(200, answer));
  const folder = await mkdtemp(path.join(os.tmpdir(), 'calico-agent-bench-'));
  const aws = { metadataEndpoint: imds.endpoint, ec2Endpoint: ec2.url };
  const without: number[] = [];
  const withSection: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const at = path.join(folder, String(round));
      without.push(await memoryWith(head, `${at}-without`, aws));
      withSection.push(await memoryWith(section, `${at}-with`, aws));
    }
  } finally {
    await Promise.all([imds.close(), ec2.close()]);
    await rm(folder, { recursive: true, force: true });
  }
  const [plain, cloud] = [median(without), median(withSection)];
  console.log('resident memory of the idle daemon, MB');
  console.log(`  without a cloud section ${plain.toFixed(1).padStart(8)}`);
  console.log(
    `  with it                 ${cloud.toFixed(1).padStart(8)}  ratio ${(cloud / plain).toFixed(2)}`,
  );
}

async function memoryWith(document: string, folder: string, aws: object): Promise<number> {
  await mkdir(folder);
  const config = await agentConfig(folder);
  const settings = await readFile(config, 'utf8');
  await writeFile(config, `${settings.trimEnd().slice(0, -1)},"aws":${JSON.stringify(aws)}}`);
  const socket = path.join(folder, 'agent.sock');
  const args = [agentProgram(), 'run', '--config', config];
  const running = await start(args, socket, '/v1/status');
  try {
    const options = { method: 'PUT', body: document, contentType: 'application/yaml' };
    await get(socket, '/v1/config?wait=60', options);
    await wait(idleMs);
    return await residentMb(running);
  } finally {
    await stop(running);
  }
}
