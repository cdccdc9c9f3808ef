/**
 * Connects commands to the daemon: by its socket, or by the status socket if the user may not use
 * the first one.
 */
import path from 'node:path';
import { Option, type Command } from 'commander';
import type { DaemonClient } from '../../../runtime/cli/daemon-client.ts';
import type { SocketOptions, OutputOptions } from '../../../runtime/cli/options.ts';
import * as frames from '../../../runtime/cli/reading.ts';
import { AppError } from '../../../runtime/errors.ts';
import { createUnixHttpClient } from '../../../runtime/http/unix-client.ts';
import type { AddAgentCommand, CommandContext } from '../command-context.ts';

/** For requests that read or write much of the cluster. */
export const surveyTimeoutMs = 300_000;

const defaultSocket = '/run/calico-agent/agent.sock';
/** The name of the socket for all users, beside the daemon's socket. */
const statusSocketName = 'status.sock';

const daemon: frames.Daemon = { connect: createAgentClient, addSocketOption };

/** A command that fetches an answer of the agent and prints it. */
export function reading<T, O extends SocketOptions & OutputOptions = SocketOptions & OutputOptions>(
  what: frames.Reading<T, CommandContext, O>,
): AddAgentCommand {
  return frames.reading(daemon, what);
}

/** A command that shows the agent's plan, and with --yes lets the agent carry it out. */
export function previewed<T>(what: frames.Previewed<T>): AddAgentCommand {
  return frames.previewed(daemon, what);
}

export function addSocketOption(command: Command): Command {
  return command.addOption(
    new Option('--socket <path>', "the daemon's socket")
      .default(defaultSocket)
      .env('CALICO_AGENT_SOCKET'),
  );
}

export function createAgentClient(socket: string): DaemonClient {
  const startHint = 'systemctl start calico-agent, or calico-agent run';
  const open = (where: string): ReturnType<typeof createUnixHttpClient> =>
    createUnixHttpClient(where, { startHint });
  return {
    read: async (request) => {
      try {
        return await open(socket).request(request);
      } catch (error) {
        if (!isClosedToUs(error)) throw error;
        const statusSocket = path.join(path.dirname(socket), statusSocketName);
        return await open(statusSocket)
          .request(request)
          .catch((second: unknown) => {
            // The status socket does not have this route, so the command needs the other one.
            throw isNobodyThere(second) || isClosedToUs(second) ? error : second;
          });
      }
    },
    change: (request) => open(socket).request(request),
  };
}

function isClosedToUs(error: unknown): boolean {
  return error instanceof AppError && error.code === 'access-denied';
}

function isNobodyThere(error: unknown): boolean {
  return error instanceof AppError && error.code === 'not-listening';
}
