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

  it('puts the first original back after it corrected a value that somebody changed', () => {
    const second = after(first, asked(cidr('10.2.0.0/16')));
    const drifted = { ...second, files: [text(proxy, original.replace('10.1', '10.9'))] };
    const corrected = after(drifted, asked(cidr('10.2.0.0/16')));
    expect(textIn(corrected)).to.equal(original.replace('10.1', '10.2'));
    expect(textIn(after(corrected, asked()))).to.equal(original);
    const changed = after(drifted, asked(cidr('10.3.0.0/16')));
    expect(textIn(after(changed, asked()))).to.equal(original);
  });

  it('puts the first original back where the configuration takes over the value of a person', () => {
    const second = after(first, asked(cidr('10.2.0.0/16')));
    const drifted = { ...second, files: [text(proxy, original.replace('10.1', '10.9'))] };
    const taken = after(drifted, asked(cidr('10.9.0.0/16')));
    expect(planFiles(asked(cidr('10.9.0.0/16')), taken).changes).to.deep.equal([]);
    expect(textIn(after(taken, asked()))).to.equal(original);
  });

  it('leaves the changed value alone that the configuration does not name any more, and says so', () => {
    const level: FileEdit = { ...cidr('x'), form: 'arguments', option: 'v', values: ['2'] };
    const two = observed([text(proxy, '--cluster-cidr=10.1.0.0/16\n--v=1\n--x\n')]);
    const second = after(two, asked(cidr('10.2.0.0/16'), level));
    const theirs = '--cluster-cidr=10.9.0.0/16\n--v=2\n--x\n';
    const drifted = { ...second, files: [text(proxy, theirs)] };
    const { changes, issues } = planFiles(asked(level), drifted);
    expect(issues.map(({ code }) => code)).to.deep.equal(['platform-left-to-you']);
    expect(changes.map(({ content }) => content?.after)).to.deep.equal([theirs]);
    const left = planFiles(asked(), drifted);
    expect(left.changes.map(({ content }) => content?.after)).to.deep.equal([
      '--cluster-cidr=10.9.0.0/16\n--v=1\n--x\n',
    ]);
    const own = planFiles(asked(cidr('10.2.0.0/16')), drifted);
    expect(own.issues).to.deep.equal([]);
    expect(own.changes.map(({ content }) => content?.after)).to.deep.equal([
      '--cluster-cidr=10.2.0.0/16\n--v=1\n--x\n',
    ]);
  });

  it('puts the value of a document back that somebody changed in between', () => {
    const path = '/var/snap/microk8s/current/args/cni-network/cni.yaml';
    const value = (one: number): FileEdit => {
      return { form: 'yaml', path, reasons, document: 'only', at: ['a'], value: one };
    };
    const second = after(observed([text(path, 'a: 1 # one\nb: 2\n')]), asked(value(5)));
    const drifted = { ...second, files: [text(path, 'a: 9 # one\nb: 2\n')] };
    const corrected = after(drifted, asked(value(5)));
    expect(textIn(after(corrected, asked()))).to.equal('a: 1 # one\nb: 2\n');
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

  it('shows no secret that stands in a changed line', () => {
    const lines = [
      '--cluster-cidr=10.1.0.0/16 --token=S3CRET --token S3CRET --api-key=S3CRET --tls-key S3CRET',
      '--etcd=https://user:S3CRET@10.0.0.1:2379/ --cluster-cidr=10.1.0.0/16 --etcd-keyfile=/a.key',
    ];
    const { changes } = planFiles(
      asked(cidr('10.2.0.0/16')),
      observed([text(proxy, lines.join('\n'))]),
    );
    const own = planFiles(asked(cidr('10.2.0.0/16')), observed([text(proxy, lines[0] ?? '')]));
    const shown = [...changes, ...own.changes].flatMap(({ diff }) => diff).join('\n');
    expect(shown).to.not.include('S3CRET');
    expect(shown).to.include('+--cluster-cidr=10.2.0.0/16 --token <removed>');
    expect(shown).to.include('--etcd-keyfile=/a.key');
  });

  it('shows no secret that stands beside a changed line of YAML', () => {
    const path = '/var/snap/microk8s/current/args/cni-network/cni.yaml';
    const yaml: FileEdit = { form: 'yaml', path, reasons, document: 'only', at: ['b'], value: 1 };
    const secret = 'S3CRET\n';
    const before = `a:\n  password: ${secret}  token: |\n    ${secret}    ${secret}b: 2\n# password: ${secret}`;
    const { changes } = planFiles(asked(yaml), observed([text(path, before)]));
    const [diff = []] = changes.map((change) => change.diff);
    expect(diff.join('\n')).to.include('\n+b: 1\n');
    expect(diff.join('\n')).to.not.include('S3CRET');
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
