/** calico-controller store restore: fills an empty store from a backup. */
import { examples } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { AddControllerCommand, CommandContext, StorePlace } from '../command-context.ts';
import { configOptionText, etcdOf, readControllerConfig } from '../controller-config.ts';
import { hasClusters, namedPlace } from '../serve/clusters-of-config.ts';
import { countText, reportCounts } from './progress.ts';
import { addStateDirectoryOption, type StateDirectoryOptions } from './state-directory-option.ts';

interface RestoreOptions extends StateDirectoryOptions {
  readonly config?: string;
}

export const addRestore: AddControllerCommand = (store, context, toAction) => {
  const command = store
    .command('restore')
    .summary('fill an empty store from a backup')
    .description(
      'Checks the whole backup against its digest, and writes it to the store that controller.yaml names, ' +
        'of several clusters to that of the cluster in the backup. ' +
        'A damaged backup is refused whole, and a store that holds anything is never replaced. The ' +
        'controller has to be stopped. If it is interrupted, no controller uses the store before another ' +
        'restore has ended. For the state directory, run it as the user who owns that; this user also has to ' +
        'be able to read the backup.',
    )
    .argument('<file>', 'a file of calico-controller store backup')
    .option('--config <file>', configOptionText);
  addStateDirectoryOption(command)
    .addHelpText(
      'after',
      examples([
        [
          'into the state directory',
          'sudo -u calico-controller calico-controller store restore FILE',
        ],
        ['into etcd', 'calico-controller store restore FILE --config controller.yaml'],
      ]),
    )
    .action(toAction((file: string, options: RestoreOptions) => restore(file, options, context)));
};

async function restore(
  file: string,
  { config, stateDirectory }: RestoreOptions,
  { stdout, stderr, storeTools }: CommandContext,
): Promise<ExitStatus> {
  const settings = await readControllerConfig(config);
  const { restoreBackup } = await storeTools();
  const placeOf = (cluster: string): StorePlace => {
    if (hasClusters(settings)) return namedPlace(settings, cluster, stateDirectory);
    const etcd = etcdOf(settings);
    return { stateDirectory, ...(etcd !== undefined && { etcd }) };
  };
  const report = reportCounts(stderr, 'records are written');
  const restored = await restoreBackup(file, placeOf, report);
  const { records, cluster } = restored;
  await write(
    stdout,
    `restored ${countText(records)} of the cluster "${cluster}" to ${restored.place}\n`,
  );
  return 0;
}
