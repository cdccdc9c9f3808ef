/**
 * Whether two names may be those of one person. Approvals count by it: if in doubt, two names are one
 * person, because an approval that does not count costs less than a person who approves alone.
 */
import type { NamedPerson } from './person.ts';

export type SamePerson = (one: string, other: string) => boolean;

/** A person, by the name and the other names that controller.yaml has. */
type Named = Pick<NamedPerson, 'name' | 'alsoNamed'>;

/** @param people of controller.yaml */
export function samePersonOf(people: readonly Named[]): SamePerson {
  /** The account of the person with this name, or of the name itself. */
  const personOf = (name: string): string => {
    const account = accountOf(name);
    const person = people.find((one) =>
      [one.name, ...(one.alsoNamed ?? [])].some((known) => accountOf(known) === account),
    );
    return person === undefined ? account : accountOf(person.name);
  };
  return (one, other) => personOf(one) === personOf(other);
}

/**
 * Whether a person may be the author of a commit. Nobody has checked what a commit says, so this
 * keeps people from approving their own change by mistake, and not those who forge it.
 * @param author `Ann Smith <ann@example.org>`
 */
export function mayBeAuthor(name: string, author: string, isSame: SamePerson): boolean {
  return namesIn(author).some(
    (known) => isSame(known, name) || lettersOf(known) === lettersOf(accountOf(name)),
  );
}

function namesIn(author: string): readonly string[] {
  const [, shown = author, address] = /^([^<]*)<([^>]*)>/.exec(author) ?? [];
  return [shown.trim(), ...(address === undefined ? [] : [address.trim()])].filter(
    (name) => lettersOf(name) !== '',
  );
}

/** `ann` of `ann@example.org` and of `Ann+git@example.org` */
function accountOf(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/@.*$/s, '').replace(/\+.*$/s, '');
}

/** `annsmith` of `Ann Smith` and of `ann.smith` */
function lettersOf(name: string): string {
  return accountOf(name).replaceAll(/[^\p{L}\p{N}]/gu, '');
}
