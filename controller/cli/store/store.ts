/** calico-controller store: copies of the controller's state. */
import { examples } from '../../../runtime/cli/options.ts';
import type { AddControllerCommand } from '../command-context.ts';
import { addBackup } from './backup.ts';
import { addMigrate } from './migrate.ts';
import { addRestore } from './restore.ts';

export const addStore: AddControllerCommand = (program, context, toAction) => {
  const store = program
    .command('store')
    .summary("back up, restore and move the controller's state")
    .description(
      'Copies the state of the controller: its revisions, its nodes and their last answers. A backup is ' +
        'made while the controller runs; for restore and migrate it has to be stopped.',
    )
    .addHelpText(
      'after',
      examples([
        ['a backup of the running controller', 'calico-controller store backup controller.backup'],
        ['on a new machine', 'calico-controller store restore controller.backup'],
        ['from the file to etcd', 'calico-controller store migrate --to etcd'],
      ]),
    );
  addBackup(store, context, toAction);
  addRestore(store, context, toAction);
  addMigrate(store, context, toAction);
};
