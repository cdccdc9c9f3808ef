/** Files of other programs, and the daemons' own files on disk. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createJournalFiles } from '../../../agent/adapters/state-directory/journal-files.ts';
import { revisionFileName } from '../../../agent/adapters/state-directory/revision-file-name.ts';
import { createRevisionFiles } from '../../../agent/adapters/state-directory/revision-files.ts';
import { rebuildState } from '../../../agent/app/state/rebuild-state.ts';
import { summarizeRevisions } from '../../../agent/app/state/history.ts';
import { readSettings } from '../../../agent/settings.ts';
import { earlierFiles } from '../../../controller/adapters/earlier-files/earlier-files.ts';
import { createFleetStore } from '../../../controller/app/store/fleet-store.ts';
import type { RecordName, Store, StoredRecord } from '../../../controller/ports/store.ts';
import { digestOfText } from '../../../core/config/digest-of-text.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { refOf } from '../../../core/protocol/messages.ts';
import { readCalicoctlConfig } from '../../../runtime/calicoctl-config.ts';
import { readKubeconfigs } from '../../../runtime/kubernetes/access/kubeconfig.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { nothing, texts, type Door } from './door.ts';

const text = 'global-as-number: 65001\n';
const ref = { lineage: 'local:node-0', number: 3, digest: digestOfText(text) ?? '' };
const at = '2026-01-01T00:00:00Z';
const revision: Revision = {
  formatVersion: 1,
  ...ref,
  mediaType: 'application/yaml',
  text,
  acceptedAt: at,
  source: 'local',
  by: 'root',
};
const pushed: Revision = { ...revision, lineage: 'controller:default', source: 'controller' };
const state = {
  formatVersion: 1,
  takenBy: 'local',
  accepted: ref,
  inForce: ref,
  confirmed: ref,
  lineages: [ref],
  rejected: [{ ...ref, number: 2, at, reason: 'refused' }],
  confirmedBy: 'health',
  previous: { ...ref, number: 1 },
  confirmWithin: { revision: ref, seconds: 120 },
  confirming: {
    revision: ref,
    previous: { ...ref, number: 1 },
    mode: 'person',
    seconds: 120,
    deadline: { bootId: 'b', atMs: 5000 },
    isInForce: true,
    baseline: {
      sessions: [{ neighbor: '10.0.0.1', port: 179, remoteAs: 65000, established: true }],
      routes: ['192.168.1.0/26'],
      controller: true,
    },
  },
};
const entry = {
  formatVersion: 1,
  id: 1,
  revision: ref,
  startedAt: at,
  attempts: 1,
  stepsDone: 0,
  plan: {
    formatVersion: 1,
    steps: [{ title: 'a', why: 'b', changes: [{ action: 'create', share: { kind: 'cluster' } }] }],
  },
  failure: { at, code: 'disk-full', message: 'the disk is full' },
  ended: { at, result: 'failed' },
};
const { ended: _ended, ...openEntry } = entry;
const fleet = {
  formatVersion: 1,
  cluster: 'default',
  nodes: [
    {
      name: 'node-0',
      facts: { addresses: ['10.0.0.2/24'], labels: { a: 'b' } },
      agentVersion: '0.1.0',
      lastSeenAt: at,
    },
  ],
};
const kubeconfig = `apiVersion: v1
kind: Config
current-context: a
contexts:
- name: a
  context: { cluster: c, user: u, namespace: n }
clusters:
- name: c
  cluster: { server: "https://10.0.0.1:6443", insecure-skip-tls-verify: true }
users:
- name: u
  user:
    token: secret
    exec: { apiVersion: client.authentication.k8s.io/v1, command: aws, args: [a], env: [{ name: A, value: b }] }
`;
const inlineCertificate = `apiVersion: v1
kind: Config
current-context: a
contexts: [{ name: a, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { server: "https://a:1", certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1BPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo= } }]
users: [{ name: u, user: { client-certificate-data: LS0tLS1CRUdJTg==, client-key-data: LS0tLS1CRUdJTg== } }]
`;
const calicoctl = `apiVersion: projectcalico.org/v3
kind: CalicoAPIConfig
metadata:
spec:
  datastoreType: etcdv3
  etcdEndpoints: https://10.0.0.1:2379,https://10.0.0.2:2379
  etcdKeyFile: /a
`;
const assignments = `# calicoctl
export ETCD_ENDPOINTS="https://10.0.0.1:2379"
ETCD_CA_CERT_FILE='/root/a b' # c
DATASTORE_TYPE=etcdv3
`;

/** @param folder an empty one; damaged files are set aside there */
export function fileDoors(folder: string): readonly Door[] {
  /** A new file for each text, in a folder of its own for each door. */
  const written = (name: string, content: string): string => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  const stateIn = (name: string): ReturnType<typeof createRevisionFiles> =>
    createRevisionFiles(path.join(folder, name), silentLogger);
  return [
    {
      name: 'a kubeconfig',
      samples: [kubeconfig, inlineCertificate],
      read: async (content) =>
        nothing(await readKubeconfigs([written('kubeconfig', content)], undefined)),
    },
    {
      name: "calicoctl's settings",
      samples: [calicoctl, assignments],
      read: async (content) =>
        nothing(await readCalicoctlConfig(written('calicoctl.cfg', content))),
    },
    {
      name: 'the settings that Juju sent',
      samples: texts({
        apiVersion: 'calico-agent/v1',
        kind: 'AgentConfig',
        datastore: { driver: 'etcd', endpoints: ['https://10.0.0.1:2379'] },
        controller: { url: 'wss://a:1' },
      }),
      read: async (content) => {
        written('settings/juju/agent.json', content);
        const directory = JSON.stringify(path.join(folder, 'settings'));
        const own = `apiVersion: calico-agent/v1\nkind: AgentConfig\nstateDirectory: ${directory}\n`;
        const { jujuProblem } = await readSettings(written('settings/agent.yaml', own));
        return jujuProblem?.issues ?? [];
      },
    },
    {
      name: 'state.json',
      samples: texts(state),
      read: async (content) => {
        written('state/state.json', content);
        return nothing(await stateIn('state').loadState());
      },
    },
    {
      name: 'a stored revision',
      samples: texts(revision),
      read: async (content) => {
        written(`revision/revisions/${revisionFileName(ref)}`, content);
        const store = stateIn('revision');
        const revisions = await store.list();
        return nothing(rebuildState({ revisions, history: [] }, at, 'lost'), await store.load(ref));
      },
    },
    {
      name: 'the journal',
      samples: texts(entry, openEntry),
      read: async (content) => {
        written('journal/journal.json', content);
        written('journal/history/7.json', content);
        const journal = createJournalFiles(path.join(folder, 'journal'), silentLogger);
        await summarizeRevisions(stateIn('journal'), journal, undefined);
        return nothing(
          rebuildState({ revisions: [], history: await journal.summaries() }, at, 'lost'),
        );
      },
    },
    {
      name: "the files of the controller's earlier version",
      samples: texts(fleet, pushed),
      read: async (content) => {
        written('fleet/fleet.json', content);
        written('fleet/revisions/3.json', content);
        const options = { cluster: 'default', logger: silentLogger, digestOfText: digestLater };
        return nothing(await earlierFiles(path.join(folder, 'fleet'), options).read());
      },
    },
    {
      name: "the records of the controller's store",
      samples: texts(
        { formatVersion: 1, lastNumber: 3, cluster: 'default' },
        fleet.nodes[0],
        { formatVersion: 1, node: 'node-0', stage: 'confirmed', accepted: refOf(pushed), peers: 2 },
        pushed,
      ),
      read: async (content) => {
        const store = storeOf(content);
        const deps = { store, cluster: 'default', logger: silentLogger, digestOfText: digestLater };
        return nothing(await createFleetStore(deps).load());
      },
    },
  ];
}

function digestLater(given: string): Promise<string | undefined> {
  return Promise.resolve(digestOfText(given));
}

/** A store of which every record has this text. */
function storeOf(given: string): Store {
  const recordOf = (name: RecordName): StoredRecord => ({ ...name, version: 1, text: given });
  return {
    place: 'the store',
    bounds: { changes: 1, bytes: 1 },
    get: (name) => Promise.resolve(recordOf(name)),
    list: ({ kind }) => Promise.resolve({ records: [recordOf({ kind, key: 'default/node-0' })] }),
    commit: () => Promise.resolve({ ok: true, version: 1 }),
    snapshot: () => Promise.reject(new Error('not here')),
    watch: () => Promise.resolve(() => undefined),
    lead: () => Promise.resolve({ holder: 'nobody' }),
    close: () => Promise.resolve(),
  };
}
