/**
 * A server that hangs, or a way to it that is gone, leaves a watch as silent as a quiet cluster
 * does. Where nothing was heard for a while the server is asked; where it does not answer, all
 * watches are cut, and each says why it cannot go on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { ApiRefusal } from './api-refusal.ts';
import type { KubernetesClient } from './client.ts';

export interface Pulse {
  /** Something came from the server. */
  heard(): void;
  /** Calls when the server does not answer. Returns what calls it off. */
  onSilence(cut: () => void): () => void;
}

export interface PulseOptions {
  readonly client: Pick<KubernetesClient, 'send'>;
  /** So long without a word, on average. */
  readonly everyMs: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** At 5,000 nodes these are at most 250 requests a second, which cost a server next to nothing. */
export const pulseMs = 20_000;
const answerMs = 5000;

export function createPulse(options: PulseOptions): Pulse {
  let isSilent = true;
  const cuts = new Set<() => void>();
  const run = async (): Promise<void> => {
    const { everyMs, random, signal } = options;
    const goesOn = (): boolean => !signal.aborted;
    while (goesOn()) {
      const ms = everyMs * (0.5 + random());
      await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
      if (!goesOn()) return;
      if (isSilent && !(await answers(options))) for (const cut of cuts) cut();
      isSilent = true;
    }
  };
  void run();
  return {
    heard: () => {
      isSilent = false;
    },
    onSilence: (cut) => {
      cuts.add(cut);
      return () => void cuts.delete(cut);
    },
  };
}

/**
 * Also a server that refuses is there. `/readyz` may be read without rights, and asks the server's
 * own etcd; where a proxy hides it, that answers.
 */
async function answers({ client }: PulseOptions): Promise<boolean> {
  try {
    await client.send({
      what: 'reach the API server',
      path: '/readyz',
      isText: true,
      timeoutMs: answerMs,
    });
    return true;
  } catch (error) {
    if (error instanceof ApiRefusal) return error.status < 500;
    return !(error instanceof AppError);
  }
}
