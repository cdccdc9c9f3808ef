import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { eventKinds } from '../../core/events/event.ts';

describe('docs/monitoring.md', () => {
  it('explains every kind of event, in the order of the code', async () => {
    const text = await readFile('docs/monitoring.md', 'utf8');
    const table = text.slice(text.indexOf('| kind '), text.indexOf('## Events of the fleet'));
    const kinds = [...table.matchAll(/^\| `([a-z-]+)` /gm)].map(([, kind]) => kind);
    expect(kinds).to.deep.equal(eventKinds);
  });
});
