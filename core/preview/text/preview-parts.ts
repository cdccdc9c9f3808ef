/** A preview for people: sections of lines, which are printed as text or as Markdown. */
import type { FleetPreview } from '../../../schemas/generated/fleet-preview.ts';
import { formatIssue } from '../../issue-text.ts';
import { because, shown } from '../../plan/describe.ts';
import { revisionText } from '../../revision/revision-text.ts';
import { durationText } from '../../sessions/duration-text.ts';
import { count, someNames, type PartLine } from './lines.ts';
import { nodeLines, resourceLines } from './node-lines.ts';

export interface PreviewPart {
  readonly title: string;
  readonly lines: readonly PartLine[];
}

/** How the configuration comes to the nodes. */
export type PreviewWay = 'a push' | 'the rollout';

/** @param name of the configuration, before its issues */
export function previewParts(
  preview: FleetPreview,
  name: string,
  way: PreviewWay,
): readonly PreviewPart[] {
  return [
    { title: 'Summary', lines: summaryLines(preview, way) },
    { title: 'Errors and warnings', lines: issueLines(preview, name) },
    { title: 'Needs the whole fleet in step', lines: stepLines(preview) },
    { title: 'Routes that nodes no longer learn', lines: trafficLines(preview) },
    { title: 'Cluster-wide', lines: clusterLines(preview) },
    ...nodeParts(preview),
    { title: 'Not known', lines: unknownLines(preview) },
  ].filter(({ lines }) => lines.length > 0);
}

/** Those that say in a few lines how much changes. */
export function summaryParts(preview: FleetPreview, way: PreviewWay): readonly PreviewPart[] {
  return [
    { title: 'Summary', lines: summaryLines(preview, way) },
    { title: 'Needs the whole fleet in step', lines: stepLines(preview) },
    { title: 'Routes that nodes no longer learn', lines: trafficLines(preview) },
  ].filter(({ lines }) => lines.length > 0);
}

/** Chosen nodes are shown whole, in place of the entries of all nodes. */
function nodeParts({ chosen, changes, left }: FleetPreview): readonly PreviewPart[] {
  if (chosen !== undefined) {
    const none = { depth: 0, text: 'nothing changes on these nodes' };
    return [{ title: 'Nodes', lines: chosen.length === 0 ? [none] : chosen.flatMap(nodeLines) }];
  }
  const others = `${count(left, 'more node')} with other changes: calico-controller preview CONFIG --node NAME shows one of them`;
  const lines = [...changes.flatMap(nodeLines), ...(left > 0 ? [{ depth: 0, text: others }] : [])];
  return [{ title: 'Nodes', lines }];
}

function summaryLines(preview: FleetPreview, way: PreviewWay): readonly PartLine[] {
  const { base, outcome, nodes, sessions, clusterWide } = preview;
  const resources = clusterWide.resources.length + clusterWide.left;
  const against =
    base === undefined
      ? 'compared with nothing, so everything is new'
      : `compared with revision ${revisionText(base)}`;
  const texts = [
    `${against}, on ${count(nodes.known, 'node')}`,
    ...(base?.isRolledBack === true ? [rolledBack] : []),
    ...(base?.lacking === undefined ? [] : [lackingText(base.number, base.lacking)]),
    ...(nodes.known === 0 ? ['the controller knows no node yet'] : []),
    outcomeText(outcome, way),
    ...(outcome === 'same' || preview.digest === undefined
      ? []
      : [
          `${count(nodes.changed, 'node')} ${nodes.changed === 1 ? 'changes' : 'change'}; ${count(sessions.gained, 'session')} gained, ${String(sessions.lost)} lost, ${String(sessions.changed)} changed (a session between two nodes counts on both); ${count(resources, 'cluster-wide resource')} ${resources === 1 ? 'changes' : 'change'}`,
        ]),
  ];
  return texts.map((text) => ({ depth: 0, text }));
}

const rolledBack =
  'a person rolled this revision back, so the nodes have earlier ones in force: --base NUMBER compares with one of these';

type Lacking = NonNullable<NonNullable<FleetPreview['base']>['lacking']>;

function lackingText(number: number, { nodes, of }: Lacking): string {
  const [those, they] = nodes === 1 ? ['does', 'it changes'] : ['do', 'they change'];
  return `${String(nodes)} of ${count(of, 'connected node')} ${those} not have revision ${String(number)}, so ${they} in other ways: calico-controller nodes shows what each has, and --base NUMBER compares with that`;
}

function outcomeText(outcome: FleetPreview['outcome'], way: PreviewWay): string {
  switch (outcome) {
    case 'refused':
      return `${way} would be refused: the configuration has errors`;
    case 'same':
      return 'nothing changes';
    case 'changes':
      return `${way} would change the fleet`;
  }
}

/** Notes are for `check`, which shows all of them. */
function issueLines({ issues }: FleetPreview, name: string): readonly PartLine[] {
  return issues
    .filter(({ severity }) => severity !== 'note')
    .flatMap((issue) => {
      const [first = '', ...others] = formatIssue(issue, name).split('\n');
      return [
        { depth: 0, text: first },
        ...others.map((text) => ({ depth: 1, text: text.trim() })),
      ];
    });
}

function stepLines({ needsStep }: FleetPreview): readonly PartLine[] {
  return needsStep.map(({ kind, why, nodes }) => ({
    depth: 0,
    text: `${kind}: ${why} (${count(nodes.count, 'node')})`,
  }));
}

function trafficLines({ traffic }: FleetPreview): readonly PartLine[] {
  const { notChecked, lost, left } = traffic;
  if (notChecked !== undefined) return [{ depth: 0, text: `not compared: ${notChecked}` }];
  return [
    ...lost.map(({ family, from, to }) => ({
      depth: 0,
      text: `IPv${String(family)}: ${lostText(someNames(from), someNames(to), to.count)}`,
    })),
    ...(left > 0 ? [{ depth: 0, text: `${String(left)} more of this kind` }] : []),
  ];
}

function lostText(from: string, to: string, receivers: number): string {
  if (from === to) return `${to} no longer learn each other's routes`;
  return `${to} no longer learn${receivers === 1 ? 's' : ''} the routes of ${from}`;
}

function clusterLines({ clusterWide }: FleetPreview): readonly PartLine[] {
  const { mesh, resources, left, sections, kept } = clusterWide;
  return [
    ...(mesh === undefined
      ? []
      : [{ depth: 0, text: `node-to-node mesh: ${flag(mesh.before)} → ${flag(mesh.after)}` }]),
    ...resources.flatMap((one) => resourceLines(one, 0)),
    ...(left > 0 ? [{ depth: 0, text: count(left, 'more resource') }] : []),
    ...sections.flatMap(({ section, fields, left: others }) => [
      { depth: 0, sign: '~' as const, text: `section ${section}` },
      ...fields.map(({ path, before, after, reasons }) => ({
        depth: 1,
        text: `${path}: ${shown(before)} → ${shown(after)}${because(reasons)}`,
      })),
      ...(others > 0 ? [{ depth: 1, text: count(others, 'more field') }] : []),
    ]),
    ...kept.map(({ what, value }) => ({
      depth: 0,
      text: `${what} stays ${value}: the configuration does not give it any more`,
    })),
  ];
}

function flag(value: boolean | undefined): string {
  if (value === undefined) return "as it is (Calico's default is on)";
  return value ? 'on' : 'off';
}

function unknownLines({ oldFacts, nodes, notKnown }: FleetPreview): readonly PartLine[] {
  const old = oldFacts.first.map(({ name, ageSeconds }) => ({
    depth: 0,
    text: `${name} is away: facts of ${durationText(ageSeconds)} ago`,
  }));
  const others = oldFacts.nodes - oldFacts.first.length;
  const { unreadable } = nodes;
  return [
    ...old,
    ...(others > 0 ? [{ depth: 0, text: `${String(others)} more are away` }] : []),
    ...(unreadable === undefined
      ? []
      : [{ depth: 0, text: `the stored records cannot be read: ${someNames(unreadable)}` }]),
    { depth: 0, text: notKnown },
  ];
}
