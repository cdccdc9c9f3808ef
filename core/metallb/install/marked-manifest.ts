/** The manifest of K3s with a line that tells later whether somebody has edited it. */
import { digestOf } from '../../revision/digest.ts';

const begin = '# Written by calico-agent, which replaces the file as long as nobody edits it: ';

export function markedManifest(body: string): string {
  return `${begin}${digestOf(body)}\n${body}`;
}

/** ours: as an agent wrote it, for whatever configuration. edited: changed since. foreign: another program's or a person's. */
export function writerOf(text: string): 'ours' | 'edited' | 'foreign' {
  if (!text.startsWith(begin)) return 'foreign';
  const end = text.indexOf('\n');
  const body = end === -1 ? '' : text.slice(end + 1);
  return markedManifest(body) === text ? 'ours' : 'edited';
}
