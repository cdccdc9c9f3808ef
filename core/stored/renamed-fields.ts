/**
 * Renamed fields of the state files, so that a file of an older version is read with the current
 * names.
 */

/** agent-state.json: `sharePosition` is `writerPosition` since the writer lease has its name. */
export function modernState(data: unknown): unknown {
  return renamed(data, 'sharePosition', 'writerPosition');
}

/** A journal entry: the `share` of a change is its `scope`. */
export function modernJournal(data: unknown): unknown {
  return within(data, 'plan', (plan) =>
    within(plan, 'steps', (steps) =>
      each(steps, (step) =>
        within(step, 'changes', (changes) =>
          each(changes, (change) => renamed(change, 'share', 'scope')),
        ),
      ),
    ),
  );
}

type Modernize = (data: unknown) => unknown;

function renamed(data: unknown, before: string, after: string): unknown {
  if (!isRecord(data) || !(before in data) || after in data) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name === before ? after : name, value]),
  );
}

function within(data: unknown, field: string, modernize: Modernize): unknown {
  if (!isRecord(data) || !(field in data)) return data;
  return { ...data, [field]: modernize(data[field]) };
}

function each(data: unknown, modernize: Modernize): unknown {
  return Array.isArray(data) ? data.map(modernize) : data;
}

function isRecord(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
