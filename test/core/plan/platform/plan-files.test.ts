import { expect } from 'chai';
import { applyChanges } from '../../../../core/plan/apply-changes.ts';
import { describePlan } from '../../../../core/plan/describe.ts';
import { planFiles, type AskedFiles } from '../../../../core/plan/platform/plan-files.ts';
import { redactPlan } from '../../../../core/plan/redact-plan.ts';
import { printableData } from '../../../../core/printable.ts';
import type { FileEdit } from '../../../../core/platform/edit/file-edit.ts';
import type { HostFile } from '../../../../core/platform/host-file.ts';
import type { FileNote, ObservedPlatform } from '../../../../core/platform/observed-platform.ts';

const proxy = '/var/snap/microk8s/current/args/kube-proxy';
const dropIn = '/etc/rancher/k3s/config.yaml.d/90-calico-agent.yaml';
const place = { pointer: '/microk8s', line: 4 };
const reasons = [{ rule: 'microk8s', place }];
const services = [{ service: 'kubelite.service', files: [proxy], why: 'it reads kube-proxy' }];

function observed(files: readonly HostFile[], notes: readonly FileNote[] = []): ObservedPlatform {
  const report = { platform: 'microk8s' as const, because: [], also: [] };
  return {
    report: { ...report, properties: [], values: [], issues: [] },
    ...{ files, notes, dueRestarts: [] },
  };
}

function text(path: string, content: string): HostFile {
  return { state: 'text', path, text: content };
}

function cidr(...values: string[]): FileEdit {
  return { form: 'arguments', path: proxy, reasons, option: 'cluster-cidr', values };
}

function asked(...files: FileEdit[]): AskedFiles {
  return { files, services, place };
}

/** The state after the plan. */
function after(state: ObservedPlatform, what: AskedFiles): ObservedPlatform {
  const { changes, issues } = planFiles(what, state);
  expect(issues).to.deep.equal([]);
  const cluster = { resources: [], nodes: [], platform: state };
  const { platform } = applyChanges(cluster, changes, { lineage: 'local', number: 1 });
  if (platform === undefined) throw new Error('no platform');
  return platform;
}

function textIn({ files }: ObservedPlatform): string | undefined {
  const [file] = files;
  return file?.state === 'text' ? file.text : undefined;
}

const original = '--cluster-cidr=10.1.0.0/16 # no comment\n--token=SECRET\n';
const first = observed([text(proxy, original)]);

describe('the plan for files of a platform', () => {
  it('edits what differs, and nothing twice', () => {
    const second = after(first, asked(cidr('10.2.0.0/16')));
    expect(textIn(second)).to.equal(original.replace('10.1', '10.2'));
    expect(planFiles(asked(cidr('10.2.0.0/16')), second).changes).to.deep.equal([]);
  });

  it('puts the exact bytes back when the section goes, after any number of revisions', () => {
    const third = after(after(first, asked(cidr('10.2.0.0/16'))), asked(cidr('10.3.0.0/16')));
    const left = after(third, asked());
    expect(textIn(left)).to.equal(original);
    expect(left.notes).to.deep.equal([]);
  });

  it('puts back over edits by a person in other lines', () => {
    const second = after(first, asked(cidr('10.2.0.0/16')));
    const edited = { ...second, files: [text(proxy, `--v=4\n${textIn(second) ?? ''}--x\n`)] };
    expect(textIn(after(edited, asked()))).to.equal(`--v=4\n${original}--x\n`);
  });

  it('corrects a value that somebody changed, and says what it was', () => {
    const second = after(first, asked(cidr('10.2.0.0/16')));
    const drifted = { ...second, files: [text(proxy, original.replace('10.1', '10.9'))] };
    const [change] = planFiles(asked(cidr('10.2.0.0/16')), drifted).changes;
    expect(change?.fields).to.deep.equal([
      { path: 'cluster-cidr', before: '10.9.0.0/16', after: '10.2.0.0/16', reasons },
    ]);
  });

  it('leaves a value that somebody changed when the section goes, and says so', () => {
    const second = after(first, asked(cidr('10.2.0.0/16')));
    const drifted = { ...second, files: [text(proxy, original.replace('10.1', '10.9'))] };
    const { changes, issues } = planFiles(asked(), drifted);
    expect(changes.map(({ content }) => content?.note)).to.deep.equal([undefined]);
    expect(changes[0]?.content?.after).to.equal(original.replace('10.1', '10.9'));
    expect(issues.map(({ code }) => code)).to.deep.equal(['platform-left-to-you']);
  });

  it('does not move its line where somebody added one after it', () => {
    const option: FileEdit = { ...cidr('x'), form: 'arguments', option: 'new', values: ['1'] };
    const second = after(first, asked(option));
    const edited = { ...second, files: [text(proxy, `${textIn(second) ?? ''}--last\n`)] };
    expect(planFiles(asked(option), edited).changes).to.deep.equal([]);
  });

  it('shows the changed lines only, and keeps no text in a plan that is shown', () => {
    const { changes, issues } = planFiles(asked(cidr('10.2.0.0/16')), first);
    const step = { title: 'Edit', why: 'why', gates: [], changes };
    const shown = redactPlan({ formatVersion: 1, steps: [step], issues });
    expect(JSON.stringify(shown)).to.not.include('SECRET');
    // As the program prints the answer of the daemon.
    const printed = describePlan(printableData(shown));
    expect(printed).to.include('\n      +--cluster-cidr=10.2.0.0/16');
    expect(printed).to.not.include('\\u000a');
  });

  it('makes a file of ours, and refuses one that somebody else made', () => {
    const whole: FileEdit = {
      form: 'whole',
      path: dropIn,
      reasons,
      text: 'a: 1\n',
      foreign: 'refuse',
    };
    const none = observed([{ state: 'absent', path: dropIn }]);
    const made = after(none, asked(whole));
    expect(textIn(made)).to.equal('a: 1\n');
    expect(after(made, asked()).files).to.deep.equal([{ state: 'absent', path: dropIn }]);
    const { issues } = planFiles(asked(whole), observed([text(dropIn, 'mine: 1\n')]));
    expect(issues.map(({ code }) => code)).to.deep.equal(['platform-file-refused']);
  });

  it('removes a file of ours with the section, also when it corrected what somebody wrote there', () => {
    const base = { form: 'whole', path: dropIn, reasons, foreign: 'refuse' } as const;
    const made = after(
      observed([{ state: 'absent', path: dropIn }]),
      asked({ ...base, text: 'a: 1\n' }),
    );
    const theirs = { ...made, files: [text(dropIn, 'mine: 1\n')] };
    const corrected = after(theirs, asked({ ...base, text: 'a: 2\n' }));
    expect(textIn(corrected)).to.equal('a: 2\n');
    expect(after(corrected, asked()).files).to.deep.equal([{ state: 'absent', path: dropIn }]);
  });

  it('names file, line and place of what it cannot edit', () => {
    const path = '/var/snap/microk8s/current/args/cni-network/cni.yaml';
    const yaml: FileEdit = { form: 'yaml', path, reasons, document: 'only', at: ['a'], value: 1 };
    const { changes, issues } = planFiles(asked(yaml), observed([text(path, 'b: 1\na: [\n')]));
    expect(changes).to.deep.equal([]);
    expect(issues[0]).to.include({ severity: 'error', pointer: '/microk8s', line: 4 });
    expect(issues[0]?.message).to.include(`"${path}:`);
  });

  it('refuses a file that cannot be read, and one that is not there', () => {
    const unreadable: HostFile = { state: 'unreadable', path: proxy, why: 'EACCES' };
    for (const file of [unreadable, { state: 'absent', path: proxy } as const]) {
      const { changes, issues } = planFiles(asked(cidr('10.2.0.0/16')), observed([file]));
      expect([changes.length, issues.length]).to.deep.equal([0, 1]);
    }
  });
});
