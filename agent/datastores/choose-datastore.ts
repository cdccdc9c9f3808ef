/** Chooses the datastore from a command's options, agent.yaml or calicoctl's settings. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { findCalicoctlConfig, type CalicoctlKubernetes } from '../../runtime/calicoctl-config.ts';
import { AppError, fromSystemError } from '../../runtime/errors.ts';
import type { DriverName, DriverSettings } from './drivers.ts';
import { readSettings, type DatastoreSettings } from '../settings.ts';

/** The options of a command that reads a datastore. */
export interface DatastoreChoice {
  readonly from?: DriverName | 'auto';
  /** Path of agent.yaml; absent: the usual one, where it exists. */
  readonly config?: string;
  /** The folder of the files driver. */
  readonly directory?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  /**
   * True: if no datastore is named, the choice is that of calicoctl, and not the agent's own files.
   */
  readonly asCalicoctl?: boolean;
}

/** The datastore of agent.yaml, unless the command names another one. @throws AppError */
export async function datastoreOfChoice(choice: DatastoreChoice): Promise<DatastoreSettings> {
  const { from, directory, kubeconfig, context } = choice;
  if (from === 'files' || (from === undefined && directory !== undefined)) {
    if (directory === undefined) return configuredFiles(choice);
    const folder = path.resolve(directory);
    await refuseMissing(folder);
    return { driver: 'files', folder, tool: 'calicoctl' };
  }
  if (from === 'kubernetes' || (from === undefined && kubeconfig !== undefined)) {
    const { datastore } = await readSettings(choice.config);
    const known = datastore.driver === 'kubernetes' ? datastore : { driver: 'kubernetes' as const };
    return { ...known, ...withoutUndefined({ kubeconfig, context }) };
  }
  if (from === 'etcd') {
    const { datastore } = await readSettings(choice.config);
    return datastore.driver === 'etcd' ? datastore : { driver: 'etcd' };
  }
  if (from === 'auto') return { driver: 'auto' };
  const { datastore, namesDatastore } = await readSettings(choice.config);
  return namesDatastore || choice.asCalicoctl !== true ? datastore : { driver: 'auto' };
}

/** Refuses a missing folder, which would read as an empty cluster. */
async function refuseMissing(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: unknown) => {
    throw fromSystemError(`cannot read the folder "${folder}"`, error);
  });
  if (found.isDirectory()) return;
  throw new AppError('usage', `cannot read the folder "${folder}": it is a file; name its folder`);
}

async function configuredFiles({ config }: DatastoreChoice): Promise<DatastoreSettings> {
  const { datastore } = await readSettings(config);
  if (datastore.driver === 'files') return datastore;
  const reason = `agent.yaml has the driver ${datastore.driver}; name a --directory`;
  throw new AppError('usage', `cannot tell which folder of files is meant: ${reason}`);
}

export type ChosenDatastore = DriverSettings<'etcd' | 'kubernetes'>;

/** The datastore that calicoctl uses, by its environment and files. @throws AppError */
export async function chooseDatastore(
  environment: Readonly<Record<string, string | undefined>>,
  root = '/',
): Promise<ChosenDatastore> {
  const found = await findCalicoctlConfig(environment, root);
  switch (found.type) {
    case 'etcd':
      return { driver: 'etcd' };
    case 'kubernetes':
      return kubernetesOf(found);
    case 'unsupported':
      throw new AppError('invalid-settings', `${found.source}: ${found.why}`);
    case 'none':
      // Where calicoctl is not configured, Calico uses the Kubernetes that this machine can reach.
      return { driver: 'kubernetes' };
  }
}

function kubernetesOf({
  type: _type,
  source: _source,
  ...access
}: CalicoctlKubernetes): DriverSettings<'kubernetes'> {
  return { driver: 'kubernetes', ...access };
}
