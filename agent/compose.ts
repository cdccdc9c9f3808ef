/** The only place that builds adapters. */
import { hostname } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import { jujuSettingsFile } from '../runtime/files/juju-settings-file.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import { silentLogger, type Logger } from '../runtime/log/logger.ts';
import type { AgentStatus } from '../schemas/generated/agent-status.ts';
import { createBirdSessions } from './adapters/bird/bird-sessions.ts';
import { createCalicoFiles, resourceFolders } from './adapters/calico-files/driver.ts';
import {
  agentLimits,
  programBeside,
  usualConfinement,
} from '../runtime/confined/usual-confinement.ts';
import { createConfinedDecider } from './adapters/decider/confined-decider.ts';
import { createHostFacts, nodeName } from './adapters/host-facts/host-facts.ts';
import { createJournalFiles } from './adapters/state-directory/journal-files.ts';
import { createJujuSettingsFiles } from './adapters/state-directory/juju-settings-files.ts';
import { createRevisionFiles } from './adapters/state-directory/revision-files.ts';
import { stateFolders } from './adapters/state-directory/state-folders.ts';
import { systemClock } from './adapters/system-clock/system-clock.ts';
import { createAgent, type RunningAgent } from './app/create-agent.ts';
import { summarizeRevisions, type RevisionSummary } from './app/state/history.ts';
import type { ChosenDatastore, DatastoreChoice } from './datastores/choose-datastore.ts';
import type { LxdHost } from './ports/lxd-host.ts';
import { createStorageProblems, type StorageProblem } from './ports/storage-problems.ts';
import type { ConnectedDatastore } from './ports/connected-datastore.ts';
import type { Finding, HostExpectations } from './ports/diagnosis.ts';
import type { JujuSettings } from './ports/juju-settings.ts';
import type { Texts } from './ports/texts.ts';
import type { DaemonSettings, DatastoreSettings } from './settings.ts';

const deciderProgram = programBeside('calico-agent-decider.js', 'agent/decider.ts');

export interface DaemonParts {
  readonly logger: Logger;
  readonly controllerState: () => AgentStatus['controller'];
  /** Takes the state directory. @throws AppError while its disk does not allow it */
  readonly claim: () => Promise<void>;
}

export async function composeAgent(
  settings: DaemonSettings,
  { logger, controllerState, claim }: DaemonParts,
): Promise<RunningAgent> {
  const { stateDirectory, nodesKubeconfig } = settings;
  const problems = createStorageProblems();
  if (settings.jujuProblem !== undefined) problems.note(jujuProblemOf(settings));
  const fallbackName = nodeName(hostname());
  const decider = createConfinedDecider(usualConfinement(deciderProgram, agentLimits, logger));
  const digestOfText = (text: string): Promise<string | undefined> =>
    decider.digest(text, { isUrgent: true });
  let node = (): string => fallbackName;
  const agent = createAgent({
    settings: settings.agent,
    agentVersion: packageJson.version,
    fallbackName,
    ...(settings.role === 'lxd-host'
      ? {
          connection: (await import('./adapters/no-calico/no-calico.ts')).noCalico,
          lxd: await connectLxd(logger),
        }
      : {
          connection: await connectDatastore(settings.datastore, () => node(), decider.texts),
          sessions: createBirdSessions({ sockets: settings.birdSockets }),
        }),
    decider,
    store: createRevisionFiles(stateDirectory, logger, { problems, digestOfText }),
    journal: createJournalFiles(stateDirectory, logger, { problems, entries: decider.entries }),
    problems,
    claim,
    factsSource: createHostFacts(),
    readFactsMs: 10_000,
    clock: systemClock,
    logger,
    controllerState,
    ...(nodesKubeconfig !== undefined && { livingNodes: () => namesOfNodes(nodesKubeconfig) }),
  });
  node = () => agent.readings.facts().name;
  return agent;
}

function jujuProblemOf({ stateDirectory, jujuProblem }: DaemonSettings): StorageProblem {
  const message = `what Juju said of how this agent runs cannot be used: ${jujuProblem?.message ?? ''}`;
  const hint = 'nothing is to be done: the next Juju hook says it again';
  return { file: jujuSettingsFile(stateDirectory), message, hint };
}

/** What Juju's hooks say of how this agent runs. */
export function composeJujuSettings({
  stateDirectory,
  jujuSettings,
}: DaemonSettings): JujuSettings {
  return createJujuSettingsFiles(stateDirectory, jujuSettings);
}

/** Connects when it is first used; what a driver needs is loaded only where it is the one. */
async function connectDatastore(
  settings: DatastoreSettings | ChosenDatastore,
  node: () => string,
  texts?: Texts,
): Promise<ConnectedDatastore> {
  const options = { node, clock: systemClock, environment: process.env };
  switch (settings.driver) {
    case 'files':
      return createCalicoFiles(settings, texts);
    case 'etcd': {
      const { createCalicoEtcd } = await import('./adapters/calico-etcd/driver.ts');
      return createCalicoEtcd(settings, options);
    }
    case 'kubernetes': {
      const { createCalicoKubernetes } =
        await import('./adapters/calico-kubernetes/calico-kubernetes.ts');
      return createCalicoKubernetes(settings, options);
    }
    case 'auto': {
      const { requireCalico } = settings;
      const { createAutoDatastore } = await import('./datastores/auto-datastore.ts');
      const { chooseDatastore } = await import('./datastores/choose-datastore.ts');
      return createAutoDatastore({
        choose: async () => ({
          ...(await chooseDatastore(process.env)),
          ...withoutUndefined({ requireCalico }),
        }),
        connect: (chosen) => connectDatastore(chosen, node, texts),
      });
    }
  }
}

/** LXD on this machine, found when it is used. */
export async function connectLxd(logger: Pick<Logger, 'warn'>): Promise<LxdHost> {
  const { createLxdHost } = await import('./adapters/lxd/lxd-host.ts');
  return createLxdHost({ environment: process.env, logger });
}

/** For commands that look at a datastore without the daemon. @throws AppError */
export async function connectChosen(choice: DatastoreChoice): Promise<ConnectedDatastore> {
  const { datastoreOfChoice } = await import('./datastores/choose-datastore.ts');
  return connectDatastore(await datastoreOfChoice(choice), () => nodeName(hostname()));
}

/** How this machine is for Calico and for us. */
export async function diagnoseHost(expected: HostExpectations): Promise<readonly Finding[]> {
  const [{ createHostDiagnosis }, { createHostRoutes }] = await Promise.all([
    import('./adapters/host-diagnosis/host-diagnosis.ts'),
    import('./adapters/host-routes/host-routes.ts'),
  ]);
  const bgp = {
    sessions: createBirdSessions({ sockets: expected.birdSockets }),
    routes: createHostRoutes(),
  };
  return createHostDiagnosis(expected, bgp).diagnose();
}

/** The names of all nodes, as a Kubernetes beside the datastore knows them. */
async function namesOfNodes(kubeconfig: string): Promise<readonly string[]> {
  const kubernetes = await connectDatastore({ driver: 'kubernetes', kubeconfig }, () => '');
  try {
    return (await kubernetes.survey.survey()).nodes.map(({ name }) => name);
  } finally {
    await kubernetes.datastore.close();
  }
}

/** Where a kill -9 may leave half a file. */
export function writtenFolders({
  role,
  stateDirectory,
  datastore,
}: DaemonSettings): readonly string[] {
  return [
    ...stateFolders(stateDirectory),
    ...(role === 'node' && datastore.driver === 'files' ? resourceFolders(datastore.folder) : []),
  ];
}

/** The history as it lies on disk, for when the daemon is dead. */
export async function readHistory(stateDirectory: string): Promise<readonly RevisionSummary[]> {
  const store = createRevisionFiles(stateDirectory, silentLogger);
  const journal = createJournalFiles(stateDirectory, silentLogger);
  return summarizeRevisions(store, journal, await store.loadState());
}
