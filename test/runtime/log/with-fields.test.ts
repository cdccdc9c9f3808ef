import { expect } from 'chai';
import { silentLogger, type LogFields } from '../../../runtime/log/logger.ts';
import { withFields } from '../../../runtime/log/with-fields.ts';

describe('a logger with fields', () => {
  it('asks for them at each line, and a field of the line itself wins', () => {
    const lines: LogFields[] = [];
    const logger = {
      ...silentLogger,
      warn: (_: string, fields: LogFields = {}) => void lines.push(fields),
    };
    let revision = 1;
    const log = withFields(logger, () => ({ revision }));
    log.warn('one');
    revision = 2;
    log.warn('two', { why: 'x' });
    log.warn('three', { revision: 9 });
    expect(lines).to.deep.equal([{ revision: 1 }, { revision: 2, why: 'x' }, { revision: 9 }]);
  });
});
