import { hostHereThatTells } from '../../../../controller/adapters/embedded-store/host-here.ts';
import { createEmbeddedStore } from '../../../../controller/adapters/embedded-store/embedded-store.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';

/** Makes a store, and changes two records to 1, 2, 3 and 4, adding a third one each time. */
export async function commitSome(
  folder: string,
  committed: (number: number) => void,
): Promise<void> {
  let number = 1;
  const store = createEmbeddedStore({
    folder,
    openHost: hostHereThatTells(() => committed(number)),
    earlierState: () => Promise.resolve([{ kind: 'earlier', key: 'a', text: '"kept"' }]),
    putAside: () => Promise.resolve(),
    logger: silentLogger,
  });
  for (; number <= 4; number += 1) {
    const text = JSON.stringify({ number, long: String(number).repeat(3000) });
    const keys = ['a', 'b', `n${String(number)}`];
    await store.commit({ changes: keys.map((key) => ({ kind: 'node', key, text })) });
  }
  await store.close();
}
