/** A window for restarts, by the clock of the host. */
import type { RestartWindow } from '../../lxd/settings.ts';
import type { Located } from '../yaml/located.ts';
import { fieldsOf, itemsOf, oneOf, textOf } from '../yaml/read-values.ts';

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

export function readRestartWindow(node: Located | undefined): RestartWindow | undefined {
  if (node === undefined) return undefined;
  const fields = fieldsOf(node);
  const from = minutesOf(fields.get('from'));
  const to = minutesOf(fields.get('to'));
  if (from === undefined || to === undefined) return undefined;
  const named = itemsOf(fields.get('days')).flatMap((item) => oneOf(item, dayNames)?.value ?? []);
  const days = named.length === 0 ? dayNames : named;
  return { from, to, days: days.map((day) => dayNames.indexOf(day)) };
}

function minutesOf(node: Located | undefined): number | undefined {
  const [, hours, minutes] = /^(\d\d):(\d\d)$/.exec(textOf(node)?.value ?? '') ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}
