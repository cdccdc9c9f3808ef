/** EC2's source/destination check of this machine's interfaces, as a target of plans. */
import { iamStatement } from '../../../core/cloud/iam-statement.ts';
import type { CloudNote, ObservedCloud } from '../../../core/cloud/observed-cloud.ts';
import type { DesiredCloud } from '../../../core/cloud/desired-cloud.ts';
import { issueAt } from '../../../core/findings.ts';
import type { Issue } from '../../../core/issue.ts';
import type { ChangeOf } from '../../../core/plan/target-of.ts';
import { backoff } from '../../../core/protocol/backoff.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Cloud } from '../../ports/cloud/cloud.ts';
import type { CloudNotes } from '../../ports/cloud/cloud-notes.ts';
import type { Ec2 } from '../../ports/cloud/ec2.ts';
import type { OtherSettersSource } from '../../ports/cloud/other-setters.ts';

export interface CloudDeps {
  readonly ec2: Ec2;
  readonly notes: CloudNotes;
  readonly others: OtherSettersSource;
  readonly clock: Pick<Clock, 'elapsed' | 'after' | 'random'>;
}

/**
 * EC2 answers 20 requests per second and account for good: 5,000 nodes that ask every 7 minutes use 12.
 * https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
const longestAgeMs = 600_000;
/** EC2 shows a change within seconds. */
const readings = 5;
const readingPause = { baseMs: 500, capMs: 4000 };

type Seen = Omit<ObservedCloud, 'notes'>;

interface Kept {
  readonly seen: Seen;
  readonly attachments: string;
  readonly desired: DesiredCloud | undefined;
  readonly untilMs: number;
}

export function createCloud({ ec2, notes, others, clock }: CloudDeps): Cloud {
  let kept: Kept | undefined;
  // Counts the begin and the end of each change: what was read meanwhile may be from before it.
  let moves = 0;
  const observe: Cloud['observe'] = async (desired, node) => {
    const attachments = await ec2.attachments();
    const isCurrent =
      kept?.desired === desired &&
      kept?.attachments === attachments &&
      clock.elapsed() < kept.untilMs;
    let seen = kept?.seen;
    if (seen === undefined || !isCurrent) {
      const movesBefore = moves;
      const [instance, interfaces, byOthers] = await Promise.all([
        ec2.instance(),
        ec2.interfaces(),
        others.read(node),
      ]);
      seen = { instance, interfaces, others: byOthers };
      // Nodes that started together do not ask together.
      const ageMs = longestAgeMs * (0.5 + 0.4 * clock.random());
      const untilMs = clock.elapsed() + ageMs;
      kept = moves === movesBefore ? { seen, attachments, desired, untilMs } : undefined;
    }
    return { ...seen, notes: await notes.load() };
  };
  return {
    hasNotes: async () => (await notes.load()).length > 0,
    observe,
    preflight: async (changes) => {
      const wanted = changes.filter((one) => one.action === 'set-source-dest-check');
      const issues: Issue[] = [];
      for (const change of wanted) issues.push(...(await tryOrWarn(ec2, change)));
      return issues;
    },
    apply: async (change) => {
      const forgetReading = (): void => {
        kept = undefined;
        moves += 1;
      };
      forgetReading();
      try {
        if (change.action === 'set-source-dest-check') {
          await setCheck({ ec2, notes, clock }, change);
        } else await forget(notes, change.interface);
      } finally {
        forgetReading();
      }
    },
  };
}

type SetCheck = Extract<ChangeOf<'cloud'>, { readonly action: 'set-source-dest-check' }>;

/**
 * What is put back comes after all other changes, or belongs to a rollback: it never keeps Calico from its own way back.
 * @throws AppError as tryCheck, but not for what is put back
 */
async function tryOrWarn(ec2: Ec2, change: SetCheck): Promise<readonly Issue[]> {
  if (change.isPutBack !== true) return tryChange(ec2, change);
  try {
    const issues = await tryChange(ec2, change);
    return issues.map((issue) => ({ ...issue, severity: 'warning' }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const message = `cannot try to put back the source/destination check of ${change.interface}: ${error.message}`;
    return [issueAt({ pointer: '/cloud' }, 'warning', 'cloud-not-tried', message)];
  }
}

async function tryChange(ec2: Ec2, { interface: id, after }: SetCheck): Promise<readonly Issue[]> {
  const tried = await ec2.tryCheck(id, after);
  if (tried.result === 'permitted') return [];
  const place = { pointer: '/cloud' };
  if (tried.result === 'gone') {
    const message = `cannot set the source/destination check of ${id}: EC2 has no such interface any more`;
    return [
      issueAt(place, 'error', 'cloud-interface-gone', message, 'wait: the agent reads again'),
    ];
  }
  const instance = await ec2.instance();
  const message = `cannot set the source/destination check of ${id}: the instance profile of ${instance.id} does not permit ec2:${tried.action}`;
  const hint = `add this statement to its policy: ${iamStatement(tried.action, instance, [id])}`;
  return [issueAt(place, 'error', 'cloud-not-permitted', message, hint)];
}

/**
 * The note is on disk before EC2 is asked, so that the way back is known at any moment, and until EC2 shows what was put
 * back. @throws AppError busy where EC2 goes on showing the previous state
 */
async function setCheck(
  { ec2, notes, clock }: Pick<CloudDeps, 'ec2' | 'notes' | 'clock'>,
  { interface: id, before, after, isPutBack }: SetCheck,
): Promise<void> {
  const { id: instance } = await ec2.instance();
  const known = await notes.load();
  const isKnown = known.some((one) => one.interface === id && one.instance === instance);
  if (!isKnown && isPutBack !== true) {
    const note: CloudNote = { instance, interface: id, original: before };
    await notes.save([...known.filter((one) => one.interface !== id), note]);
  }
  await ec2.setCheck(id, after);
  await untilShown({ ec2, clock }, id, after);
  if (isPutBack === true) await forget(notes, id);
}

/** Returns also where the interface is gone. */
async function untilShown(
  { ec2, clock }: Pick<CloudDeps, 'ec2' | 'clock'>,
  id: string,
  check: SetCheck['after'],
): Promise<void> {
  for (let reading = 0; reading < readings; reading += 1) {
    const found = (await ec2.interfaces()).find((one) => one.id === id);
    if (found === undefined || found.check === check) return;
    await pause(clock, backoff(reading, readingPause, clock.random()));
  }
  const message = `EC2 does not show yet that the source/destination check of ${id} is ${check}`;
  throw new AppError('busy', message, { retryable: true });
}

async function forget(notes: CloudNotes, id: string): Promise<void> {
  const known = await notes.load();
  await notes.save(known.filter((one) => one.interface !== id));
}

function pause(clock: Pick<Clock, 'after'>, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(milliseconds, resolve);
  });
}
