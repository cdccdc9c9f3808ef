import { expect } from 'chai';
import { formatIssue } from '../../core/issue-text.ts';
import type { Issue } from '../../core/issue.ts';

const issue: Issue = {
  severity: 'error',
  code: 'as-number-range',
  pointer: '/global-as-number',
  line: 12,
  column: 5,
  message: 'an AS number lies between 1 and 4294967294',
};

describe('an issue as text', () => {
  const cases: readonly [behaviour: string, issue: Issue, text: string][] = [
    [
      'begins with file, line and column',
      issue,
      'config.yaml:12:5: error: an AS number lies between 1 and 4294967294 [as-number-range]',
    ],
    [
      'names the place inside a string that holds YAML',
      { ...issue, inside: { option: 'subnet-bgp-peers', line: 3, column: 14 } },
      'config.yaml:12:5: error: an AS number lies between 1 and 4294967294 [as-number-range]' +
        ' (subnet-bgp-peers, line 3, column 14 inside the string)',
    ],
    [
      'has the hint on a line of its own',
      { ...issue, hint: 'quote it' },
      'config.yaml:12:5: error: an AS number lies between 1 and 4294967294 [as-number-range]\n' +
        '  hint: quote it',
    ],
    [
      'names the pointer where there is no line',
      { severity: 'note', code: 'unit', pointer: '/bgp', message: 'no node has it' },
      'config.yaml: note: no node has it [unit] (at /bgp)',
    ],
    [
      'names the node whose resolution shows it',
      { severity: 'warning', code: 'tie', pointer: '', message: 'two rules', node: 'node-0' },
      'config.yaml: warning: two rules [tie] (node node-0)',
    ],
  ];
  for (const [behaviour, given, text] of cases) {
    it(behaviour, () => {
      expect(formatIssue(given, 'config.yaml')).to.equal(text);
    });
  }
});
