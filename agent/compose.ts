/** Builds all adapters except the datastore drivers, which datastores/drivers.ts builds. */
import { hostname } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import { usualGuard, type GuardSettings } from '../core/guard/guard-settings.ts';
import { jujuSettingsFile } from '../runtime/files/juju-settings-file.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import { silentLogger, type Logger } from '../runtime/log/logger.ts';
import type { AgentStatus } from '../schemas/generated/agent-status.ts';
import { createLateCluster } from './adapters/cluster-kubernetes/late-cluster.ts';
import { createBirdSessions } from './adapters/bird/bird-sessions.ts';
import { resourceFolders } from './adapters/calico-files/driver.ts';
import {
  agentLimits,
  programBeside,
  usualConfinement,
} from '../runtime/confined/usual-confinement.ts';
import { createConfinedDecider } from './adapters/decider/confined-decider.ts';
import { createAskHelper } from './adapters/guard-routes/ask-helper.ts';
import { createGuardRoutes } from './adapters/guard-routes/guard-routes.ts';
import { createHelpedGuardRoutes } from './adapters/guard-routes/helped-guard-routes.ts';
import { createIpProgram } from './adapters/guard-routes/ip-program.ts';
import { mayChangeRoutes } from './adapters/guard-routes/may-change-routes.ts';
import { createHostFacts, nodeName } from './adapters/host-facts/host-facts.ts';
import { createEventFiles, readEventFile } from './adapters/state-directory/event-files.ts';
import { createJournalFiles } from './adapters/state-directory/journal-files.ts';
import { createJujuSettingsFiles } from './adapters/state-directory/juju-settings-files.ts';
import { createRevisionFiles } from './adapters/state-directory/revision-files.ts';
import { stateFolders } from './adapters/state-directory/state-folders.ts';
import { createBootClock } from './adapters/system-clock/boot-clock.ts';
import { createBootSeconds } from './adapters/system-clock/boot-seconds.ts';
import { systemClock } from './adapters/system-clock/system-clock.ts';
import { createLateCloud } from './compose-cloud.ts';
import { createAgent, type RunningAgent } from './app/create-agent.ts';
import { createSessionsWithinReach } from './app/sessions/bird-or-node-status.ts';
import type { PlatformDeps } from './app/platform/platform-deps.ts';
import { summarizeRevisions, type RevisionHistory } from './app/state/history.ts';
import type { DatastoreChoice } from './datastores/choose-datastore.ts';
import { connectDatastore } from './datastores/connect-datastore.ts';
import type { GuardRoutes } from './ports/guard-routes.ts';
import type { HostRoutes } from './ports/host-routes.ts';
import type { PlatformSource } from './ports/platform/platform-source.ts';
import type { SessionsSource } from './ports/sessions.ts';
import type { LxdHost } from './ports/lxd-host.ts';
import { hasEdits } from './ports/platform/host-edits.ts';
import type { HostChanges } from './ports/platform/host-changes.ts';
import { createHostEditFiles } from './adapters/state-directory/host-edit-files.ts';
import { createStorageProblems, type StorageProblem } from './ports/storage/storage-problems.ts';
import type { ConnectedDatastore, DriverOptions } from './ports/datastore/connected-datastore.ts';
import type { Finding, HostExpectations } from './ports/diagnosis.ts';
import type { JujuSettings } from './ports/juju-settings.ts';
import type { Texts } from './ports/texts.ts';
import type { DaemonSettings } from './settings.ts';

const deciderProgram = programBeside('calico-agent-decider.js', 'agent/decider.ts');

export interface DaemonParts {
  readonly logger: Logger;
  readonly controllerState: () => AgentStatus['controller'];
  readonly certificate: () => AgentStatus['certificate'];
  /** Locks the state directory. @throws AppError while its disk does not allow it */
  readonly claim: () => Promise<void>;
}

export async function composeAgent(
  settings: DaemonSettings,
  { logger, controllerState, certificate, claim }: DaemonParts,
): Promise<RunningAgent> {
  const { stateDirectory, nodesKubeconfig } = settings;
  const problems = createStorageProblems();
  if (settings.jujuProblem !== undefined) problems.note(jujuProblemOf(settings));
  const fallbackName = nodeName(hostname());
  const decider = createConfinedDecider(usualConfinement(deciderProgram, agentLimits, logger));
  const digestOfText = (text: string): Promise<string | undefined> =>
    decider.digest(text, { isUrgent: true });
  let node = (): string => fallbackName;
  const cluster =
    settings.cluster &&
    createLateCluster(settings.cluster, { environment: process.env, root: '/' });
  const ofNode = settings.roles.includes('node')
    ? await connectNode(
        settings,
        driverOptions(() => node(), decider.texts),
      )
    : undefined;
  const agent = createAgent({
    settings: settings.agent,
    agentVersion: packageJson.version,
    fallbackName,
    roles: settings.roles,
    ...(settings.roles.includes('lxd-host') && { lxd: await connectLxd(logger) }),
    ...(ofNode !== undefined
      ? {
          ...ofNode,
          cloud: createLateCloud({
            stateDirectory,
            aws: settings.aws,
            logger,
            survey: ofNode.connection.survey,
            cluster,
          }),
          // The files driver does not change the cluster, so no session restarts.
          ...(settings.datastore.driver !== 'files' && {
            guardRoutes: daemonGuardRoutes(settings.guard),
          }),
          routes: hostRoutes,
        }
      : { connection: (await import('./adapters/no-calico/no-calico.ts')).noCalico }),
    decider,
    store: createRevisionFiles(stateDirectory, logger, { problems, digestOfText }),
    journal: createJournalFiles(stateDirectory, logger, { problems, entries: decider.entries }),
    eventStore: createEventFiles(stateDirectory, logger),
    problems,
    claim,
    factsSource: createHostFacts(),
    readFactsMs: 10_000,
    platform: createLatePlatform({
      ...(cluster !== undefined && { cluster }),
      nodeName: () => node(),
    }),
    ...(cluster !== undefined && { cluster }),
    ...(settings.roles.includes('node') && { host: createLateHost(stateDirectory, logger) }),
    clock: systemClock,
    boot: createBootClock(),
    logger,
    controllerState,
    certificate,
    ...(nodesKubeconfig !== undefined && { livingNodes: () => namesOfNodes(nodesKubeconfig) }),
  });
  node = () => agent.readings.facts().name;
  return agent;
}

/** The datastore, and the source of this node's BGP sessions. */
async function connectNode(
  { datastore, birdSockets }: DaemonSettings,
  options: DriverOptions,
): Promise<{ readonly connection: ConnectedDatastore; readonly sessions: SessionsSource }> {
  const connection = await connectDatastore(datastore, options);
  const bird = createBirdSessions({ sockets: birdSockets });
  return { connection, sessions: createSessionsWithinReach(bird, connection.sessions) };
}

/**
 * Guard routes for commands, also while the daemon does not run: they find all of them, whatever
 * agent.yaml has.
 */
export function guardRoutes(guard: GuardSettings = usualGuard): GuardRoutes {
  const uptime = createBootSeconds();
  return createGuardRoutes({ program: createIpProgram(), settings: () => guard, uptime });
}

/**
 * Guard routes for the daemon. The package's unit has no right to change routes, so a helper does
 * it; elsewhere the agent may have the right.
 */
function daemonGuardRoutes(guard: GuardSettings): GuardRoutes {
  const own = guardRoutes(guard);
  return mayChangeRoutes() ? own : createHelpedGuardRoutes(own, createAskHelper());
}

/** Loads the code when a change begins that has to be confirmed. */
const hostRoutes: HostRoutes = {
  birdRoutes: async (signal) => {
    const { createHostRoutes } = await import('./adapters/host-routes/host-routes.ts');
    return createHostRoutes().birdRoutes(signal);
  },
};

function jujuProblemOf({ stateDirectory, jujuProblem }: DaemonSettings): StorageProblem {
  const message = `Juju's settings for this agent cannot be used: ${jujuProblem?.message ?? ''}`;
  const hint = 'no action is needed: the next Juju hook sends them again';
  return { file: jujuSettingsFile(stateDirectory), message, hint };
}

/** The agent's settings that Juju's hooks send. */
export function composeJujuSettings({
  stateDirectory,
  jujuSettings,
}: DaemonSettings): JujuSettings {
  return createJujuSettingsFiles(stateDirectory, jujuSettings);
}

/** Few people ask for it; until then nobody needs the code. */
export function createLatePlatform(
  inCluster: Pick<PlatformDeps, 'cluster' | 'nodeName'> = {},
): PlatformSource {
  let made: Promise<PlatformSource> | undefined;
  const make = async (): Promise<PlatformSource> => {
    const [{ createPlatformSource }, { createHostFiles }, { createHostPrograms }] =
      await Promise.all([
        import('./app/platform/read-platform.ts'),
        import('./adapters/host-files/host-files.ts'),
        import('./adapters/host-files/host-programs.ts'),
      ]);
    return createPlatformSource({
      files: createHostFiles(),
      programs: createHostPrograms(),
      ...inCluster,
    });
  };
  const source = (): Promise<PlatformSource> => (made ??= make());
  return {
    read: async () => (await source()).read(),
    detect: async () => (await source()).detect(),
  };
}

/** Few configurations name a platform; until then only the notes of edits are read. */
function createLateHost(stateDirectory: string, logger: Logger): HostChanges {
  const edits = createHostEditFiles(stateDirectory, logger);
  let made: Promise<HostChanges> | undefined;
  const make = async (): Promise<HostChanges> => {
    const [app, files, programs, writer] = await Promise.all([
      import('./app/platform/host-changes.ts'),
      import('./adapters/host-files/host-files.ts'),
      import('./adapters/host-files/host-programs.ts'),
      import('./adapters/host-changes/helped-host-writer.ts'),
    ]);
    return app.createHostChanges({
      files: files.createHostFiles(),
      programs: programs.createHostPrograms(),
      writer: writer.createHelpedHostWriter(),
      edits,
    });
  };
  const host = (): Promise<HostChanges> => (made ??= make());
  return {
    hasEdits: async () => hasEdits(await edits.load()),
    observe: async () => (await host()).observe(),
    preflight: async (changes) => (changes.length === 0 ? [] : (await host()).preflight(changes)),
    apply: async (change) => (await host()).apply(change),
  };
}

/** Options for each driver besides its settings. */
function driverOptions(node: () => string, texts?: Texts): DriverOptions {
  return { node, clock: systemClock, environment: process.env, ...withoutUndefined({ texts }) };
}

/** LXD on this machine, searched for when it is used. */
export async function connectLxd(logger: Pick<Logger, 'warn'>): Promise<LxdHost> {
  const { createLxdHost } = await import('./adapters/lxd/lxd-host.ts');
  return createLxdHost({ environment: process.env, logger });
}

/** For commands that read a datastore without the daemon. @throws AppError */
export async function connectChosen(choice: DatastoreChoice): Promise<ConnectedDatastore> {
  const { datastoreOfChoice } = await import('./datastores/choose-datastore.ts');
  const options = driverOptions(() => nodeName(hostname()));
  return connectDatastore(await datastoreOfChoice(choice), options);
}

/** Checks what Calico and the agent need on this machine. */
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

/** The names of all nodes, from a Kubernetes beside the datastore. */
async function namesOfNodes(kubeconfig: string): Promise<readonly string[]> {
  const settings = { driver: 'kubernetes', kubeconfig } as const;
  const kubernetes = await connectDatastore(
    settings,
    driverOptions(() => ''),
  );
  try {
    return (await kubernetes.survey.survey()).nodes.map(({ name }) => name);
  } finally {
    await kubernetes.datastore.close();
  }
}

/** Folders in which a kill -9 may leave half a file. */
export function writtenFolders({
  roles,
  stateDirectory,
  datastore,
}: DaemonSettings): readonly string[] {
  return [
    ...stateFolders(stateDirectory),
    ...(roles.includes('node') && datastore.driver === 'files'
      ? resourceFolders(datastore.folder)
      : []),
  ];
}

/** Reads the history from disk, for use while the daemon does not run. */
export async function readHistory(stateDirectory: string): Promise<RevisionHistory> {
  const store = createRevisionFiles(stateDirectory, silentLogger);
  const journal = createJournalFiles(stateDirectory, silentLogger);
  return summarizeRevisions(store, journal, await store.loadState());
}

/** Reads the events from disk, for use while the daemon does not run. */
export const readEvents = readEventFile;
