import { expect } from 'chai';
import fc from 'fast-check';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { judgeWriter, type WriterPosition } from '../../../core/writer/judge-writer.ts';
import { withHold, withRevision, type WriterRecord } from '../../../core/writer/writer-record.ts';

const noted = { by: 'Node-7', at: '2026-08-01T10:00:00Z' };

function revision(lineage: string, number: number, content = `${lineage}#${number}`): RevisionRef {
  return { lineage, number, digest: content };
}

function recordOf(written: RevisionRef, generation: number): WriterRecord {
  return { formatVersion: 1, generation, revision: written, ...noted };
}

function position(mine: RevisionRef, basedOn = 0, takeOver = false): WriterPosition {
  return { revision: mine, basedOn, takeOver };
}

describe('the right to write the cluster-wide resources', () => {
  const fleet = 'controller:fleet';
  const hold = { by: 'ann', why: 'night work', since: noted.at };
  const rules: readonly [string, WriterPosition, WriterRecord | undefined, string][] = [
    ['the first one', position(revision(fleet, 1)), undefined, 'write'],
    [
      'the first one after somebody put everything on hold',
      position(revision(fleet, 1)),
      withHold(undefined, hold, noted),
      'write',
    ],
    [
      'who has the same content, from wherever',
      position(revision('local:a', 1, 'same')),
      recordOf(revision(fleet, 9, 'same'), 5),
      'write',
    ],
    [
      'who has a greater number',
      position(revision(fleet, 8)),
      recordOf(revision(fleet, 7), 5),
      'write',
    ],
    [
      'who has a greater number of its own machine',
      position(revision('local:a', 8)),
      recordOf(revision('local:a', 7), 5),
      'write',
    ],
    [
      'not who has a smaller number, whatever it has seen',
      position(revision(fleet, 6), 5),
      recordOf(revision(fleet, 7), 5),
      'newer-revision',
    ],
    [
      'who had seen another content of its number',
      position(revision(fleet, 7, 'x'), 5),
      recordOf(revision(fleet, 7, 'y'), 5),
      'write',
    ],
    [
      'not who had not seen another content of its number',
      position(revision(fleet, 7, 'x'), 4),
      recordOf(revision(fleet, 7, 'y'), 5),
      'other-writer',
    ],
    [
      'who had seen the other lineage’s revision when it accepted its own',
      position(revision('local:a', 1), 5),
      recordOf(revision(fleet, 7), 5),
      'write',
    ],
    [
      'not who had not seen it yet',
      position(revision('local:a', 1), 4),
      recordOf(revision(fleet, 7), 5),
      'other-writer',
    ],
    [
      'not who has a greater number of Juju: numbers are each unit’s own',
      position(revision('juju:calico', 9), 4),
      recordOf(revision('juju:calico', 7), 5),
      'other-writer',
    ],
    [
      'who has a smaller number of Juju, and had seen the other one',
      position(revision('juju:calico', 3), 5),
      recordOf(revision('juju:calico', 7), 5),
      'write',
    ],
    [
      'who takes over',
      position(revision('local:a', 1), 0, true),
      recordOf(revision(fleet, 7), 5),
      'write',
    ],
    [
      'who takes over with an older number',
      position(revision(fleet, 1), 0, true),
      recordOf(revision(fleet, 7), 5),
      'write',
    ],
  ];
  for (const [what, mine, record, expected] of rules) {
    it(`is ${what}`, () => {
      const verdict = judgeWriter(mine, record);
      expect(verdict.write ? 'write' : verdict.code).to.equal(expected);
    });
  }

  it('names the author of the last revision, and how to overrule it', () => {
    const verdict = judgeWriter(position(revision('local:a', 1)), recordOf(revision(fleet, 7), 5));
    expect(verdict)
      .to.have.property('message')
      .that.contains('revision controller:fleet#7')
      .and.contains('node "Node-7"')
      .and.contains('`calico-agent apply --take-over`');
    const older = judgeWriter(position(revision(fleet, 6)), recordOf(revision(fleet, 7), 5));
    expect(older).to.have.property('message').that.contains('7').and.contains('number 6');
  });
});

interface Agent {
  readonly mine: WriterPosition;
}

/**
 * The events: an agent accepts something new, after reading the record or not, or writes its
 * revision.
 */
const event = fc.record({
  agent: fc.nat(2),
  what: fc.constantFrom('accept', 'accept without a look', 'write'),
  lineage: fc.constantFrom('controller:fleet', 'juju:calico', 'local:a'),
  number: fc.integer({ min: 1, max: 4 }),
});

describe('agents that write the cluster-wide resources in turn', () => {
  it('never put an older revision of a comparable lineage over a newer one', () => {
    run((before, mine) => {
      const written = before?.revision;
      if (written === undefined || written.lineage !== mine.revision.lineage) return;
      if (written.lineage.startsWith('juju:')) return;
      expect(mine.revision.number).to.be.at.least(written.number);
    });
  });

  it('never overwrite a content of another lineage that is newer than their own', () => {
    run((before, mine) => {
      const written = before?.revision;
      if (before === undefined || written === undefined) return;
      if (written.lineage === mine.revision.lineage && !written.lineage.startsWith('juju:')) return;
      if (written.digest === mine.revision.digest) return;
      expect(mine.basedOn).to.be.at.least(before.generation);
    });
  });

  it('may write their last content again', () => {
    run((before, mine) => {
      const after = withRevision(before, mine.revision, noted);
      expect(judgeWriter(mine, after)).to.deep.equal({ write: true });
    });
  });
});

/** Runs random histories, and checks each write that is allowed. */
function run(look: (before: WriterRecord | undefined, mine: WriterPosition) => void): void {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      let record: WriterRecord | undefined;
      const agents = new Map<number, Agent>();
      for (const { agent, what, lineage, number } of events) {
        const former = agents.get(agent);
        if (what === 'write') {
          if (former === undefined || !judgeWriter(former.mine, record).write) continue;
          look(record, former.mine);
          record = withRevision(record, former.mine.revision, noted);
        } else {
          const seen = what === 'accept' ? record?.generation : former?.mine.basedOn;
          // A controller's number always has one content; each of Juju's units has its own numbers.
          const whose = lineage.startsWith('juju:') ? String(agent) : '';
          const mine = revision(lineage, number, `${lineage}#${number}${whose}`);
          agents.set(agent, { mine: position(mine, seen ?? 0) });
        }
      }
    }),
    { numRuns: 500 },
  );
}
