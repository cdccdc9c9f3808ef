import type { NewEnrolmentToken } from '../../../schemas/generated/controller-api/new-enrolment-token.ts';

/** A new token, with the command for a node. */
export function newTokenText({
  token,
  text,
  caDigest,
  url,
}: Pick<NewEnrolmentToken, 'token' | 'text' | 'caDigest' | 'url'>): string {
  const { uses, nodes, expiresAt } = token;
  const who = nodes === undefined ? 'any node' : nodes.join(', ');
  const count = uses === 1 ? 'one node' : `${String(uses)} nodes`;
  const recognised =
    caDigest === undefined
      ? '--ca-file FILE-WITH-THE-AUTHORITY-OF-THE-CONTROLLER'
      : `--ca-digest ${caDigest}`;
  return [
    `token      ${text}`,
    `for        ${who}; enrols ${count}, until ${expiresAt}`,
    ...(caDigest === undefined ? [] : [`authority  ${caDigest}`]),
    '',
    'On a node, with the token in a file (or --token-file - and the token on stdin):',
    `  calico-agent enroll --controller ${url} --token-file FILE \\`,
    `    ${recognised}`,
  ].join('\n');
}
