/** Builds the client of EC2, for the daemon and for doctor. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '../runtime/log/logger.ts';
import { createCloudNotesFile } from './adapters/state-directory/cloud-notes-file.ts';
import { systemClock } from './adapters/system-clock/system-clock.ts';
import type { AwsSettings } from './adapters/ec2/endpoints.ts';
import type { Cloud } from './ports/cloud/cloud.ts';
import type { Ec2 } from './ports/cloud/ec2.ts';
import type { ClusterSurvey } from './ports/datastore/cluster-survey.ts';
import type { Cluster } from './ports/platform/cluster.ts';

export interface CloudParts {
  readonly stateDirectory: string;
  readonly aws: AwsSettings | undefined;
  readonly logger: Pick<Logger, 'warn'>;
  readonly survey: ClusterSurvey;
  readonly cluster: Cluster | undefined;
}

/** Few configurations have a cloud section; until then only the file of its notes is read. */
export function createLateCloud({
  stateDirectory,
  aws,
  logger,
  survey,
  cluster,
}: CloudParts): Cloud {
  const notes = createCloudNotesFile(stateDirectory, logger);
  let made: Promise<Cloud> | undefined;
  const make = async (): Promise<Cloud> => {
    const [{ createCloud }, { createOtherSetters }, ec2] = await Promise.all([
      import('./app/cloud/create-cloud.ts'),
      import('./app/cloud/read-other-setters.ts'),
      connectEc2(aws),
    ]);
    const others = createOtherSetters({ survey, ...(cluster !== undefined && { cluster }) });
    return createCloud({ ec2, notes, others, clock: systemClock });
  };
  const cloud = async (): Promise<Cloud> => {
    made ??= make();
    // Settings that were wrong are read again.
    made.catch(() => {
      made = undefined;
    });
    return made;
  };
  return {
    hasNotes: async () => (await notes.load()).length > 0,
    observe: async (...args) => (await cloud()).observe(...args),
    preflight: async (changes) => (changes.length === 0 ? [] : (await cloud()).preflight(changes)),
    apply: async (change) => (await cloud()).apply(change),
  };
}

/** This machine as an instance of EC2. @throws AppError invalid-settings */
export async function connectEc2(aws: AwsSettings | undefined): Promise<Ec2> {
  const [{ createEc2 }, { exchange }, { findEndpoints }, { machineMaker }] = await Promise.all([
    import('./adapters/ec2/ec2.ts'),
    import('./adapters/ec2/exchange.ts'),
    import('./adapters/ec2/endpoints.ts'),
    import('./adapters/ec2/machine-maker.ts'),
  ]);
  return createEc2({
    exchange,
    endpoints: findEndpoints(aws ?? {}, process.env),
    maker: machineMaker,
    elapsed: systemClock.elapsed,
    wallClock: Date.now,
    random: systemClock.random,
    pause: async (milliseconds) => {
      await wait(milliseconds);
    },
  });
}

/** Whether to look at EC2 at all: the firmware says so, or a setting names an endpoint. */
export async function isInEc2(
  aws: AwsSettings | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<boolean> {
  if (aws !== undefined || environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] !== undefined) {
    return true;
  }
  const { machineMaker } = await import('./adapters/ec2/machine-maker.ts');
  return (await machineMaker()) === 'Amazon EC2';
}
