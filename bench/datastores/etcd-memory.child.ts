/**
 * Prints its resident memory, with the etcd driver connected and watching when an endpoint is
 * named.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { createCalicoEtcd } from '../../agent/adapters/calico-etcd/driver.ts';

const [endpoint] = process.argv.slice(2);
const agent = createCalicoEtcd(
  { driver: 'etcd', endpoints: [endpoint ?? ''] },
  { node: () => 'bench', clock: { now: () => new Date().toISOString() }, environment: {} },
);
if (endpoint !== undefined) {
  await agent.datastore.observe('bench');
  await new Promise<void>((resolve) => {
    agent.datastore.watch('bench', { changed: () => resolve(), failing: () => undefined });
  });
}
await wait(500);
process.stdout.write(String(process.memoryUsage.rss()));
await agent.datastore.close();
