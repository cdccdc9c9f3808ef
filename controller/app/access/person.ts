import { AppError } from '../../../runtime/errors.ts';
import type { Role } from './roles.ts';

/** A person, or a program that acts for one. */
export interface Person {
  readonly name: string;
  readonly roles: readonly Role[];
}

/** A person of controller.yaml, who presents a certificate with this name. */
export interface NamedPerson extends Person {
  /** Absent: every cluster. */
  readonly clusters?: readonly string[];
  /** Names under which the same person proposes and approves, too. */
  readonly alsoNamed?: readonly string[];
}

/** An authenticated person. */
export interface KnownPerson extends Person {
  /** `token 4f2a91c0d3e1`, `certificate`. */
  readonly how: string;
  /** The person who made the token; absent: there is none. */
  readonly issuedBy?: string;
}

/** Names of people are compared without their case. */
export function isSamePerson(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

const nameForm = /^[A-Za-z0-9](?:[-A-Za-z0-9_.@]{0,98}[A-Za-z0-9])?$/;

/** @throws AppError bad-request where the text is no name of a person */
export function personNameOf(text: string): string {
  if (nameForm.test(text)) return text;
  throw new AppError(
    'bad-request',
    'the name of a person has letters, digits, dots, dashes, underscores and @ only, 100 at most',
  );
}
