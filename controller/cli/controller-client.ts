/** Connects commands to a running controller, by its socket. */
import { Option, type Command } from 'commander';
import type { DaemonClient } from '../../runtime/cli/daemon-client.ts';
import * as frames from '../../runtime/cli/reading.ts';
import type { OutputOptions, SocketOptions } from '../../runtime/cli/options.ts';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import type { AddControllerCommand, CommandContext } from './command-context.ts';

const defaultSocket = '/run/calico-controller/controller.sock';

/** A command that fetches an answer of the controller and prints it. */
export function reading<T>(
  what: frames.Reading<T, CommandContext, SocketOptions & OutputOptions>,
): AddControllerCommand {
  return frames.reading({ connect: createControllerClient, addSocketOption }, what);
}

export function addSocketOption(command: Command): Command {
  return command.addOption(
    new Option('--socket <path>', "the controller's socket").default(defaultSocket),
  );
}

export function createControllerClient(socket: string): DaemonClient {
  const startHint = 'calico-controller serve --token-file FILE';
  const { request } = createUnixHttpClient(socket, { startHint });
  return { read: request, change: request };
}
