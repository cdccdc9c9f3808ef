/**
 * Client certificates for thousands of simulated agents. openssl makes one, and the others are that one
 * with another name, signed anew: a process of openssl for each would take minutes.
 */
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { identityUri } from '../../core/protocol/node-identity.ts';
import { makeAuthority, makeSignedCertificate } from '../../test/support/servers/certificate.ts';
import { nodeName } from './simulated-node.ts';

export interface Authority {
  readonly caFile: string;
  readonly caKeyFile: string;
  /** The certificate of node 0, with the key of all agents. */
  readonly templateFile: string;
  readonly templateKeyFile: string;
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
}

/** Makes the files of an authority in the folder. */
export function makeFleetAuthority(folder: string, cluster: string): Authority {
  const authority = makeAuthority(folder, 'fleet-ca');
  const uri = identityUri({ cluster, node: nodeName(0) });
  const template = makeSignedCertificate(folder, 'agents', `URI:${uri}`, authority);
  const server = makeSignedCertificate(folder, 'server', 'IP:127.0.0.1', authority);
  return {
    caFile: authority.certFile,
    caKeyFile: authority.keyFile,
    templateFile: template.certFile,
    templateKeyFile: template.keyFile,
    serverCertFile: server.certFile,
    serverKeyFile: server.keyFile,
  };
}

/** @returns a function that gives the client's TLS settings of a node */
export function secureContexts(files: Authority): (node: string) => SecureContext {
  const ca = readFileSync(files.caFile, 'utf8');
  const key = readFileSync(files.templateKeyFile, 'utf8');
  const certify = certifier(files);
  return (node) => createSecureContext({ ca, key, cert: certify(node) });
}

function certifier({ caKeyFile, templateFile }: Authority): (node: string) => string {
  const template = derOf(readFileSync(templateFile, 'utf8'));
  const caKey = createPrivateKey(readFileSync(caKeyFile, 'utf8'));
  const [certificate] = partsOf(template);
  const [signed, algorithm] = partsOf(certificate?.content ?? template);
  if (signed === undefined || algorithm === undefined) throw new Error('no X.509 certificate');
  return (node) => {
    const named = Buffer.from(signed.whole);
    const at = named.indexOf(nodeName(0));
    if (at < 0 || node.length !== nodeName(0).length) throw new Error('names of another length');
    named.write(node, at, 'latin1');
    const bits = Buffer.concat([Buffer.from([0]), sign('sha256', named, caKey)]);
    const body = Buffer.concat([named, algorithm.whole, tagged(0x03, bits)]);
    return pemOf(tagged(0x30, body));
  };
}

interface Part {
  readonly whole: Buffer;
  readonly content: Buffer;
}

/** The elements of a text in DER, one after the other. */
function partsOf(der: Buffer): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < der.length;) {
    const first = der[at + 1] ?? 0;
    const lengthBytes = first < 0x80 ? 0 : first - 0x80;
    const head = 2 + lengthBytes;
    const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
    const end = at + head + length;
    parts.push({ whole: der.subarray(at, end), content: der.subarray(at + head, end) });
    at = end;
  }
  return parts;
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
