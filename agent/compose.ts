/** The only place that builds adapters. */
import { hostname } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import { silentLogger, type Logger } from '../runtime/logger.ts';
import type { AgentStatus } from '../schemas/generated/agent-status.ts';
import { createCalicoFiles, resourceFolders } from './adapters/calico-files/calico-files.ts';
import { createHostFacts, nodeName } from './adapters/host-facts/host-facts.ts';
import { createJournalFiles } from './adapters/state-directory/journal-files.ts';
import { createRevisionFiles } from './adapters/state-directory/revision-files.ts';
import { stateFolders } from './adapters/state-directory/state-folders.ts';
import { systemClock } from './adapters/system-clock/system-clock.ts';
import type { RevisionSummary } from './app/agent.ts';
import { createAgent, type RunningAgent } from './app/create-agent.ts';
import { summarizeRevisions } from './app/summaries.ts';
import type { DaemonSettings } from './settings.ts';

export function composeAgent(
  settings: DaemonSettings,
  logger: Logger,
  controllerState: () => AgentStatus['controller'],
): RunningAgent {
  const { stateDirectory } = settings;
  return createAgent({
    settings: settings.agent,
    agentVersion: packageJson.version,
    fallbackName: nodeName(hostname()),
    datastore: createCalicoFiles(settings.datastore),
    store: createRevisionFiles(stateDirectory, logger),
    journal: createJournalFiles(stateDirectory, logger),
    factsSource: createHostFacts(),
    clock: systemClock,
    logger,
    controllerState,
  });
}

/** Where a kill -9 may leave half a file. */
export function writtenFolders({ stateDirectory, datastore }: DaemonSettings): readonly string[] {
  return [...stateFolders(stateDirectory), ...resourceFolders(datastore.folder)];
}

/** The history as it lies on disk, for when the daemon is dead. */
export async function readHistory(stateDirectory: string): Promise<readonly RevisionSummary[]> {
  const store = createRevisionFiles(stateDirectory, silentLogger);
  const journal = createJournalFiles(stateDirectory, silentLogger);
  return summarizeRevisions(store, journal, await store.loadState());
}
