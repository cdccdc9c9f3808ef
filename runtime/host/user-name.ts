import { readFile } from 'node:fs/promises';

/** The name of a user of /etc/passwd; `uid 1000` where it has none. */
export async function userNameOf(uid: number): Promise<string> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const [name = '', , id] = line.split(':');
    if (name !== '' && id === String(uid)) return name;
  }
  return `uid ${String(uid)}`;
}
