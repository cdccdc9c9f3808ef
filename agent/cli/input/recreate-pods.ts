/** The flag --recreate-pods of plan and apply: short for `microk8s.recreatePods: true`. */
import type { Command } from 'commander';
import { AppError } from '../../../runtime/errors.ts';
import type { Input } from '../../../runtime/cli/read-input.ts';

export interface RecreatePodsOptions {
  readonly recreatePods?: true;
}

export function addRecreatePodsOption(command: Command): Command {
  return command.option(
    '--recreate-pods',
    'as if CONFIG had microk8s.recreatePods: true: delete the pods with addresses outside of podCidr, ' +
      'controller by controller',
  );
}

/** The text of the revision has the setting. @throws AppError usage where the flag would do nothing */
export async function withRecreatePodsFlag(
  config: Input,
  { recreatePods }: RecreatePodsOptions,
): Promise<Input> {
  if (recreatePods !== true) return config;
  const { withRecreatePods } = await import('../../../core/config/platform/with-recreate-pods.ts');
  const changed = withRecreatePods(config.text);
  if (changed.ok) return { ...config, text: changed.text };
  throw new AppError('usage', `cannot use --recreate-pods: ${changed.why}`);
}
