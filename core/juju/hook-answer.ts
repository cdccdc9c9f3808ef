/** The tasks of the hook, as text that a shell reads line by line. */
import { printable } from '../printable.ts';
import type { UnitStatus } from './unit-status.ts';

export interface HookAnswer {
  /** Absent: the unit's status stays as it is. */
  readonly status?: UnitStatus;
  /** Only for the leader of the application, because no other unit may set it. */
  readonly applicationStatus?: UnitStatus;
  readonly version: string;
  /** The agent runs with other settings than Juju has now: the hook restarts it, and asks again. */
  readonly restart: boolean;
  /** The values that the unit publishes in its relations. */
  readonly publish: readonly Publication[];
  /** The output of an action, for a person. */
  readonly output?: string;
  /** The reason why an action failed. */
  readonly failure?: string;
}

export interface Publication {
  readonly relation: string;
  readonly key: string;
  readonly value: string;
}

/** Each line has a word, a space, and the rest. Older hooks ignore unknown words. */
export function hookAnswerText(answer: HookAnswer): string {
  const { status, applicationStatus, version, restart, publish, output, failure } = answer;
  const lines = [
    ...(status === undefined ? [] : [`status ${status.word} ${status.message}`]),
    ...(applicationStatus === undefined
      ? []
      : [`application-status ${applicationStatus.word} ${applicationStatus.message}`]),
    `version ${version}`,
    ...publish.map(({ relation, key, value }) => `publish ${relation} ${key}=${printable(value)}`),
    ...(output === undefined ? [] : output.split('\n').map((line) => `output ${printable(line)}`)),
    ...(failure === undefined ? [] : [`failure ${printable(failure)}`]),
    ...(restart ? ['restart yes'] : []),
  ];
  return `${lines.join('\n')}\n`;
}
