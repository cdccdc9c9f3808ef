import { access, constants, readdir } from 'node:fs/promises';
import { fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';
import type { Finding } from '../../ports/diagnosis.ts';

const check = 'folder of resources';

export async function diagnoseFiles(folder: string): Promise<readonly Finding[]> {
  try {
    const names = await readdir(folder);
    await access(folder, constants.W_OK);
    const count = names.filter((name) => /^[^.].*\.ya?ml$/.test(name)).length;
    const message = `"${folder}" has ${String(count)} documents; they reach no cluster by themselves`;
    const hint = 'choose the driver etcd or kubernetes to have them applied';
    return [{ check, result: 'ok', message, hint }];
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') {
      return [
        { check, result: 'ok', message: `"${folder}" is made when the first one is written` },
      ];
    }
    const { message } = fromSystemError(`cannot use "${folder}"`, error);
    return [
      {
        check,
        result: 'failed',
        message,
        hint: 'the agent runs as root: mend the folder’s rights',
      },
    ];
  }
}
