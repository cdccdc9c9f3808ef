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

export interface AgentsDoorOptions extends AgentsServerOptions {
  /** Called when it is open. */
  readonly opened: (address: ListenAddress) => void;
}

export function createAgentsDoor(options: AgentsDoorOptions): AgentsDoor {
  let tellOpened: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    tellOpened = resolve;
  });
  let certificate = options.tls;
  let opening: Promise<AgentsServer> | undefined;
  let server: AgentsServer | undefined;
  let isClosed = false;
  return {
    open: async () => {
      if (isClosed) return;
      opening = serveAgents({ ...options, ...(certificate !== undefined && { tls: certificate }) });
      server = await opening;
      options.opened(server.address);
      tellOpened();
    },
    opened,
    address: () => server?.address ?? options.address,
    useCertificate: (next) => {
      server?.useCertificate(next);
      certificate = next;
    },
    close: async () => {
      isClosed = true;
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
