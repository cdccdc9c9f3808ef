/** BIRD's own answers, word for word, for the support bundle. */
import { AppError } from '../../../runtime/errors.ts';
import type { SupportPart } from '../../ports/support.ts';
import { converse } from './conversation.ts';
import { findSockets } from './find-sockets.ts';

const questions = ['show status', 'show protocols all', 'show route count'] as const;

/** @param sockets paths from agent.yaml; undefined: the usual ones */
export async function birdParts(
  sockets: readonly string[] | undefined,
): Promise<readonly SupportPart[]> {
  const found = await findSockets('/', sockets);
  return found.map((socket, index) => ({
    name: `bird/${String(index + 1)}.txt`,
    what: `BIRD's answers at ${socket.at}`,
    read: async (signal) => {
      if (socket.ok) return answersOf(socket.at, signal);
      throw new AppError('io-failed', `BIRD cannot be asked at ${socket.at}: ${socket.why}`);
    },
  }));
}

function answersOf(at: string, signal: AbortSignal): Promise<string> {
  return converse(at, undefined, signal, async ({ ask }) => {
    const texts: string[] = [];
    for (const question of questions) {
      const { lines } = await ask(question);
      const answer = lines.map(({ code, text }) => `${String(code).padStart(4, '0')} ${text}`);
      texts.push(`bird> ${question}`, ...answer, '');
    }
    return texts.join('\n');
  });
}
