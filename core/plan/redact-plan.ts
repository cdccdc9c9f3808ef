/**
 * Removes private data from plans. A profile may have cloud-init's user data with passwords, or a
 * person's `user.` keys, so a shown or journaled change has only the changed parts.
 */
import type { AnyChange, Plan, Step } from './plan.ts';
import type { ProfileContent } from '../lxd/observed-lxd.ts';

/** The plan for answers, output and the journal; it must not be carried out. */
export function redactPlan<C extends AnyChange>(plan: Plan<C>): Plan<C> {
  const { withheld } = plan;
  return {
    ...plan,
    steps: plan.steps.map(shownStep),
    ...(withheld !== undefined && { withheld: withheld.map(shownStep) }),
  };
}

function shownStep<C extends AnyChange>(step: Step<C>): Step<C> {
  return { ...step, changes: step.changes.map(shownChange) };
}

/** Whether a change of this action may be shown whole. A missing action does not compile. */
const isShownWhole = {
  create: true,
  update: true,
  delete: true,
  release: true,
  'patch-node': true,
  'mount-bpffs': true,
  'set-lxd-profile': false,
  'edit-file': false,
  'restart-service': true,
  'apply-object': false,
  'delete-object': true,
  rollout: true,
  'end-rollout': true,
  'delete-pods': true,
  'set-source-dest-check': true,
  'forget-interface': true,
} as const satisfies Readonly<Record<AnyChange['action'], boolean>>;

type ShownWhole = typeof isShownWhole;

type Secretive = Extract<
  AnyChange,
  {
    readonly action: {
      [A in keyof ShownWhole]: ShownWhole[A] extends false ? A : never;
    }[keyof ShownWhole];
  }
>;

function isSecretive(change: AnyChange): change is Secretive {
  return !isShownWhole[change.action];
}

/** An action that is not shown whole, and has no partial form, does not compile. */
function shownChange<C extends AnyChange>(change: C): C {
  if (!isSecretive(change)) return change;
  if (change.action === 'edit-file') {
    return { ...change, content: undefined };
  }
  if (change.action === 'apply-object') {
    return { ...change, write: undefined };
  }
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
