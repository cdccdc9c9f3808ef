/** Does BIRD answer where calico-node has its control sockets? */
import net from 'node:net';
import { reasonOf, systemCodeOf } from '../../../runtime/errors.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { CalicoNode } from './calico-node.ts';
import type { HostFiles } from './host-files.ts';

/** Calico's own, and MicroK8s'. */
const folders = ['var/run/calico', 'var/snap/microk8s/current/var/run/calico'];
const greetingMs = 2000;
const maxGreeting = 200;

export async function diagnoseBirdSockets(
  host: HostFiles,
  { birds }: CalicoNode,
): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    [
      { program: 'bird', socket: 'bird.ctl', check: 'BIRD socket' },
      { program: 'bird6', socket: 'bird6.ctl', check: 'BIRD socket, IPv6' },
    ].map(async ({ program, socket, check }): Promise<Finding[]> => {
      const isRunning = birds.some(({ name }) => name === program);
      const file = await findSocket(host, socket);
      if (file !== undefined) return [await ask(host, file, check, isRunning)];
      if (!isRunning) return [];
      const message = `${program} runs, and ${socket} is not in ${folders.map((name) => `/${name}`).join(' or ')}`;
      const hint = "calico-node's run folder has to be that of the host: see its volumes";
      return [{ check, result: 'failed', message, hint }];
    }),
  );
  return findings.flat();
}

async function findSocket(host: HostFiles, name: string): Promise<string | undefined> {
  for (const folder of folders) {
    if ((await host.names(folder)).includes(name)) return `${folder}/${name}`;
  }
  return undefined;
}

async function ask(
  host: HostFiles,
  file: string,
  check: string,
  isRunning: boolean,
): Promise<Finding> {
  try {
    const greeting = await readGreeting(host.at(file));
    return { check, result: 'ok', message: `/${file}: ${greeting}` };
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EACCES' || code === 'EPERM') {
      const message = `/${file} may not be opened by this user`;
      return { check, result: 'warning', message, hint: 'run calico-agent doctor as root' };
    }
    // A socket that a BIRD left behind is no fault where there shall be none.
    const result = isRunning ? 'failed' : 'warning';
    const message = `nobody answers on /${file} (${reasonOf(error)})`;
    return {
      check,
      result,
      message,
      hint: "restart calico-node; its log says what BIRD's fault is",
    };
  }
}

/** `0001 BIRD v0.3.3+birdv1.6.8 ready.`: it greets whoever connects. */
function readGreeting(file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(file);
    let text = '';
    const end = (act: () => void): void => {
      socket.destroy();
      act();
    };
    socket.setEncoding('latin1');
    socket.setTimeout(greetingMs, () => end(() => reject(new Error('it is silent'))));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it hung up')));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const [line = '', rest] = text.split('\n');
      if (rest === undefined && text.length < maxGreeting) return;
      end(() => resolve(line.replace(/^\d{4}[ -]/, '').slice(0, maxGreeting)));
    });
  });
}
