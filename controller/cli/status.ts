/** calico-controller status: the controller, its revision, and the progress of the nodes. */
import type { ControllerStatus } from '../../schemas/generated/controller-api/controller-status.ts';
import { adapterText } from '../../core/degraded/adapters.ts';
import { revisionText } from '../../core/revision/revision-text.ts';
import { statusAnswer } from './answers.ts';
import { confirmingText } from './confirming-text.ts';
import { reading } from './controller-client.ts';

export const addStatus = reading({
  name: 'status',
  summary: 'show the controller, its revision, and the progress of the nodes',
  description:
    'Shows where agents connect, how many nodes are connected, the revision that all nodes shall ' +
    'have, how many nodes are in which state of the push, what they wait for, and what they have in force.',
  examples: [
    ['for a person', 'calico-controller status'],
    ['for a script', 'calico-controller status -o json | jq .push'],
  ],
  path: '/v1/status',
  answer: statusAnswer,
  text: statusText,
});

function statusText(status: ControllerStatus): string {
  const { cluster, listen, tls, revision, problem, connected, known, standby } = status;
  if (standby === true) {
    return [`cluster    ${cluster}`, `address    ${listen}`, `standby    ${problem ?? ''}`].join(
      '\n',
    );
  }
  const lines = [
    `cluster    ${cluster}`,
    `listens    ${tls ? 'wss' : 'ws'}://${listen}`,
    `nodes      ${connected} connected of ${known} known${certificateText(status)}`,
  ];
  if (revision === undefined) {
    return [...lines, `revision   ${problem ?? 'none yet: calico-controller push CONFIG'}`].join(
      '\n',
    );
  }
  const { number, digest, by, acceptedAt } = revision;
  const push = Object.entries(status.push).map(([state, count]) => `${count ?? 0} ${state}`);
  return [
    ...lines,
    `revision   ${number} (${digest.slice(0, 19)}), by ${by} at ${acceptedAt}${decisionText(revision)}`,
    `push       ${push.length === 0 ? 'no nodes' : push.join(', ')}`,
    ...changeLines(status),
    ...(problem === undefined ? [] : [`problem    ${problem}`]),
  ].join('\n');
}

function certificateText({ connected, withCertificate }: ControllerStatus): string {
  if (withCertificate === undefined) return '';
  const left = connected - withCertificate;
  const others = left === 0 ? '' : `, ${left} with the shared token`;
  return `; ${withCertificate} with a certificate${others}`;
}

type PushedRevision = NonNullable<ControllerStatus['revision']>;

function decisionText({ decided, confirmSeconds }: PushedRevision): string {
  if (decided === 'rolled-back')
    return '; a person rolled it back: nodes get nothing until the next push';
  if (decided === 'confirmed') return '; a person confirmed it';
  return confirmSeconds === undefined
    ? ''
    : `; each node rolls it back after ${confirmSeconds} s unless you run calico-controller confirm`;
}

function changeLines({
  waiting = [],
  confirming,
  degraded = [],
  inForce = [],
}: ControllerStatus): string[] {
  return [
    ...waiting.map(
      ({ nodes, condition, why, leftSeconds, first }) =>
        `waiting    ${nodes} at: ${condition}${leftText(leftSeconds)}; ${first[0] ?? ''}: ${why}`,
    ),
    ...(confirming === undefined
      ? []
      : [`confirming ${confirmingText(confirming)}${leftText(confirming.leftSeconds)}`]),
    ...degraded.map(
      ({ adapter, nodes, first, why }) =>
        `degraded   ${adapterText(adapter)} on ${nodes} connected; ${first[0] ?? ''}: ${why}`,
    ),
    ...inForce.map(
      ({ revision, nodes }) => `in force   ${revisionText(revision)} on ${nodes} connected`,
    ),
  ];
}

function leftText(leftSeconds: number | undefined): string {
  return leftSeconds === undefined ? '' : `, ${leftSeconds} s left`;
}
