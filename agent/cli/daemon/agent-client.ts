/** The commands' way to the daemon: its socket, and where that is closed to the user the status socket. */
import path from 'node:path';
import { Option, type Command } from 'commander';
import type { DaemonClient } from '../../../runtime/cli/daemon-client.ts';
import type { SocketOptions, OutputOptions } from '../../../runtime/cli/options.ts';
import * as frames from '../../../runtime/cli/reading.ts';
import { AppError } from '../../../runtime/errors.ts';
import { createUnixHttpClient } from '../../../runtime/http/unix-client.ts';
import type { AddAgentCommand, CommandContext } from '../command-context.ts';

/** For requests that read the whole cluster, or write much of it. */
export const surveyTimeoutMs = 300_000;

const defaultSocket = '/run/calico-agent/agent.sock';
/** Beside the daemon's socket, and open to all users. */
const statusSocketName = 'status.sock';

const daemon: frames.Daemon = { connect: createAgentClient, addSocketOption };

/** A command that fetches an answer of the agent and prints it. */
export function reading<T, O extends SocketOptions & OutputOptions = SocketOptions & OutputOptions>(
  what: frames.Reading<T, CommandContext, O>,
): AddAgentCommand {
  return frames.reading(daemon, what);
}

/** A command that shows what the agent would do, and has it done with --yes. */
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
            // A route that the status socket does not have needs the other one.
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
