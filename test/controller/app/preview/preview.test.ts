import { expect } from 'chai';
import { createFleet } from '../../../../controller/app/fleet/create-fleet.ts';
import type { Fleet } from '../../../../controller/app/fleet/fleet.ts';
import { createPreview, type PreviewRequest } from '../../../../controller/app/preview/preview.ts';
import type { HelloMessage } from '../../../../core/protocol/messages.ts';
import type { Revision } from '../../../../core/revision/revision.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { FleetPreview } from '../../../../schemas/generated/fleet-preview.ts';
import { helloOf } from '../../../core/protocol/sample.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';

const lineage = 'controller:default';

function revision(number: number, text: string, more: Partial<Revision> = {}): Revision {
  return {
    formatVersion: 1,
    lineage,
    number,
    digest: `sha256:${String(number).padStart(64, '0')}`,
    mediaType: 'application/yaml',
    text,
    acceptedAt: '2026-01-01T00:00:00Z',
    source: 'controller',
    by: 'test',
    ...more,
  };
}

const older = revision(1, 'global-as-number: 64512\n');
const newest = revision(2, 'global-as-number: 64513\n');

describe('a preview of the controller', () => {
  let fleet: Fleet;
  let time: string;
  const now = (): string => time;
  const make = (stored: Revision | undefined): void => {
    time = '2026-01-01T00:00:00Z';
    fleet = createFleet(
      { lastNumber: stored?.number ?? 0, nodes: [], ...(stored && { revision: stored }) },
      { lineage, logger: silentLogger, now, onKept: () => undefined },
    );
  };
  beforeEach(() => make(newest));

  const join = (node: string, facts: HelloMessage['facts']): (() => void) => {
    const link = {
      remote: '10.0.0.9',
      setTarget: () => undefined,
      decide: () => undefined,
      end: () => undefined,
      silentMs: () => 0,
    };
    expect(fleet.join(link, { ...helloOf(), node, facts })).to.equal(undefined);
    return () => fleet.leave(link, 'gone');
  };
  const preview = (request: PreviewRequest): Promise<FleetPreview> =>
    createPreview({
      fleet,
      store: { readRevision: (number) => Promise.resolve(number === 1 ? older : undefined) },
      rollouts: { current: () => undefined },
      checker: inProcessChecker,
      now,
    })(request);
  const refusal = (request: PreviewRequest): Promise<string> =>
    preview(request).then(
      () => 'none',
      (error: unknown) => (error instanceof AppError ? `${error.code} ${error.message}` : 'other'),
    );
  const changed = async (request: PreviewRequest): Promise<readonly unknown[]> => {
    const { base, changes } = await preview(request);
    return [base?.number, changes[0]?.asNumber?.before, changes[0]?.asNumber?.after];
  };

  it('compares with the newest revision, with one by its number, or with nothing', async () => {
    join('node-0', { addresses: ['10.0.0.2/24'] });
    const text = 'global-as-number: 64514\n';
    expect(await changed({ text })).to.deep.equal([2, 64_513, 64_514]);
    expect(await changed({ text, base: 1 })).to.deep.equal([1, 64_512, 64_514]);
    expect(await changed({ text, base: 0 })).to.deep.equal([undefined, undefined, 64_514]);
    expect((await preview({ text: newest.text })).outcome).to.equal('same');
    expect(await refusal({ text, base: 7 })).to.contain(
      'not-found cannot compare the configuration: there is no revision 7; the controller keeps the last 50, up to 2',
    );
  });

  it('says that a person rolled the revision back', async () => {
    make({ ...newest, decided: 'rolled-back' });
    const { base } = await preview({ text: newest.text });
    expect(base).to.deep.include({ number: 2, isRolledBack: true });
  });

  it('names nodes that are away with the age of their facts', async () => {
    join('node-0', { addresses: ['10.0.0.2/24'] })();
    join('node-1', { addresses: ['10.0.0.3/24'] });
    time = '2026-01-04T00:00:00Z';
    const { oldFacts, nodes } = await preview({ text: newest.text });
    expect(nodes.known).to.equal(2);
    expect(oldFacts).to.deep.equal({
      nodes: 1,
      first: [{ name: 'node-0', lastSeenAt: '2026-01-01T00:00:00.000Z', ageSeconds: 3 * 86_400 }],
    });
  });

  it('refuses names of nodes that it does not know, and too many of them', async () => {
    join('node-0', { addresses: ['10.0.0.2/24'] });
    expect(await refusal({ text: newest.text, nodes: ['node-9'] })).to.equal(
      'not-found the controller knows no node "node-9"; is it "node-0"?',
    );
    const many = Array.from({ length: 21 }, () => 'node-0');
    expect(await refusal({ text: newest.text, nodes: many })).to.contain('name at most 20');
    const { chosen } = await preview({ text: 'global-as-number: 1\n', nodes: ['Node-0'] });
    expect(chosen?.map((one) => one.nodes.first)).to.deep.equal([['node-0']]);
  });

  it('has the errors of a single odd node as warnings, as a push does', async () => {
    const tied = [
      'apiVersion: calico-agent/v1',
      'kind: NetworkConfig',
      'bgp: { asNumber: 64512 }',
      'groups:',
      '  - { name: a, match: { selector: has(a) }, asNumber: 64601 }',
      '  - { name: b, match: { selector: has(b) }, asNumber: 64602 }',
    ].join('\n');
    for (const [index, labels] of [{ a: '1' }, { b: '1' }, { a: '1', b: '1' }].entries()) {
      join(`node-${String(index)}`, { addresses: [`10.0.0.${String(index + 2)}/24`], labels });
    }
    const told = async (request: PreviewRequest): Promise<readonly string[]> => {
      const { outcome, issues } = await preview(request);
      return [
        outcome,
        ...issues
          .filter(({ code }) => code.startsWith('tie-'))
          .map(({ severity, code }) => `${severity} ${code}`),
      ];
    };
    expect(await told({ text: tied })).to.deep.equal(['changes', 'warning tie-as-number']);
    join('node-3', { addresses: ['10.0.0.9/24'], labels: { a: '1', b: '1' } });
    expect((await told({ text: tied }))[0]).to.equal('refused');
    const despite = ['node-2', 'node-3'];
    expect((await told({ text: tied, despite }))[0]).to.equal('changes');
  });
});
