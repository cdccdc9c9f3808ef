/** Edits and restarts of an agent that has no right to either, and asks its helper over a socket. */
import { lstat } from 'node:fs/promises';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { AppError } from '../../../runtime/errors.ts';
import { askHelper } from '../../../runtime/host/ask-helper.ts';
import type { HostAnswer } from '../../../schemas/generated/host-answer.ts';
import { isHostAnswer } from '../../../schemas/generated/host-answer.validator.js';
import type { HostRequest } from '../../../schemas/generated/host-request.ts';
import type { HostWriter } from '../../ports/platform/host-writer.ts';

/** The path in systemd/calico-agent-host.socket. */
const usualSocket = '/run/calico-agent/host.sock';
/** Longer than RuntimeMaxSec= of calico-agent-host@.service, which covers a slow restart. */
const usualDeadlineMs = 180_000;
const unit = 'calico-agent-host.socket';

export function createHelpedHostWriter(
  socket = usualSocket,
  deadlineMs = usualDeadlineMs,
): HostWriter {
  const change = async (request: HostRequest, what: string): Promise<void> => {
    const answer = await ask(request, socket, deadlineMs);
    if (answer.answer === 'done') return;
    if (answer.answer === 'failed') {
      throw new AppError('io-failed', answer.why, { retryable: true });
    }
    const message = `cannot write "${what}": somebody changed it meanwhile; it is read again`;
    throw new AppError('datastore-conflict', message, { retryable: true });
  };
  return {
    // Without a request: each one starts a process.
    obstacle: async () => {
      const isThere = await lstat(socket).then(
        (found) => found.isSocket(),
        () => false,
      );
      if (isThere) return undefined;
      return `the agent has no right to do that, and ${unit}, which has it, does not listen`;
    },
    write: (path, before, text) => change({ action: 'write-file', path, before, text }, path),
    remove: (path, before) => change({ action: 'remove-file', path, before }, path),
    restart: (service) => change({ action: 'restart-service', service }, service),
  };
}

function ask(request: HostRequest, socket: string, deadlineMs: number): Promise<HostAnswer> {
  return askHelper(request, {
    socket,
    deadlineMs,
    unit,
    journal: 'calico-agent-host@*',
    right: 'to edit files of the platform',
    isAnswer: isHostAnswer,
    bounds: jsonBounds.hostAnswer,
  });
}
