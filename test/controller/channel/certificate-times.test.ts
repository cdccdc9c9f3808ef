import { expect } from 'chai';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readTls } from '../../../controller/channel/secrets.ts';
import { publicKeyOf, writeCertificate } from '../../../runtime/x509/certificate.ts';

describe('certificates of the controller that are not valid now', () => {
  const year = 365 * 86_400_000;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-times-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** What is said of a certificate, and an authority, that are valid for these years from now. */
  async function said(own: readonly number[], authority: readonly number[]): Promise<string[]> {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const keyFile = path.join(folder, 'key.pem');
    await writeFile(keyFile, key);
    await chmod(keyFile, 0o600);
    const certificate = async (name: string, [from = 0, to = 0]: readonly number[]) => {
      const file = path.join(folder, name);
      const [validFrom, validUntil] = [from, to].map((years) => Date.now() + years * year);
      const times = { validFrom: validFrom ?? 0, validUntil: validUntil ?? 0 };
      const content = { commonName: name, publicKey: publicKeyOf(key), ...times };
      const text = await writeCertificate({ ...content, use: { for: 'authority' } }, { key });
      await writeFile(file, text);
      return file;
    };
    const files = {
      certFile: await certificate('own.pem', own),
      keyFile,
      clientCaFile: await certificate('authority.pem', authority),
    };
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    await readTls(files, { warn: log, error: log });
    return lines;
  }

  it('are named, and what does not work because of them', async () => {
    expect(await said([-1, 1], [-1, 1])).to.deep.equal([]);
    const [own, authority] = await said([-2, -1], [1, 2]);
    expect(own).to.match(
      /^the certificate in --tls-cert .* has expired, at .*: agents cannot connect$/,
    );
    expect(authority).to.match(
      /^the certificate in tls\.clientCaFile .* is valid only from .* on: certificates that it signed are refused$/,
    );
  });
});
