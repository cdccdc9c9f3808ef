/** The agents' endpoint, which may open later than the controller starts. */
import {
  serveAgents,
  type AgentsServer,
  type AgentsServerOptions,
  type Certificate,
} from './agents-server.ts';
import type { ListenAddress } from './listen-address.ts';

export interface AgentsDoor {
  /** Opens it. @throws AppError where nobody can listen at the address */
  readonly open: () => Promise<void>;
  /** Resolves when it is open. */
  readonly opened: Promise<void>;
  /** Where agents connect, or will once it is open. */
  address(): ListenAddress;
  /** Uses the certificate for new connections. @throws AppError, and then keeps the old one */
  useCertificate(certificate: Certificate): void;
  close(): Promise<void>;
}

/** Who listens at the agents' address while another controller leads. */
export interface AgentsRelay {
  /** Undefined: nobody listens. */
  address(): ListenAddress | undefined;
  /** The key of connections that other controllers pass on; undefined: they pass none on. */
  readonly key: Buffer | undefined;
  /** Resolves when the port is free. */
  close(): Promise<void>;
}

export interface AgentsDoorOptions extends Omit<AgentsServerOptions, 'relayKey'> {
  /** Absent: there are no other controllers. */
  readonly relay?: AgentsRelay | undefined;
  /** Called when it is open. */
  readonly opened: (address: ListenAddress) => void;
}

export function createAgentsDoor(options: AgentsDoorOptions): AgentsDoor {
  let tellOpened: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    tellOpened = resolve;
  });
  const { relay } = options;
  const relayKey = relay?.key;
  let certificate = options.tls;
  let opening: Promise<AgentsServer> | undefined;
  let server: AgentsServer | undefined;
  let isClosed = false;
  return {
    open: async () => {
      await relay?.close();
      if (isClosed) return;
      opening = serveAgents({
        ...options,
        ...(certificate !== undefined && { tls: certificate }),
        ...(relayKey !== undefined && { relayKey }),
      });
      server = await opening;
      options.opened(server.address);
      tellOpened();
    },
    opened,
    address: () => relay?.address() ?? server?.address ?? options.address,
    useCertificate: (next) => {
      server?.useCertificate(next);
      certificate = next;
    },
    close: async () => {
      isClosed = true;
      await relay?.close();
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
