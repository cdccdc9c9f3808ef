import { status, type ServiceError } from '@grpc/grpc-js';
import { reasonOf } from '../errors.ts';

/** The error of gRPC, or of etcd through it. The code tells the kind of error. */
export class RpcError extends Error {
  readonly code: status;
  /** The user name and the password were refused: etcd uses one code for this and other things. */
  readonly isOfPassword: boolean;

  constructor(
    code: status,
    message: string,
    options: ErrorOptions & { isOfPassword?: boolean } = {},
  ) {
    super(message, options);
    this.name = 'RpcError';
    this.code = code;
    this.isOfPassword = options.isOfPassword ?? false;
  }
}

export function rpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (isServiceError(error)) return new RpcError(error.code, error.details, { cause: error });
  return new RpcError(status.UNKNOWN, reasonOf(error), { cause: error });
}

export function hasCode(error: unknown, ...codes: readonly status[]): error is RpcError {
  return error instanceof RpcError && codes.includes(error.code);
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && 'metadata' in error;
}
