/** The actions of the charm. A command of calico-agent becomes one by an entry here. */
export interface Action {
  readonly name: string;
  readonly description: string;
  /** A command of calico-agent, with its flags; absent: the hook program asks the agent itself. */
  readonly command?: readonly string[];
  readonly parameters?: readonly Parameter[];
}

export interface Parameter {
  readonly name: string;
  readonly type: 'boolean' | 'string';
  readonly description: string;
  /**
   * A flag: true gives it to the command, a text is its value. operands: its words are the
   * command's. Absent: the agent itself reads it.
   */
  readonly flag?: `--${string}` | 'operands';
  readonly required?: boolean;
}

const yes: Parameter = {
  name: 'yes',
  type: 'boolean',
  description: 'Do it; without, what would be done is shown.',
  flag: '--yes',
};

const wholeCluster: Parameter = {
  name: 'cluster',
  type: 'boolean',
  description: 'For all agents of the cluster.',
  flag: '--cluster',
};

export const actions: readonly Action[] = [
  {
    name: 'check',
    description:
      'Say everything that is wrong with the options, or worth knowing. Changes nothing.',
  },
  {
    name: 'plan',
    description:
      'Show what would change on this node for the options as they were accepted, and why.',
    command: ['plan'],
  },
  {
    name: 'apply',
    description: 'Hand the options to the agent once more.',
    parameters: [
      {
        name: 'take-over',
        type: 'boolean',
        description: 'Also where a person or a controller has changed this agent so far.',
      },
    ],
  },
  {
    name: 'retry',
    description: 'Apply the options although they were rejected before.',
  },
  {
    name: 'status',
    description: 'Show what the agent does, and which revision is in force.',
    command: ['status'],
  },
  {
    name: 'peers',
    description: 'Show whom this node peers with, and why; not whether the sessions are up.',
    command: ['peers'],
  },
  {
    name: 'history',
    description: 'Show the configurations that were accepted, and what became of them.',
    command: ['history'],
  },
  {
    name: 'doctor',
    description: 'Look at the datastore, the node and the host, and say how to mend what is wrong.',
    command: ['doctor'],
  },
  {
    name: 'drift',
    description: 'Show what somebody else changed of what is in force.',
    command: ['drift'],
    parameters: [
      {
        name: 'correct',
        type: 'boolean',
        description: 'Put it back once, whatever the policy is.',
        flag: '--correct',
      },
    ],
  },
  {
    name: 'adopt',
    description: 'Show what the charm or a person made with the same meaning, and take it over.',
    command: ['adopt'],
    parameters: [yes],
  },
  {
    name: 'release',
    description:
      "Show what carries the agent's marks, and give it back; everything stays in the cluster.",
    command: ['release'],
    parameters: [yes],
  },
  {
    name: 'hold',
    description: 'Stop all writing until release-hold.',
    command: ['hold'],
    parameters: [
      {
        name: 'why',
        type: 'string',
        description: 'The reason, for everybody who asks.',
        flag: '--why',
        required: true,
      },
      wholeCluster,
    ],
  },
  {
    name: 'release-hold',
    description: 'Let the agent write again.',
    command: ['release-hold'],
    parameters: [wholeCluster],
  },
  {
    name: 'lxd-status',
    description: 'Show LXD profiles and containers, and which of these need a restart.',
    command: ['lxd', 'status'],
  },
  {
    name: 'lxd-restart',
    description: 'Restart LXD containers one at a time; without names those that need it.',
    command: ['lxd', 'restart'],
    parameters: [
      {
        name: 'containers',
        type: 'string',
        description: 'Their names, separated by spaces.',
        flag: 'operands',
      },
    ],
  },
];

const format = {
  type: 'string',
  enum: ['text', 'json'],
  default: 'text',
  description: 'How the output is written.',
} as const;

/** The JSON Schema of its parameters in actions.yaml. */
export function describeAction({ description, command, parameters = [] }: Action): object {
  const params = {
    ...(command === undefined ? {} : { format }),
    ...Object.fromEntries(
      parameters.map(({ name, type, description: what }) => [name, { type, description: what }]),
    ),
  };
  const required = parameters.filter((one) => one.required === true).map(({ name }) => name);
  return {
    description,
    ...(Object.keys(params).length === 0 ? {} : { params }),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

/** The file actions/<name> of a command; others are links to the hook program. */
export function actionScript({ command = [], parameters = [] }: Action): string {
  const flags = parameters.flatMap(({ name, type, flag }) => {
    if (flag === undefined) return [];
    if (flag === 'operands') {
      return ['# shellcheck disable=SC2046', `set -f -- "$@" $(action-get ${name})`];
    }
    return type === 'boolean'
      ? [`[ "$(action-get --format json ${name})" != true ] || set -- "$@" ${flag}`]
      : [`set -- "$@" ${flag} "$(action-get ${name})"`];
  });
  return [
    '#!/bin/sh',
    '# Made by build/charm/actions.ts.',
    `set -- ${command.join(' ')}`,
    ...flags,
    'exec "${0%/*}/../hooks/hook" "$@"',
    '',
  ].join('\n');
}
