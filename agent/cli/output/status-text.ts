/** The status as text: one fact per line, then the faults. */
import { rolesOf } from './roles-of.ts';
import { certificateText } from '../../../core/enrolment/certificate-problem.ts';
import { degradedText } from '../../../core/degraded/adapters.ts';
import { groupBy } from '../../../core/group-by.ts';
import { withoutNotes, type Issue } from '../../../core/issue.ts';
import { sessionCountText } from '../../../core/sessions/count-sessions.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import { counted, formatIssues, type InputIssues } from '../../../runtime/cli/issue-report.ts';
import { revisionAndDigest } from '../../../runtime/cli/revision-and-digest.ts';

type Line = readonly [name: string, text: string];

export function formatStatus(status: AgentStatus): string {
  const lines: readonly Line[] = [
    ['node', status.node],
    ['state', progressText(status)],
    ...confirmingLines(status),
    ...holdLines(status),
    ...degradedLines(status),
    ...storageLines(status),
    ...driftLines(status),
    ...restartLines(status),
    ...revisionLines(status),
    ...guardLines(status),
    ...roleLines(status),
    ...shareLines(status),
    ...writerLeaseLines(status),
    ...fleetLines(status),
    ...controllerLines(status),
    ...certificateLines(status),
    ['changed by', status.source ?? 'nobody yet'],
    ['agent', `${status.agentVersion}, since ${status.startedAt}`],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const block = lines.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join('');
  const issues = withoutNotes(status.issues);
  return block + formatIssues(byInput(issues));
}

/** Each issue below the name of the input that it is of. */
function byInput(issues: readonly Issue[]): readonly InputIssues[] {
  return [...groupBy(issues, ({ code }) => inputs[code] ?? 'configuration')].map(([name, own]) => ({
    name,
    issues: own,
  }));
}

/** Issues that are not of the configuration, by their codes. */
const inputs: Readonly<Record<string, string>> = {
  'address-absent': 'agent.yaml',
  'object-unreadable': 'datastore',
};

function roleLines(status: AgentStatus): readonly Line[] {
  const roles: readonly string[] = rolesOf(status);
  return [
    ...(roles.includes('lxd-host') ? lxdHostLines : []),
    ...(roles.includes('node')
      ? [
          ...resolvedLines(status),
          ...platformLines(status),
          ['datastore', datastoreText(status)] as const,
        ]
      : []),
  ];
}

const lxdHostLines: readonly Line[] = [['role', 'lxd-host: see calico-agent lxd status']];

/** `applying (step 2 of 3, peers): …` */
export function progressText({ state, progress, message }: AgentStatus): string {
  const name = state.replaceAll('-', ' ');
  const step =
    progress === undefined
      ? ''
      : ` (step ${progress.step} of ${progress.steps}, ${progress.title})`;
  return `${name}${step}: ${message}`;
}

/** One line per revision, with its states; the rejected ones come last. */
function revisionLines({ revisions, storage }: AgentStatus): Line[] {
  if (storage?.stateUnknown === true) return [['revision', 'not known: see state']];
  const { accepted, inForce, confirmed, rejected } = revisions;
  const roles: readonly (readonly [RevisionRef | undefined, string])[] = [
    [accepted, 'accepted'],
    [inForce, 'in force'],
    [confirmed, 'confirmed'],
  ];
  const byRevision = new Map<string, string[]>();
  for (const [revision, role] of roles) {
    if (revision === undefined) continue;
    const text = revisionAndDigest(revision);
    byRevision.set(text, [...(byRevision.get(text) ?? []), role]);
  }
  const held = [...byRevision].map(([text, is]): Line => ['revision', `${text}: ${is.join(', ')}`]);
  const refused = rejected.map((one): Line => [
    'rejected',
    `${revisionAndDigest(one)}: ${one.reason} (${one.at})`,
  ]);
  return [...(held.length === 0 ? [noRevision] : held), ...confirmedLines(revisions), ...refused];
}

function confirmedLines(revisions: AgentStatus['revisions']): Line[] {
  const { confirmed, confirmedBy, healthyNodes = 0 } = revisions;
  if (confirmed === undefined || confirmedBy === undefined || confirmedBy === 'health') return [];
  const nodes = healthyNodes === 1 ? '1 other node is' : `${healthyNodes} other nodes are`;
  const how = {
    person: 'by a person',
    'nothing-seen': 'this agent could observe no BGP session',
    'other-nodes': `this agent could observe no BGP session; ${nodes} healthy`,
  };
  return [['confirmed', how[confirmedBy]]];
}

/**
 * The lines about a revision that waits for its confirmation: the node's health, and the command to
 * confirm.
 */
function confirmingLines({ confirming }: AgentStatus): Line[] {
  if (confirming === undefined) return [];
  const { until, unhealthy, mode, awaits } = confirming;
  const others = awaits === undefined ? '' : `, waits for ${awaits}`;
  const health = unhealthy === undefined ? `healthy so far${others}` : unhealthy;
  const how =
    mode === 'person'
      ? 'unless somebody runs calico-agent confirm'
      : 'unless it is healthy by then';
  const end = until === undefined ? '' : `; rolled back at ${until} ${how}`;
  return [['health', `${health}${end}`]];
}

function guardLines({ guard }: AgentStatus): Line[] {
  if (guard === undefined) return [];
  const { state, why = '', routes = 0, carrying = 0, until = '' } = guard;
  if (state === 'never') return [['guard', `no guard routes: ${why}`]];
  return [['guard', `${counted(routes, 'guard route')}, ${carrying} in use, until ${until}`]];
}

const noRevision: Line = ['revision', 'none'];

function resolvedLines({ resolved, sessions }: AgentStatus): Line[] {
  if (resolved === undefined) return [];
  const { asNumber, routeReflectorClusterId, peers, peerCount = peers.length } = resolved;
  const peerTexts = peers.map((peer) => {
    const port = peer.port === undefined ? '' : ` port ${peer.port}`;
    return `${peer.address}${port} AS ${peer.asNumber}`;
  });
  return [
    ['AS number', asNumber === undefined ? 'not managed' : String(asNumber)],
    ['cluster ID', routeReflectorClusterId ?? 'none'],
    ['peers', peerTexts.length === 0 ? 'none' : shortened(peerTexts, peerCount)],
    ...(sessions === undefined ? [] : [['BGP', sessionCountText(sessions)] as const]),
  ];
}

function shortened(texts: readonly string[], count: number): string {
  const most = 8;
  const shown = texts.slice(0, most).join(', ');
  return count > most ? `${shown} and ${count - most} more (calico-agent peers)` : shown;
}

/** The platform, and the settings in force there; an agent that manages nothing there names it only. */
function platformLines({ platform, drift }: AgentStatus): Line[] {
  if (platform === undefined) return [];
  const { name, version, role, cni, editedFiles = 0, restartsDue = [] } = platform;
  const { errors = 0, warnings = 0 } = platform;
  const found = [
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ];
  const files = drift?.files ?? 0;
  const parts = [
    [name, ...[version, role].filter((one) => one !== undefined)].join(', '),
    ...(cni === undefined ? [] : [`CNI ${cni}`]),
    ...(editedFiles > 0 ? [`${counted(editedFiles, 'file')} edited by the agent`] : []),
    ...(restartsDue.length > 0 ? [`restart due: ${restartsDue.join(', ')}`] : []),
    ...(files > 0
      ? [`${counted(files, 'file')} changed by somebody else (calico-agent drift)`]
      : []),
    ...(found.length > 0 ? [`${found.join(' and ')} (calico-agent platform)`] : []),
  ];
  return [['platform', parts.join('; ')]];
}

function datastoreText({ datastore }: AgentStatus): string {
  return `${datastore.driver}: ${datastore.message}`;
}

function controllerLines({ controller }: AgentStatus): Line[] {
  if (controller === undefined) return [];
  const { url, connected, since, message } = controller;
  const state = connected ? 'connected' : 'not connected';
  const start = since === undefined ? '' : ` since ${since}`;
  return [['controller', `${url}, ${state}${start}: ${message}`]];
}

/** Further failures of the renewal are shown as a degraded adapter. */
function certificateLines({ certificate, degraded = [] }: AgentStatus): Line[] {
  if (certificate === undefined) return [];
  const { failed } = certificate;
  const text = certificateText(certificate);
  const isTold = degraded.some(({ adapter }) => adapter === 'certificate');
  if (failed === undefined || isTold) return [['certificate', text]];
  const { attempts, nextAttemptAt, reason } = failed;
  const count = counted(attempts, 'attempt');
  const failure = `${count} to renew it failed; next attempt at ${nextAttemptAt}: ${reason}`;
  return [['certificate', `${text}; ${failure}`]];
}

function fleetLines({ fleet }: AgentStatus): Line[] {
  return fleet === undefined ? [] : [['fleet', fleet.message]];
}

/** The lines about a hold: who set it and why, and the command that ends it. */
function holdLines({ hold }: AgentStatus): Line[] {
  if (hold === undefined) return [];
  const { scope, by, why, since } = hold;
  const [whose, end] =
    scope === 'cluster' ? ['all agents', 'release-hold --cluster'] : ['this agent', 'release-hold'];
  return [['on hold', `${whose}, by ${by} since ${since}: ${why} (calico-agent ${end} ends it)`]];
}

function degradedLines({ degraded = [] }: AgentStatus): Line[] {
  return degraded.map((one): Line => ['degraded', degradedText(one)]);
}

function storageLines({ storage }: AgentStatus): Line[] {
  return (storage?.problems ?? []).map(({ message, hint }): Line => [
    'on disk',
    `${message} (${hint})`,
  ]);
}

function restartLines({ restartNeeded = [] }: AgentStatus): Line[] {
  if (restartNeeded.length === 0) return [];
  const names = restartNeeded.join(', ');
  return [
    [
      'settings',
      `${names}: changed in agent.yaml, and counts after a restart (systemctl restart calico-agent)`,
    ],
  ];
}

function driftLines({ drift }: AgentStatus): Line[] {
  if (drift === undefined) return [];
  const { objects, since } = drift;
  return [['drift', `${counted(objects, 'object')} since ${since} (calico-agent drift)`]];
}

function shareLines({ clusterShare }: AgentStatus): Line[] {
  if (clusterShare === undefined) return [];
  return [
    [
      'held back',
      'the cluster-wide resources, until the controller sends a revision that includes them (calico-agent plan)',
    ],
  ];
}

function writerLeaseLines({ clusterWriter }: AgentStatus): Line[] {
  if (clusterWriter === undefined) return [];
  const { revision, by, at } = clusterWriter;
  return [
    ['for all nodes', `${revisionAndDigest(revision)}, written by the agent of ${by} at ${at}`],
  ];
}
