/** Connects commands to a running controller, by its socket or over HTTPS. */
import { Option, type Command } from 'commander';
import type { DaemonClient } from '../../runtime/cli/daemon-client.ts';
import * as frames from '../../runtime/cli/reading.ts';
import type { OutputOptions, SocketOptions } from '../../runtime/cli/options.ts';
import { createHttpsClient } from '../../runtime/http/remote/https-client.ts';
import { createUnixHttpClient, type UnixHttpClient } from '../../runtime/http/unix-client.ts';
import { addClusterOption, clusterIn, serverIn } from './remote/remote-options.ts';
import type { AddControllerCommand, CommandContext } from './command-context.ts';

const defaultSocket = '/run/calico-controller/controller.sock';

/** A command that fetches an answer of the controller and prints it. */
export function reading<T>(
  what: frames.Reading<T, CommandContext, SocketOptions & OutputOptions>,
): AddControllerCommand {
  return frames.reading({ connect: createControllerClient, addSocketOption }, what);
}

/** For commands that concern a fleet: where its controller is, and which cluster it is. */
export function addSocketOption(command: Command): Command {
  return addClusterOption(addPlainSocketOption(command));
}

/** For commands that concern the whole controller. */
export function addPlainSocketOption(command: Command): Command {
  return command.addOption(
    new Option('--socket <path>', "the controller's socket").default(defaultSocket),
  );
}

/** @param address of a controller: the path of its socket, or what `addressOf` made */
export function createControllerClient(address: string): DaemonClient {
  const { cluster, place } = clusterIn(address);
  const { request } = clientAt(place);
  if (cluster === undefined) return { read: request, change: request };
  const inCluster: UnixHttpClient['request'] = (asked) =>
    request({ ...asked, path: `/clusters/${encodeURIComponent(cluster)}${asked.path}` });
  return { read: inCluster, change: inCluster };
}

/** For the whole controller, also where the environment names a cluster. */
export function createProcessClient(address: string): DaemonClient {
  const { request } = clientAt(clusterIn(address).place);
  return { read: request, change: request };
}

function clientAt(address: string): UnixHttpClient {
  const server = serverIn(address);
  if (server !== undefined) return createHttpsClient(server);
  const startHint = 'systemctl start calico-controller, or calico-controller serve';
  return createUnixHttpClient(address, { startHint });
}
