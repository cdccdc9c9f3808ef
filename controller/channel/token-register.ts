/** The shared tokens of all clusters of this process: no two may be the same. */
import { AppError } from '../../runtime/errors.ts';
import type { UseToken } from './token-check.ts';

export interface TokenRegister {
  of(cluster: string): {
    /** Notes the token that the cluster uses from now on. @throws AppError invalid-settings */
    readonly useToken: UseToken;
    /** The cluster uses no token any more. */
    readonly giveUp: () => void;
  };
}

/** An agent with the token of two clusters could enter as a node of the wrong one. */
export function createTokenRegister(): TokenRegister {
  const digests = new Map<string, string>();
  return {
    of: (cluster) => ({
      useToken: (digest, file) => {
        const [other] =
          [...digests].find(([name, used]) => name !== cluster && used === digest) ?? [];
        if (other !== undefined) {
          throw new AppError(
            'invalid-settings',
            `cannot use the token file "${file}" for the cluster "${cluster}": the cluster "${other}" has the same token, so agents could enter as nodes of the wrong cluster; make one for each cluster`,
          );
        }
        digests.set(cluster, digest);
      },
      giveUp: () => void digests.delete(cluster),
    }),
  };
}
