/** A certificate for tests, made by openssl. */
import { execFileSync } from 'node:child_process';
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

/** Signed by itself, for the name and address given: `DNS:localhost`, `IP:127.0.0.1`. */
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
