/** Who may do what needs a role: people of controller.yaml, and those with a token. */
import { byText } from '../../../core/by-text.ts';
import type { RouteRole } from '../../../runtime/http/route.ts';
import type { ApiTokens } from './api-tokens.ts';
import type { NamedPerson } from './person.ts';
import { mayUse } from './roles.ts';

export interface PeopleSources {
  readonly people: readonly NamedPerson[];
  readonly cluster: string;
  /** Absent: no token is accepted. */
  readonly tokens?: Pick<ApiTokens, 'namesWith'>;
}

/** @returns names, sorted */
export function peopleWithRole({
  people,
  cluster,
  tokens,
}: PeopleSources): (role: RouteRole) => readonly string[] {
  return (role) => {
    const certified = people.filter(
      ({ roles, clusters }) => mayUse(roles, role) && (clusters?.includes(cluster) ?? true),
    );
    const named = tokens?.namesWith((roles) => mayUse(roles, role)) ?? [];
    return [...new Set([...certified.map(({ name }) => name), ...named])].toSorted(byText);
  };
}
