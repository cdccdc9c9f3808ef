/** Who sends a request: the person whom the server authenticated, or the user at the socket. */
import { AppError } from '../../../runtime/errors.ts';
import type { HttpRequest } from '../../../runtime/http/route.ts';
import { userNameOf } from '../../../runtime/host/user-name.ts';

export interface Sender {
  readonly name: string;
  /** `token 4f2a91c0d3e1`, `certificate`, `socket, uid 1000`. */
  readonly how: string;
  /** The person who made the token; absent: there is none. */
  readonly issuedBy?: string;
  /** Why nobody knows who it is, with what helps; absent: the name is that of the person. */
  readonly unknown?: string;
}

type Asked = Pick<HttpRequest, 'client' | 'query' | 'caller'>;

/** How the kernel shows every user of another user namespace, and the user nobody. */
const overflowUid = 65_534;

/**
 * At the socket the kernel says which user it is. Root may be anybody who used sudo: then the name
 * counts that the command says, because root can do everything on this machine anyway.
 */
export async function senderOf(request: Asked): Promise<Sender> {
  const { client } = request;
  if (client !== undefined) {
    const { name, how, issuedBy } = client;
    return { name, how, ...(issuedBy !== undefined && { issuedBy }) };
  }
  const user = await request.caller();
  if (user === undefined) {
    const unknown =
      'the kernel did not say which user you are; wait for the answer, see that the controller has /usr/bin/perl (package perl-base), or use a token over HTTPS (--server)';
    return { name: 'unknown', how: 'socket, the user is not known', unknown };
  }
  const how = `socket, uid ${String(user.uid)}`;
  if (user.uid === overflowUid) {
    const unknown =
      'the kernel says uid 65534, which stands for every user of another user namespace; set PrivateUsers=no in the unit of the controller, or use a token over HTTPS (--server)';
    return { name: 'unknown', how, unknown };
  }
  if (user.uid !== 0) return { name: await userNameOf(user.uid), how };
  const claimed = request.query.get('by')?.split('@')[0] ?? '';
  return { name: claimed === '' ? 'root' : claimed.slice(0, 100), how };
}

/**
 * The person who decides. An unknown one might be the same as another, so nobody counts
 * as a person without a name.
 * @param what `approve the proposal` @throws AppError access-denied
 */
export async function decidingPerson(request: Asked, what: string): Promise<Sender> {
  const sender = await senderOf(request);
  const { unknown } = sender;
  if (unknown === undefined) return sender;
  throw new AppError('access-denied', `cannot ${what}: ${unknown}`);
}
