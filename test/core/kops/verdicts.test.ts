import { expect } from 'chai';
import { checkText } from '../../../core/kops/check/check-cluster.ts';
import { kopsProviders } from '../../../core/kops/table/providers.ts';
import { documentOf, verdicts } from './verdicts.ts';

describe("check of kops' documents, with kops' verdicts", () => {
  for (const row of verdicts) {
    const { what, verdict, code, kops, source } = row;
    it(`${what} (kops 1.${kops}): ${verdict}, by ${source}`, () => {
      const { issues } = checkText(documentOf(row), { kops });
      const errors = issues.filter(({ severity }) => severity === 'error');
      if (verdict === 'accepted') {
        expect(errors).to.deep.equal([]);
        expect(issues.map((issue) => issue.code)).to.deep.equal(code === undefined ? [] : [code]);
        return;
      }
      expect([...new Set(errors.map((issue) => issue.code))]).to.include(code);
      for (const issue of errors) {
        expect(issue, issue.code).to.include.keys('line', 'column', 'hint');
        expect(issue.pointer).to.match(/^\//);
      }
    });
  }

  it('has rows for every provider, valid and not', () => {
    const text = verdicts.map(({ networking }) => networking).join('\n');
    for (const { key } of kopsProviders) expect(text).to.match(new RegExp(`\\{${key}: `));
    expect(verdicts.length).to.be.greaterThan(120);
  });
});
