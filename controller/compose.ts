/** Builds the controller: what serves each of its clusters, and the entrances that they share. */
import { defaultLiveness } from '../core/protocol/liveness.ts';
import { AppError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log/logger.ts';
import { withFields } from '../runtime/log/with-fields.ts';
import { within } from '../runtime/pacing/within.ts';
import type { OpenHost } from './adapters/embedded-store/database-host.ts';
import { viewOf } from './api/clusters/shared-routes.ts';
import { createTokenRegister, type TokenRegister } from './channel/token-register.ts';
import { keepCluster, type KeptCluster } from './clusters/keep-cluster.ts';
import { openEntrances, type EnteredCluster, type Entrances } from './clusters/open-entrances.ts';
import {
  startCluster,
  type ClusterSurroundings,
  type RunningCluster,
} from './clusters/start-cluster.ts';
import type {
  ClusterSettings,
  ControllerSettings,
  ControllerTiming,
  SeveralClusters,
} from './settings.ts';
import { requireAuthority } from './enrolment.ts';
import { tryHttps } from './open-https.ts';
import { usualHost } from './stores.ts';

export interface RunningController {
  /** The address for agents, as `host:port`; of several clusters each address with its cluster. */
  readonly listen: string;
  /** The addresses for agents, by cluster; undefined: the cluster is not served now. */
  readonly listens: ReadonlyMap<string, string | undefined>;
  /** The address for people, as `host:port`; undefined: the API is on the socket only. */
  readonly apiListen: string | undefined;
  /** Resolves when agents of all clusters may connect; another controller may lead until then. */
  readonly opened: Promise<void>;
  /** Resolves with the reason when the controller has to end by itself. */
  readonly ended: Promise<string>;
  /** Reads the tokens and the certificates again; a bad file changes nothing. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

const defaultTiming: ControllerTiming = {
  liveness: defaultLiveness,
  helloMs: 10_000,
  // The kernel's buffers hide for some seconds that an agent does not read; it is cut within 30 s all the same.
  slowMs: 20_000,
  // The largest message takes 262 s at 64 kbit/s.
  drainMs: 300_000,
  tickMs: 1000,
  keepMs: 1000,
  answersMs: 40,
  storeEndMs: 10_000,
  strangerMs: 10_000,
  startMs: 10_000,
  again: { baseMs: 2000, capMs: 60_000 },
};

/** Parts that tests replace. */
export interface ReplacedParts {
  /** Where the embedded store works. Default: on a thread of its own. */
  readonly openHost?: OpenHost;
}

type Surroundings = Pick<ClusterSurroundings, 'timing' | 'openHost' | 'api'>;

/** Starts the controller. @throws AppError where the settings do not allow a safe start */
export async function startController(
  settings: ControllerSettings | SeveralClusters,
  logger: Logger,
  { openHost = usualHost }: ReplacedParts = {},
): Promise<RunningController> {
  const { timing, api } = settings;
  const parts = { timing: { ...defaultTiming, ...timing }, openHost, ...(api && { api }) };
  if ('clusters' in settings) return startSeveral(settings, parts, logger);
  return startOne(settings, parts, logger);
}

/** The process ends where its only cluster cannot be served, and systemd starts it again. */
async function startOne(
  settings: ControllerSettings,
  parts: Surroundings,
  logger: Logger,
): Promise<RunningController> {
  const { useToken } = createTokenRegister().of(settings.cluster);
  // The certificate of the API may be in its folder, too.
  await requireAuthority(settings);
  if (settings.api !== undefined) await tryHttps(settings.api);
  let opened: Entrances | undefined;
  const apiCertificate = (): ReturnType<Entrances['apiCertificate']> => opened?.apiCertificate();
  const surroundings = { ...parts, useToken, hasOthers: false, apiCertificate };
  const cluster = await startCluster(settings, surroundings, logger);
  const entered: EnteredCluster = { ...listedCluster(cluster), running: () => cluster };
  const entrances = await openEntrances(settings, [entered], { labelled: false }, logger).catch(
    async (error: unknown) => {
      await cluster.stop();
      throw error;
    },
  );
  opened = entrances;
  return {
    get listen() {
      return cluster.listen;
    },
    get listens() {
      return new Map([[settings.cluster, cluster.listen]]);
    },
    apiListen: entrances.apiListen,
    opened: cluster.opened,
    ended: cluster.ended,
    reload: async () => {
      await Promise.all([cluster.reload(), entrances.reload()]);
    },
    stop: async () => {
      await Promise.all([entrances.close(), cluster.stop()]);
    },
  };
}

function listedCluster(cluster: RunningCluster): Omit<EnteredCluster, 'running'> {
  return {
    name: cluster.status().cluster,
    view: () => viewOf(cluster.status(), cluster.role()),
    metrics: cluster.metrics,
  };
}

/** A cluster that cannot be served is tried again, and the others are served meanwhile. */
async function startSeveral(
  { clusters, ...settings }: SeveralClusters,
  parts: Surroundings,
  logger: Logger,
): Promise<RunningController> {
  const register = createTokenRegister();
  const hasOthers = clusters.length > 1;
  const kept = new Map<string, KeptCluster<RunningCluster>>();
  const waits = new Map<string, (() => string) | undefined>();
  const entered = clusters.map(({ cluster }) =>
    enteredCluster(cluster, () => ({ kept: kept.get(cluster), wait: waits.get(cluster)?.() })),
  );
  const entrances = await openEntrances(settings, entered, { labelled: true }, logger);
  const { apiCertificate } = entrances;
  for (const one of clusters) {
    const waiting: Keeping['waiting'] = (text) => void waits.set(one.cluster, text);
    const keeping = { ...parts, hasOthers, register, apiCertificate, waiting };
    kept.set(one.cluster, keep(one, keeping, logger));
  }
  const all = [...kept.values()];
  const { startMs, storeEndMs } = parts.timing;
  const stop = async (): Promise<void> => {
    const stopping = Promise.all([entrances.close(), ...all.map((cluster) => cluster.stop())]);
    // A cluster whose start does not end must not keep the process from its end.
    await within(
      stopping.then(() => undefined),
      2 * storeEndMs,
      () => undefined,
    );
  };
  await within(
    Promise.all(all.map(({ tried }) => tried)).then(() => undefined),
    startMs,
    () => undefined,
  );
  const failures = all.map((cluster) => cluster.state()).filter((state) => state.kind === 'failed');
  if (failures.length === all.length) {
    await stop();
    throw noneServed([...kept.keys()], failures);
  }
  return severalRunning({ kept, entrances, stop });
}

interface Keeping extends Surroundings, Pick<ClusterSurroundings, 'apiCertificate' | 'waiting'> {
  readonly hasOthers: boolean;
  readonly register: TokenRegister;
}

function keep(
  settings: ClusterSettings,
  { register, ...parts }: Keeping,
  logger: Logger,
): KeptCluster<RunningCluster> {
  const { cluster } = settings;
  const own = withFields(logger, { cluster });
  const { useToken, giveUp } = register.of(cluster);
  return keepCluster({
    start: async () => {
      try {
        return await startCluster(settings, { ...parts, useToken }, own);
      } catch (error) {
        giveUp();
        throw error;
      }
    },
    again: parts.timing.again,
    random: Math.random,
    logger: own,
  });
}

function enteredCluster(
  name: string,
  current: () => {
    readonly kept: KeptCluster<RunningCluster> | undefined;
    /** What its start waits for. */
    readonly wait: string | undefined;
  },
): EnteredCluster {
  const state = (): ReturnType<KeptCluster<RunningCluster>['state']> =>
    current().kept?.state() ?? { kind: 'starting' };
  return {
    name,
    view: () => {
      const found = state();
      if (found.kind === 'runs') return listedCluster(found.cluster).view();
      if (found.kind === 'starting') {
        const { wait: problem } = current();
        return { name, state: 'starting', ...(problem !== undefined && { problem }) };
      }
      return { name, state: 'failed', problem: `${found.reason}; the controller tries again` };
    },
    metrics: () => {
      const found = state();
      return found.kind === 'runs' ? found.cluster.metrics() : undefined;
    },
    running: () => {
      const found = state();
      if (found.kind === 'runs') return found.cluster;
      if (found.kind === 'failed') return found.reason;
      const { wait } = current();
      return `it is starting${wait === undefined ? '' : `, and ${wait}`}`;
    },
  };
}

interface SeveralParts {
  readonly kept: ReadonlyMap<string, KeptCluster<RunningCluster>>;
  readonly entrances: Entrances;
  readonly stop: () => Promise<void>;
}

function severalRunning({ kept, entrances, stop }: SeveralParts): RunningController {
  const all = [...kept.values()];
  const listenOf = (cluster: KeptCluster<RunningCluster>): string | undefined => {
    const state = cluster.state();
    return state.kind === 'runs' ? state.cluster.listen : undefined;
  };
  const listens = (): RunningController['listens'] =>
    new Map([...kept].map(([name, cluster]) => [name, listenOf(cluster)]));
  return {
    get listen() {
      return [...listens()].map(([name, listen]) => `${listen ?? 'none'} (${name})`).join(', ');
    },
    get listens() {
      return listens();
    },
    apiListen: entrances.apiListen,
    opened: Promise.all(all.map(({ opened }) => opened)).then(() => undefined),
    // Each cluster is started again by itself.
    ended: new Promise(() => undefined),
    reload: async () => {
      await Promise.all([entrances.reload(), ...all.map((cluster) => cluster.reload())]);
    },
    stop,
  };
}

function noneServed(
  names: readonly string[],
  failures: readonly { readonly reason: string; readonly error: unknown }[],
): AppError {
  const reasons = failures.map(({ reason }, at) => `"${names[at] ?? ''}": ${reason}`);
  const [first] = failures;
  const code = first?.error instanceof AppError ? first.error.code : 'internal';
  return new AppError(code, `cannot serve any cluster: ${reasons.join('; ')}`);
}
