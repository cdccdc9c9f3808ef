/**
 * A profile may hold what is nobody's business: cloud-init's user data with its passwords, a person's
 * `user.` keys. What is shown and noted of a change has only what it changes.
 */
import type { AnyChange, Plan } from './plan.ts';
import type { ProfileContent } from '../lxd/observed-lxd.ts';

/** As it may be answered, printed and written to the journal; never to be carried out. */
export function redactPlan<C extends AnyChange>(plan: Plan<C>): Plan<C> {
  const steps = plan.steps.map((step) => ({ ...step, changes: step.changes.map(shownChange) }));
  return { ...plan, steps };
}

function shownChange<C extends AnyChange>(change: C): C {
  if (change.action !== 'set-lxd-profile') return change;
  const changed = new Set(change.fields.map(({ path }) => path));
  const only = ({ config, devices }: ProfileContent): ProfileContent => ({
    description: '',
    config: filtered(config, (key) => changed.has(`config.${key}`)),
    devices: filtered(devices, (name) => changed.has(`devices.${name}`)),
  });
  return { ...change, before: only(change.before), after: only(change.after) };
}

function filtered<V>(
  values: Readonly<Record<string, V>>,
  isShown: (name: string) => boolean,
): Readonly<Record<string, V>> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isShown(name)));
}
