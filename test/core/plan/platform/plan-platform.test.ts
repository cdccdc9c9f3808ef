import { expect } from 'chai';
import { describePlan } from '../../../../core/plan/describe.ts';
import { planPlatform, unobservedPlatform } from '../../../../core/plan/platform/plan-platform.ts';
import { digestOfFile, dueAfter } from '../../../../core/platform/due-restarts.ts';
import { undoOf } from '../../../../core/platform/edit/undo.ts';
import type { ObservedPlatform } from '../../../../core/platform/observed-platform.ts';

const path = '/var/snap/microk8s/current/args/kube-proxy';
const place = { pointer: '/platform', line: 3 };
const restart = { service: 'snap.microk8s.daemon-kubelite.service', why: 'it reads kube-proxy' };

/** A node with one edit that is left from an earlier configuration. */
function edited(more: Partial<ObservedPlatform> = {}): ObservedPlatform {
  const report = { platform: 'microk8s' as const, because: [], also: [] };
  const undo = undoOf('--a=1\n', '--a=2\n');
  return {
    report: { ...report, properties: [], values: [], issues: [] },
    files: [{ state: 'text', path, text: '--a=2\n' }],
    notes: [{ path, edits: [], undo, restarts: [restart] }],
    dueRestarts: [],
    ...more,
  };
}

describe('the plan for the platform of a node', () => {
  it('puts files back without a section, and restarts what reads them', () => {
    const { steps, byHand } = planPlatform(undefined, edited());
    expect(steps.map(({ title }) => title)).to.deep.equal([
      'Edit files of the platform',
      `Restart ${restart.service}`,
    ]);
    expect(byHand).to.equal(undefined);
  });

  it('restarts what is due although no file is to be changed', () => {
    const due = { ...restart, files: [{ path, before: digestOfFile('--a=0\n') }] };
    const { steps } = planPlatform(undefined, edited({ notes: [], dueRestarts: [due] }));
    expect(steps.flatMap(({ changes }) => changes)).to.deep.equal([
      { action: 'restart-service', ...restart },
    ]);
  });

  it('restarts nothing where the file gets the text back that the service has read', () => {
    const due = { ...restart, files: [{ path, before: digestOfFile('--a=1\n') }] };
    const { steps } = planPlatform(undefined, edited({ dueRestarts: [due] }));
    expect(steps.map(({ title }) => title)).to.deep.equal(['Edit files of the platform']);
  });

  it('ends with commands where the agent cannot write', () => {
    const plan = planPlatform(undefined, edited({ cannotWrite: 'no helper listens' }));
    expect(plan.issues.map(({ code }) => code)).to.deep.equal(['platform-not-writable']);
    expect(describePlan(plan)).to.include(`patch --binary --backup ${path} <<'END_OF_EDIT'\n--- `);
    expect(describePlan(plan)).to.include(`\nsystemctl restart ${restart.service}\n`);
  });

  it('refuses a node of another platform, and changes nothing there', () => {
    const settings = { kind: 'k3s', settings: { place }, place } as const;
    const { steps, issues } = planPlatform(settings, edited());
    expect(steps).to.deep.equal([]);
    expect(issues[0]).to.include({ severity: 'error', code: 'platform-differs', line: 3 });
    expect(issues[0]?.message).to.include('this node is taken for microk8s');
  });

  it('refuses a machine whose files nobody reads', () => {
    const settings = { kind: 'k3s', settings: { place }, place } as const;
    expect(unobservedPlatform(settings).issues[0]?.code).to.equal('platform-not-observed');
  });
});

describe('a restart that is due', () => {
  const changed = { path, before: 'a', after: 'b', restarts: [restart] };

  it('stays over further changes, and goes with the text of before', () => {
    const once = dueAfter([], changed);
    const twice = dueAfter(once, { ...changed, before: 'b', after: 'c' });
    expect(twice).to.deep.equal(once);
    expect(dueAfter(twice, { ...changed, before: 'c', after: 'a' })).to.deep.equal([]);
  });

  it('stays while another file needs it', () => {
    const both = dueAfter(dueAfter([], changed), { ...changed, path: '/other' });
    const back = dueAfter(both, { ...changed, before: 'b', after: 'a' });
    expect(back.flatMap(({ files }) => files).map((file) => file.path)).to.deep.equal(['/other']);
  });
});
