/** The agent's side: one request to the helper that may change routes, over its socket. */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { askHelper } from '../../../runtime/host/ask-helper.ts';
import type { GuardAnswer } from '../../../schemas/generated/guard-answer.ts';
import { isGuardAnswer } from '../../../schemas/generated/guard-answer.validator.js';
import type { GuardRequest } from '../../../schemas/generated/guard-request.ts';

/** @throws AppError; its message says why there is no answer */
export type AskHelper = (request: GuardRequest) => Promise<GuardAnswer>;

/** The path in systemd/calico-agent-guard.socket. */
const usualSocket = '/run/calico-agent/guard.sock';
/**
 * Longer than RuntimeMaxSec= of calico-agent-guard@.service, after which systemd has ended a helper
 * that hangs.
 */
const usualDeadlineMs = 15_000;

export function createAskHelper(socket = usualSocket, deadlineMs = usualDeadlineMs): AskHelper {
  return (request) =>
    askHelper(request, {
      socket,
      deadlineMs,
      unit: 'calico-agent-guard.socket',
      journal: 'calico-agent-guard@*',
      right: 'to change routes (CAP_NET_ADMIN)',
      isAnswer: isGuardAnswer,
      bounds: jsonBounds.guardAnswer,
    });
}
