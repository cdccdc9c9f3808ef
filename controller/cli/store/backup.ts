/** calico-controller store backup: copies the state of the running controller to a file. */
import { answerOf, type DaemonClient } from '../../../runtime/cli/daemon-client.ts';
import { examples, type SocketOptions } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { StoreRecords } from '../../../schemas/generated/controller-api/store-records.ts';
import { recordsAnswer, snapshotAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';
import { countText, reportCounts } from './progress.ts';

export const addBackup: AddControllerCommand = (store, context, toAction) => {
  const command = store
    .command('backup')
    .summary('write the state of the running controller to a file')
    .description(
      'Writes all records of the store, as they are at one moment, to a new file that only its owner can ' +
        'read. The controller goes on working. An existing file is never replaced.',
    )
    .argument('<file>', 'the new file');
  addSocketOption(command)
    .addHelpText(
      'after',
      examples([
        ['a backup for each day', 'calico-controller store backup /var/backups/calico-$(date +%F)'],
      ]),
    )
    .action(
      toAction((file: string, { socket }: SocketOptions) =>
        backUp(file, createControllerClient(socket), context),
      ),
    );
};

async function backUp(
  file: string,
  client: DaemonClient,
  { stdout, stderr, storeTools, by }: CommandContext,
): Promise<ExitStatus> {
  const { writeBackup } = await storeTools();
  const asked = (query: Record<string, string>): string =>
    new URLSearchParams({ by, ...query }).toString();
  const opening = client.change({
    method: 'POST',
    path: `/v1/store/snapshots?${asked({})}`,
    timeoutMs,
  });
  const { snapshot, cluster, controllerVersion } = await answerOf(opening, snapshotAnswer);
  const report = reportCounts(stderr, 'records are read');
  let count = 0;
  const counted = async function* (): AsyncGenerator<StoreRecords['records'][number]> {
    for await (const records of pagesOf(client, snapshot)) {
      count += records.length;
      report(count);
      yield* records;
    }
  };
  const head = { cluster, controllerVersion, at: new Date().toISOString() };
  try {
    await writeBackup(file, head, counted());
  } finally {
    const path = `/v1/store/snapshots?${asked({ snapshot })}`;
    await client.change({ method: 'DELETE', path }).catch(() => undefined);
  }
  await write(stdout, `wrote ${countText(count)} of the cluster "${cluster}" to "${file}"\n`);
  return 0;
}

/** A copy of a large store takes a while. */
const timeoutMs = 300_000;

async function* pagesOf(
  client: DaemonClient,
  snapshot: string,
): AsyncGenerator<StoreRecords['records']> {
  let last: StoreRecords['last'];
  do {
    const query = new URLSearchParams({ snapshot, ...last });
    const path = `/v1/store/records?${query.toString()}`;
    const page = await answerOf(client.read({ method: 'GET', path, timeoutMs }), recordsAnswer);
    yield page.records;
    last = page.last;
  } while (last !== undefined);
}
