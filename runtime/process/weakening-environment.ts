/**
 * Variables by which an environment could weaken this program's TLS checks or reveal its secrets.
 */

/** Variables that are read at each use, so that removing them restores the checks. */
const removed = [
  // Node: turns the verification of certificates off.
  'NODE_TLS_REJECT_UNAUTHORIZED',
  // OpenSSL: writes the keys of every connection into a file.
  'SSLKEYLOGFILE',
  // gRPC: other ciphers, other authorities, and calls with their contents in the log.
  'GRPC_SSL_CIPHER_SUITES',
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
  'GRPC_TRACE',
  'GRPC_VERBOSITY',
  // Node 24: sends what the program sends to others through a proxy.
  'NODE_USE_ENV_PROXY',
] as const;

/** Variables that take effect before this program runs, and are only reported. */
const named = ['NODE_EXTRA_CA_CERTS', 'NODE_DEBUG', 'SSL_CERT_FILE', 'SSL_CERT_DIR'] as const;

const weakOptions =
  /--(tls-keylog|insecure-http-parser|inspect\S*|require|import|loader|experimental-loader|tls-min-v1\.[01]|security-revert|use-openssl-ca|use-system-ca)\b|(^|\s)-r\s/;

export interface Weakening {
  readonly name: string;
  /** For people. */
  readonly message: string;
}

/** Finds these variables without changing the environment. */
export function findWeakening(environment: NodeJS.ProcessEnv): readonly Weakening[] {
  const found: Weakening[] = [
    ...removed
      .filter((name) => environment[name] !== undefined)
      .map((name) => ({ name, message: `${name} in the environment is ignored` })),
    ...named
      .filter((name) => environment[name] !== undefined)
      .map((name) => ({ name, message: `${name} in the environment counts for this program` })),
  ];
  if (!weakOptions.test(environment['NODE_OPTIONS'] ?? '')) return found;
  const message = 'NODE_OPTIONS in the environment changes what this program runs or trusts';
  return [...found, { name: 'NODE_OPTIONS', message }];
}

/** Removes the variables that must not count, and returns the findings. */
export function removeWeakening(environment: NodeJS.ProcessEnv): readonly Weakening[] {
  const found = findWeakening(environment);
  for (const name of removed) delete environment[name];
  return found;
}
