/** What the hook is to do, as text that a shell reads line by line. */
import { printable } from '../printable.ts';
import type { UnitStatus } from './unit-status.ts';

export interface HookAnswer {
  /** Absent: the unit's status stays as it is. */
  readonly status?: UnitStatus;
  /** Only where the unit leads its application: nobody else may set it. */
  readonly applicationStatus?: UnitStatus;
  readonly version: string;
  /** The agent runs with other settings than Juju now says: restart it, and ask again. */
  readonly restart: boolean;
  /** What the unit publishes in its relations. */
  readonly publish: readonly Publication[];
  /** Of an action: what it found, for a person. */
  readonly output?: string;
  /** Of an action: it did not do what was asked. */
  readonly failure?: string;
}

export interface Publication {
  readonly relation: string;
  readonly key: string;
  readonly value: string;
}

/** Each line a word, a space, and the rest; unknown words are passed over by older hooks. */
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
