/** Texts that people, agents and controllers send. */
import { readdirSync, readFileSync } from 'node:fs';
import {
  parseValue,
  readResource,
} from '../../../agent/adapters/calico-etcd/objects/stored-object.ts';
import { fleetText } from '../../../core/fleet/judge-fleet.ts';
import { parseFleetReport } from '../../../core/fleet/fleet-report.ts';
import { parseFleetSummary, summariseFleet } from '../../../core/fleet/summarise-fleet.ts';
import { parseConfig } from '../../../core/config/parse.ts';
import { locateAll } from '../../../core/config/yaml/located-yaml.ts';
import { plainValue } from '../../../core/config/yaml/plain-value.ts';
import { schemaIssues } from '../../../core/config/schema/schema-issues.ts';
import { parseSelector } from '../../../core/config/net/selector.ts';
import { parseNodes } from '../../../core/facts/parse-nodes.ts';
import { jsonBounds, textBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import type { Issue } from '../../../core/issue.ts';
import { parseMessage } from '../../../core/protocol/messages.ts';
import { parseWriterRecord } from '../../../core/writer/writer-record.ts';
import { isAgentConfig } from '../../../schemas/generated/agent-config.validator.js';
import { isChannelMessage } from '../../../schemas/generated/channel-message.validator.js';
import { isHostRequest } from '../../../schemas/generated/host-request.validator.js';
import { isGuardRequest } from '../../../schemas/generated/guard-request.validator.js';
import { isHookRequest } from '../../../schemas/generated/hook-request.validator.js';
import { isNodeFacts } from '../../../schemas/generated/node-facts.validator.js';
import { fleetDigest, fleetReport } from '../../support/samples/fleet-reports.ts';
import { nothing, texts, type Door } from './door.ts';

const examples = new URL('../../../examples/', import.meta.url);

function filesNamed(pattern: RegExp): readonly string[] {
  return readdirSync(examples, { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .map((name) => readFileSync(new URL(name, examples), 'utf8'))
    .filter((text) => text.length < 20_000);
}

const peer = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'BGPPeer',
  metadata: { name: 'a', annotations: { 'projectcalico.org/metadata': '{"labels":{"a":"b"}}' } },
  spec: { peerIP: '10.0.0.1', asNumber: 64_512, nodeSelector: 'all()' },
};
const hello = {
  type: 'hello',
  formatVersion: 1,
  cluster: 'default',
  node: 'node-0',
  agentVersion: '0.1.0',
  capabilities: [],
  facts: { name: 'node-0', addresses: ['10.0.0.2/24'], labels: { rack: 'a' } },
  revisions: { rejected: [] },
};
const hook = { hook: 'config-changed', unit: 'calico/0', options: { 'global-as-number': 64_512 } };
const settings = `apiVersion: calico-agent/v1
kind: AgentConfig
node: { name: node-0, unit: calico/0, addresses: [10.0.0.2/24] }
datastore: { driver: files }
`;
const kubectl = {
  apiVersion: 'v1',
  kind: 'List',
  items: [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'a', labels: { a: 'b' } } }],
};
const juju = {
  model: { name: 'm' },
  machines: { '0': { hostname: 'a', 'dns-name': '10.0.0.1', 'ip-addresses': ['10.0.0.1'] } },
  applications: { calico: { charm: 'calico', units: { 'calico/0': { machine: '0' } } } },
};

function readFacts(text: string): readonly Issue[] {
  const located = locateAll(text, textBounds.facts);
  if (!located.ok) return located.issues;
  return isNodeFacts(plainValue(located.root))
    ? []
    : schemaIssues(isNodeFacts.errors ?? [], located.root);
}

function readSettings(text: string): readonly Issue[] {
  const located = locateAll(text, textBounds.settings);
  if (!located.ok) return located.issues;
  return isAgentConfig(plainValue(located.root))
    ? []
    : schemaIssues(isAgentConfig.errors ?? [], located.root);
}

const longReport = fleetReport('node-0', {
  why: '\u001b]0;x\u0007',
  sessions: { expected: 2, established: 0, asExpected: false, worst: 'w', missing: ['fd00::1'] },
});
const fleetSummary = summariseFleet({
  by: 'node-0',
  digest: fleetDigest,
  nodes: ['node-0', 'node-1'],
  reports: [longReport],
  waitedMs: 0,
});

/** Their texts as an issue, which must be safe to print. */
function readFleet(text: string): readonly Issue[] {
  const read = parseFleetReport(text, 'node-0');
  const summary = read.ok
    ? summariseFleet({
        by: 'node-0',
        digest: fleetDigest,
        nodes: [],
        reports: [read.report],
        waitedMs: 0,
      })
    : parseFleetSummary(text, fleetDigest);
  const message = summary === undefined ? 'none' : fleetText(summary);
  return [{ code: 'fleet', severity: 'note', pointer: '', message }];
}

export const textDoors: readonly Door[] = [
  {
    name: 'a network configuration',
    samples: filesNamed(/(?:config|charm|bundle)[^/]*\.(?:yaml|json)$/),
    read: (text) => parseConfig(text).issues,
  },
  {
    name: 'nodes',
    samples: [...filesNamed(/nodes\.yaml$/), ...texts(kubectl, juju)],
    read: (text) => parseNodes(text).issues,
  },
  { name: 'facts', samples: texts(hello.facts), read: readFacts },
  { name: 'agent.yaml', samples: [settings], read: readSettings },
  {
    name: 'a selector',
    samples: ["rack == 'a' && !has(b) || c in {'d', 'e'}", 'all()', "a not in {'b'} && global()"],
    read: (text) => nothing(parseSelector(text)),
  },
  {
    name: 'a channel message',
    samples: texts(hello, { type: 'ping', id: 1 }, { type: 'status', changed: { state: 'x' } }),
    read: (text) =>
      nothing(parseMessage(text, { bounds: jsonBounds.agentMessage, isMessage: isChannelMessage })),
  },
  {
    name: 'an object of the datastore',
    samples: texts(peer),
    read: (text) => nothing(readResource('BGPPeer', 'a', parseValue(text))),
  },
  {
    name: 'the writer record',
    samples: texts({ formatVersion: 1, generation: 1, by: 'a', at: '2026-01-01T00:00:00Z' }),
    read: (text) => nothing(parseWriterRecord(text)),
  },
  {
    name: "another node's report, and the summary of a fleet",
    samples: texts(longReport, fleetReport('node-0'), fleetSummary),
    read: readFleet,
  },
  {
    name: 'a request for guard routes',
    samples: texts(
      { action: 'begin', seconds: 60 },
      { action: 'leave-out', destinations: ['10.0.0.0/26'] },
    ),
    read: (text) => nothing(isGuardRequest(jsonValue(text, jsonBounds.guardRequest))),
  },
  {
    name: 'a request to edit a file of the platform',
    samples: texts(
      { action: 'write-file', path: '/etc/rancher/k3s/a', before: 'absent', text: 'a: 1' },
      { action: 'restart-service', service: 'k3s.service' },
    ),
    read: (text) => nothing(isHostRequest(jsonValue(text, jsonBounds.hostRequest))),
  },
  {
    name: 'a hook request',
    samples: texts(hook),
    read: (text) => nothing(isHookRequest(jsonValue(text, jsonBounds.request))),
  },
];
