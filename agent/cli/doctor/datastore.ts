/**
 * The checks of doctor for the datastore: whether it answers, and whether others write our
 * settings.
 */
import { hostname } from 'node:os';
import type { Observed } from '../../../core/observe/observed.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import { within } from '../../../runtime/pacing/within.ts';
import type { ConnectedDatastore } from '../../ports/datastore/connected-datastore.ts';
import { knownNeighbours } from '../../../core/sessions/paths/odd-next-hops.ts';
import type { ExpectedCluster, Finding } from '../../ports/diagnosis.ts';
import { diagnoseWriters } from './writers.ts';
import type { CommandContext } from '../command-context.ts';

export interface DatastoreSeen {
  readonly findings: readonly Finding[];
  /** Absent: it could not be read. */
  readonly observed?: Pick<ExpectedCluster, 'bgpPort' | 'ipv6' | 'neighbours'>;
}

export interface DatastoreToSee {
  readonly config: string | undefined;
  /** Absent: this machine's name. */
  readonly node: string | undefined;
  readonly deadlineMs: number;
}

const check = 'datastore';
const closingMs = 2000;
/** Reads the nodes and blocks of the cluster; without them doctor does not judge the routes. */
const surveyMs = 4000;
/** How long doctor reads a datastore in which it has already found a fault. */
const namedMs = 500;

export async function diagnoseDatastore(
  { config, node = hostname().toLowerCase(), deadlineMs }: DatastoreToSee,
  { connectDatastore }: Pick<CommandContext, 'connectDatastore'>,
): Promise<DatastoreSeen> {
  const connecting = connectDatastore(config === undefined ? {} : { config });
  try {
    return await within(look(connecting, node), deadlineMs, () => ({
      findings: [late(deadlineMs)],
    }));
  } catch (error) {
    return { findings: [failed(error)] };
  } finally {
    const closed = connecting.then(({ datastore }) => datastore.close());
    await within(
      closed.catch(() => undefined),
      closingMs,
      () => undefined,
    );
  }
}

async function look(connecting: Promise<ConnectedDatastore>, node: string): Promise<DatastoreSeen> {
  const { diagnosis, datastore, survey } = await connecting;
  // A large cluster takes its time, and what is found beside it does not wait for that.
  const surveying = within(
    survey.survey().then(
      (cluster) => ({ neighbours: knownNeighbours(cluster) }),
      () => ({}),
    ),
    surveyMs,
    () => ({}),
  );
  const observing = datastore.observe(node).then(
    (observed) => ({ observed }),
    (error: unknown) => ({ error }),
  );
  const own = await diagnosis.diagnose().catch((error: unknown) => [failed(error)]);
  // If the diagnosis found why the datastore cannot be read, it has named the reason already.
  const isNamed = own.some(({ result }) => result === 'failed');
  const nothing = { error: undefined };
  const reading = isNamed ? await within(observing, namedMs, () => nothing) : await observing;
  if ('error' in reading) return { findings: isNamed ? own : [...own, failed(reading.error)] };
  const { observed } = reading;
  const judged = { ...judgedBy(observed), ...(await surveying) };
  return { findings: [...own, ...diagnoseWriters(observed)], observed: judged };
}

function judgedBy({ resources }: Observed): NonNullable<DatastoreSeen['observed']> {
  const all = resources.map(({ resource }) => resource);
  const configuration = all.find(
    ({ kind, metadata }) => kind === 'BGPConfiguration' && metadata.name === 'default',
  );
  const listenPort =
    configuration?.kind === 'BGPConfiguration' ? configuration.spec.listenPort : undefined;
  return {
    bgpPort: listenPort ?? 179,
    ipv6: all.some((one) => one.kind === 'IPPool' && one.spec.cidr.includes(':')),
  };
}

function failed(error: unknown): Finding {
  const hint =
    'check that the datastore in agent.yaml is the right one, and that this machine can reach it';
  return { check, result: 'failed', message: reasonOf(error), hint };
}

function late(deadlineMs: number): Finding {
  const message = `it does not answer within ${String(deadlineMs / 1000)} s`;
  const hint =
    'check that this machine can reach it; a firewall that drops packets looks like this';
  return { check, result: 'failed', message, hint };
}
