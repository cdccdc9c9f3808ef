import type { ErrorCode } from '../../../runtime/errors.ts';

/** What to do about an error whose message cannot know it; ended, and empty where there is none. */
export function hintOf(code: ErrorCode): string {
  const hint = hints[code];
  return hint === undefined ? '' : `  hint: ${hint}\n`;
}

const hints: Partial<Readonly<Record<ErrorCode, string>>> = {
  held: 'calico-agent status says since when; calico-agent release-hold [--cluster] lets it write again',
  'writer-lease-lost':
    'one agent at a time writes what holds for all nodes; calico-agent status says which',
  'datastore-conflict': 'nothing of it was overwritten: look again, and repeat the command',
};
