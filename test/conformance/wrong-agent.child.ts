/** A small agent without calico-agent's code. Its argument names the one rule that it breaks. */
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';

const [, , fault = 'none'] = process.argv;
const { CONFORMANCE_URL = '', CONFORMANCE_TOKEN_FILE = '' } = process.env;
const { CONFORMANCE_CLUSTER: cluster, CONFORMANCE_NODE: node } = process.env;
const token = readFileSync(CONFORMANCE_TOKEN_FILE, 'utf8').trim();
const path = fault === 'other-path' ? '/v2/agents' : '/v1/agents';
const socket = new WebSocket(`${CONFORMANCE_URL}${path}`, ['calico-agent.v1'], {
  headers: fault === 'no-token' ? {} : { authorization: `Bearer ${token}` },
});
const send = (message: object): void => socket.send(JSON.stringify(message));

socket.on('open', () => {
  send({
    type: 'hello',
    formatVersion: fault === 'lies' ? 2 : 1,
    cluster,
    node,
    agentVersion: '0',
    capabilities: [],
    facts: {},
    revisions: { rejected: [] },
  });
});
socket.on('message', (data) => {
  if (!Buffer.isBuffer(data)) return;
  const message = read(data.toString('utf8'));
  if (message === undefined) {
    if (fault !== 'goes-on') socket.close(4400, 'no message');
    return;
  }
  if (message['type'] === 'ping' && fault !== 'answers-no-ping') send({ ...message, type: 'pong' });
  if (message['type'] === 'config') acknowledge(message);
});
socket.on('error', () => undefined);
// It runs until SIGTERM, also without a connection.
setInterval(() => undefined, 60_000);

function acknowledge({ lineage, number, digest }: Readonly<Record<string, unknown>>): void {
  const stages =
    fault === 'acks-late' ? ['applied', 'confirmed'] : ['received', 'applied', 'confirmed'];
  for (const stage of stages) send({ type: 'ack', lineage, number, digest, stage });
}

function read(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const message: Readonly<Record<string, unknown>> = JSON.parse(text);
    return message;
  } catch {
    return undefined;
  }
}
