/** Starts calico-agent with the settings that the conformance runner gives: npm run conformance. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const directory = given('CONFORMANCE_DIRECTORY');
const config = path.join(directory, 'agent.yaml');

await writeFile(
  config,
  JSON.stringify({
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    node: { name: given('CONFORMANCE_NODE'), addresses: ['10.0.0.2/24', 'fd00::2/64'] },
    stateDirectory: path.join(directory, 'state'),
    socket: path.join(directory, 'agent.sock'),
    statusSocket: path.join(directory, 'status.sock'),
    datastore: { driver: 'files', directory: path.join(directory, 'resources') },
    changes: { confirmSeconds: { controller: 0 } },
    controller: {
      url: given('CONFORMANCE_URL'),
      cluster: given('CONFORMANCE_CLUSTER'),
      tokenFile: given('CONFORMANCE_TOKEN_FILE'),
      reconnect: { baseSeconds: 0.1, capSeconds: 1 },
    },
  }),
);
const program = fileURLToPath(new URL('../dist/calico-agent.js', import.meta.url));
const agent = spawn(process.execPath, [program, 'run', '--config', config], { stdio: 'inherit' });
process.on('SIGTERM', () => agent.kill('SIGTERM'));
agent.on('exit', (code) => process.exit(code ?? 1));

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: npm run conformance sets it`);
  return value;
}
