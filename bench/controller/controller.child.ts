/** The controller in a process, as `calico-controller serve` runs it, with counters. */
import { startController } from '../../controller/compose.ts';
import { answerKind } from '../../controller/app/store/fleet-keys.ts';
import type { OpenHost } from '../../controller/adapters/embedded-store/database-host.ts';
import { usualHost } from '../../controller/stores.ts';
import type { ControllerSettings } from '../../controller/settings.ts';
import { silentLogger, type Logger } from '../../runtime/log/logger.ts';
import { answerParent } from '../children/answer-parent.ts';
import { createMeter, mainCpuMs, settledMemory } from './meter.ts';
import { createProfiler } from './profile.ts';

const acknowledged = createMeter();
const stored = createMeter();
const profiler = createProfiler();
let commits = 0;
/** The agent whose revisions are counted. */
let counted: string | undefined;
let received = 0;

const logger: Logger = {
  ...silentLogger,
  // The fleet tells every step of a revision here.
  debug: (text, fields) => {
    if (text === 'received' && counted !== undefined && fields?.['node'] === counted) received += 1;
    if (text === 'sent') acknowledged.sent();
    else if (text === 'received' || text === 'applied' || text === 'confirmed')
      acknowledged.acked();
  },
};

/** The usual store, which tells when answers of nodes are on disk. */
const countingHost: OpenHost = (file) => {
  const host = usualHost(file);
  return {
    ...host,
    commit: async (...input) => {
      const done = await host.commit(...input);
      commits += 1;
      const [{ changes }] = input;
      for (const { kind } of changes) if (kind === answerKind) stored.acked();
      return done;
    },
  };
};

answerParent({
  start: async (settings: ControllerSettings): Promise<string> => {
    const controller = await startController(settings, logger, { openHost: countingHost });
    return controller.listen;
  },
  /** @param acks of all agents together */
  await: async ({ acks, agents }: { readonly acks: number; readonly agents: number }) => {
    acknowledged.begin(acks);
    stored.begin(agents);
    commits = 0;
    const answers = await acknowledged.done();
    const { lastAckMs, cpuMs } = await stored.done();
    return { ...answers, storedMs: lastAckMs, storedCpuMs: cpuMs, commits };
  },
  cpuMs: () => mainCpuMs(),
  memory: settledMemory,
  count: (node: string) => {
    counted = node;
  },
  /** How many revisions this agent has taken since then. */
  received: () => received,
  memoryNow: () => process.memoryUsage(),
  profile: () => profiler.begin(),
  endProfile: (file: string) => profiler.end(file),
  heapSnapshot: (file: string) => profiler.heap(file),
});
