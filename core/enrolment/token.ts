/** The text of an enrolment token: `ID.SECRET`. The ID is no secret, and is shown in lists. */
export interface TokenParts {
  readonly id: string;
  readonly secret: string;
}

const form = /^([a-z0-9]{10})\.([A-Za-z0-9_-]{43})$/;
const idForm = /^[a-z0-9]{10}$/;

export function tokenText({ id, secret }: TokenParts): string {
  return `${id}.${secret}`;
}

/** Undefined: the text is no enrolment token. */
export function readToken(text: string): TokenParts | undefined {
  const [, id, secret] = form.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

export function isTokenId(text: string): boolean {
  return idForm.test(text);
}
