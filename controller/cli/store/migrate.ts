/** calico-controller store migrate: copies the state from one engine to the other. */
import { Option } from 'commander';
import { examples } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { configOptionText, etcdOf, readControllerConfig } from '../controller-config.ts';
import { hasClusters, namedPlace, type ConfigOfClusters } from '../serve/clusters-of-config.ts';
import { parseCluster } from '../serve/parse-cluster.ts';
import { countText, reportCounts } from './progress.ts';
import { addStateDirectoryOption, type StateDirectoryOptions } from './state-directory-option.ts';

interface MigrateOptions extends StateDirectoryOptions {
  readonly to: 'etcd' | 'embedded';
  readonly config?: string;
  readonly cluster?: string;
}

export const addMigrate: AddControllerCommand = (store, context, toAction) => {
  const command = store
    .command('migrate')
    .summary('copy the state from the state directory to etcd, or back')
    .description(
      'Copies all records from one store to the other, which must be empty, and compares both afterwards. ' +
        'controller.yaml has to name etcd. The old store stays as it is. All controllers have to be stopped. ' +
        'Run it as the user who owns the state directory.',
    )
    .addOption(
      new Option('--to <engine>', 'the new store')
        .choices(['etcd', 'embedded'])
        .makeOptionMandatory(),
    )
    .option('--config <file>', configOptionText)
    .option(
      '--cluster <name>',
      'the cluster whose store is copied; of several one has to be named (default: "default")',
      parseCluster,
    );
  addStateDirectoryOption(command)
    .addHelpText(
      'after',
      examples([
        ['to etcd', 'sudo -u calico-controller calico-controller store migrate --to etcd'],
        ['back', 'sudo -u calico-controller calico-controller store migrate --to embedded'],
      ]),
    )
    .action(toAction((options: MigrateOptions) => migrate(options, context)));
};

async function migrate(
  { to, config, stateDirectory, cluster: named }: MigrateOptions,
  { stdout, stderr, storeTools }: CommandContext,
): Promise<ExitStatus> {
  const settings = await readControllerConfig(config);
  const several = hasClusters(settings) ? settings : undefined;
  const cluster = named ?? (several === undefined ? 'default' : unnamed(several));
  const place =
    several === undefined
      ? { stateDirectory, etcd: etcdOf(settings) }
      : namedPlace(several, cluster, stateDirectory);
  const { etcd } = place;
  if (etcd === undefined) {
    throw new AppError(
      'invalid-settings',
      'cannot migrate the store: controller.yaml does not name etcd; write store: { engine: etcd, endpoints: […] }, or name the file with --config',
    );
  }
  const { migrateStore } = await storeTools();
  const places = {
    stateDirectory: place.stateDirectory,
    etcd,
    cluster,
    isNamed: named !== undefined,
  };
  const report = reportCounts(stderr, 'records are written');
  const migrated = await migrateStore(to, places, report);
  const next =
    to === 'etcd'
      ? 'start the controllers with this controller.yaml'
      : embeddedNext(several, cluster);
  await write(
    stdout,
    `copied ${countText(migrated.records)} of the cluster "${migrated.cluster}" to ${migrated.place}; ${next}\n`,
  );
  return 0;
}

/** Without the store that clusters share, the others would begin with empty stores. */
function embeddedNext(several: ConfigOfClusters | undefined, cluster: string): string {
  const start = 'and start one controller';
  if (several === undefined) return `remove the store from controller.yaml, ${start}`;
  return `write store: { engine: embedded } for the cluster "${cluster}" only into controller.yaml, ${start}; the other clusters keep their stores`;
}

function unnamed({ clusters }: ConfigOfClusters): never {
  const names = clusters.map(({ name }) => name).join(', ');
  throw new AppError(
    'usage',
    `controller.yaml lists several clusters: ${names}; name the one to copy with --cluster`,
  );
}
