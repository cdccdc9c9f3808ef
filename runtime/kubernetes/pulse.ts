/**
 * Finds servers that hang, or cannot be reached any more: a watch is then as silent as in a quiet
 * cluster. After a silent time the agent asks the server; if it does not answer, all watches are
 * cut, and each reports the reason.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { ApiRefusal } from './api-refusal.ts';
import type { KubernetesClient } from './client.ts';

export interface Pulse {
  /** Called when data came from the server. */
  heard(): void;
  /** Calls `cut` when the server does not answer. Returns a function that ends this. */
  onSilence(cut: () => void): () => void;
}

export interface PulseOptions {
  readonly client: Pick<KubernetesClient, 'send'>;
  /** The silent time before the server is asked, on average. */
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
 * Whether the server answers; a refusal counts as well. `/readyz` needs no rights, and asks the
 * server's own etcd.
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
