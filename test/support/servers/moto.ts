/** moto (PyPI): EC2 and IAM as a server on this machine. https://docs.getmoto.org */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { lacks } from '../skips/needs.cjs';
import { eventually } from '../eventually.ts';
import { freePort } from './free-port.ts';

export interface Moto {
  readonly url: string;
  /** Calls an action of a service, as an administrator, and gives the XML of the answer. */
  call(
    service: keyof typeof versions,
    parameters: Readonly<Record<string, string>>,
  ): Promise<string>;
  /** From now on IAM decides, after so many calls more. */
  enforceIam(callsBefore?: number): Promise<void>;
  close(): Promise<void>;
}

const versions = { ec2: '2016-11-15', iam: '2010-05-08', sts: '2011-06-15' } as const;

/** Undefined: it is not installed, which is noted. */
export async function startMoto(): Promise<Moto | undefined> {
  if (spawnSync('moto_server', ['--help']).error !== undefined) {
    lacks("the program moto_server (pip install 'moto[ec2,server]')", undefined, 'moto');
    return undefined;
  }
  const port = await freePort();
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${String(port)}`;
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error('moto_server has ended');
    if (!(await fetch(`${url}/moto-api/`)).ok) throw new Error('moto does not answer yet');
  });
  return {
    url,
    call: async (service, parameters) => {
      const scope = `AKIAADMIN/20261127/eu-west-1/${service}/aws4_request`;
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
        },
        body: new URLSearchParams({
          Version: versions[service],
          ...parameters,
        }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${parameters['Action'] ?? ''}: ${text}`);
      return text;
    },
    enforceIam: async (callsBefore = 0) => {
      await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', body: String(callsBefore) });
    },
    close: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The first text of an element. */
export function element(xml: string, name: string): string {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  if (found === undefined) throw new Error(`no ${name} in ${xml}`);
  return found;
}
