/** A certificate for tests, made by openssl. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Self-signed, for the given name and address: `DNS:localhost`, `IP:127.0.0.1`. */
export function makeCertificate(folder: string, name: string, forWhom: string): Certificate {
  const certFile = path.join(folder, `${name}.pem`);
  const keyFile = path.join(folder, `${name}.key`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const what = [
    '-x509',
    '-subj',
    `/CN=${name}`,
    '-days',
    '2',
    '-addext',
    `subjectAltName=${forWhom}`,
  ];
  execFileSync('openssl', ['req', ...what, ...key, '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  });
  return { certFile, keyFile };
}

/** A CA of its own. */
export function makeAuthority(folder: string, name: string): Certificate {
  return makeCertificate(folder, name, `DNS:${name}`);
}

/** Signed by the CA, for servers and clients. */
export function makeSignedCertificate(
  folder: string,
  name: string,
  forWhom: string,
  authority: Certificate,
): Certificate {
  const certFile = path.join(folder, `${name}.pem`);
  const keyFile = path.join(folder, `${name}.key`);
  const requestFile = path.join(folder, `${name}.csr`);
  const extensionsFile = path.join(folder, `${name}.ext`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  writeFileSync(extensionsFile, `subjectAltName=${forWhom}\n`);
  openssl('req', '-new', '-subj', `/CN=${name}`, ...key, '-keyout', keyFile, '-out', requestFile);
  openssl(
    'x509',
    ...['-req', '-in', requestFile, '-days', '2', '-extfile', extensionsFile],
    ...['-CA', authority.certFile, '-CAkey', authority.keyFile, '-CAcreateserial'],
    ...['-out', certFile],
  );
  return { certFile, keyFile };
}

/** Valid from one instant to another, each as 20990101000000Z. */
export function makeDatedCertificate(
  folder: string,
  name: string,
  forWhom: string,
  authority: Certificate,
  [from, until]: readonly [string, string],
): Certificate {
  const { certFile, keyFile } = makeSignedCertificate(folder, name, forWhom, authority);
  const config = path.join(folder, `${name}.cnf`);
  writeFileSync(path.join(folder, `${name}.db`), '');
  writeFileSync(
    config,
    [
      ...['[ca]', 'default_ca=it', '[it]', `database=${path.join(folder, `${name}.db`)}`],
      ...[`new_certs_dir=${folder}`, 'rand_serial=yes', 'default_md=sha256', 'policy=any'],
      ...['x509_extensions=ext', '[any]', 'commonName=supplied', '[ext]'],
      `subjectAltName=${forWhom}`,
    ].join('\n'),
  );
  openssl(
    ...['ca', '-batch', '-notext', '-config', config, '-in', path.join(folder, `${name}.csr`)],
    ...['-cert', authority.certFile, '-keyfile', authority.keyFile],
    ...['-startdate', from, '-enddate', until, '-out', certFile],
  );
  return { certFile, keyFile };
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}
