/** Who sends a request: the person whom the server authenticated, or the user at the socket. */
import type { HttpRequest } from '../../../runtime/http/route.ts';
import { userNameOf } from '../../../runtime/host/user-name.ts';

export interface Sender {
  readonly name: string;
  /** `token 4f2a91c0d3e1`, `certificate`, `socket, uid 1000`. */
  readonly how: string;
}

/**
 * At the socket the kernel says which user it is. Root may be anybody who used sudo: then the name
 * counts that the command says, because root can do everything on this machine anyway.
 */
export async function senderOf(
  request: Pick<HttpRequest, 'client' | 'query' | 'caller'>,
): Promise<Sender> {
  const { client } = request;
  if (client !== undefined) return { name: client.name, how: client.how };
  const user = await request.caller();
  if (user === undefined) return { name: 'unknown', how: 'socket, the user is not known' };
  const how = `socket, uid ${String(user.uid)}`;
  if (user.uid !== 0) return { name: await userNameOf(user.uid), how };
  const claimed = request.query.get('by')?.split('@')[0] ?? '';
  return { name: claimed === '' ? 'root' : claimed.slice(0, 100), how };
}
