/** Warns of other programs that write the agent's fields. Pure. */
import type { Observed, ObservedResource } from '../../../core/observe/observed.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import { counted } from '../../../runtime/cli/issue-report.ts';

const check = 'other writers';
/** Our own name as a field manager. */
const ourManager = 'calico-agent';
const mostShown = 3;

export function diagnoseWriters({ resources }: Observed): readonly Finding[] {
  const ours = resources.filter(({ owner }) => owner !== undefined);
  const shared = ours.flatMap((one) => {
    const others = othersOf(one);
    return others.length === 0 ? [] : [`${nameOf(one)} by ${others.join(', ')}`];
  });
  const foreign = resources.length - ours.length;
  if (shared.length === 0) {
    const others = foreign === 0 ? '' : `; ${counted(foreign, 'object')} of others`;
    const message = `${counted(ours.length, 'object')} of ours, written by no other program${others}`;
    return [{ check, result: 'ok', message }];
  }
  const more = shared.length > mostShown ? ` and ${shared.length - mostShown} more` : '';
  const message = `other programs write fields of ours too: ${shared.slice(0, mostShown).join('; ')}${more}`;
  const hint = 'calico-agent drift shows their changes; let only one program write each field';
  return [{ check, result: 'warning', message, hint }];
}

function othersOf({ writers = [] }: ObservedResource): readonly string[] {
  const writing = writers.filter(
    ({ manager, paths }) =>
      manager !== ourManager && paths.some((path) => path === 'spec' || path.startsWith('spec.')),
  );
  return [...new Set(writing.map(({ manager }) => manager))];
}

function nameOf({ resource }: ObservedResource): string {
  return `${resource.kind} ${resource.metadata.name}`;
}
