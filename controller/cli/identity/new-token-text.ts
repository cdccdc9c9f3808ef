import type { NewEnrolmentToken } from '../../../schemas/generated/controller-api/new-enrolment-token.ts';

/** The cluster of agents that name none. */
const usualCluster = 'default';

/** A new token, with the command for a node. */
export function newTokenText({
  token,
  text,
  caDigest,
  url,
  cluster = usualCluster,
}: Pick<NewEnrolmentToken, 'token' | 'text' | 'caDigest' | 'url' | 'cluster'>): string {
  const { uses, nodes, expiresAt } = token;
  const who = nodes === undefined ? 'any node' : nodes.join(', ');
  const count = uses === 1 ? 'one node' : `${String(uses)} nodes`;
  const recognised =
    caDigest === undefined
      ? '--ca-file FILE-WITH-THE-AUTHORITY-OF-THE-CONTROLLER'
      : `--ca-digest ${caDigest}`;
  const named = cluster === usualCluster ? '' : ` --cluster ${cluster}`;
  return [
    `token      ${text}`,
    `for        ${who}; enrols ${count}, until ${expiresAt}`,
    ...(caDigest === undefined ? [] : [`authority  ${caDigest}`]),
    '',
    'On a node, with the token in a file (or --token-file - and the token on stdin):',
    `  calico-agent enroll --controller ${url}${named} --token-file FILE \\`,
    `    ${recognised}`,
  ].join('\n');
}
