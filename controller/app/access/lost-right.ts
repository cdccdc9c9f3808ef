/** Whether a person who has approved something could still do it. */
import type { ApiTokens } from './api-tokens.ts';
import { isSamePerson, type NamedPerson } from './person.ts';
import { mayUse } from './roles.ts';

export type LostRight = 'token-revoked' | 'role-lost';

/** A person, and how the controller knew who it was. */
export interface KnownBy {
  readonly by: string;
  /** `token 4f2a91c0d3e1`, `certificate`, `socket, uid 1000`. */
  readonly how?: string;
}

export interface LostRightDeps {
  /** Of controller.yaml. */
  readonly people: readonly NamedPerson[];
  readonly cluster: string;
  readonly tokens: Pick<ApiTokens, 'has'>;
}

/**
 * Why the person could not approve any more; undefined: nothing is known against it, as for a user
 * of this machine. A token that has expired was good when it was used.
 */
export function lostRight(
  { by, how = '' }: KnownBy,
  { people, cluster, tokens }: LostRightDeps,
): LostRight | undefined {
  const [, token] = /^token ([0-9a-f]{12})$/.exec(how) ?? [];
  if (token !== undefined) return tokens.has(token) ? undefined : 'token-revoked';
  if (how !== 'certificate') return undefined;
  const mayStill = people.some(
    ({ name, roles, clusters }) =>
      isSamePerson(name, by) && mayUse(roles, 'approve') && (clusters?.includes(cluster) ?? true),
  );
  return mayStill ? undefined : 'role-lost';
}
