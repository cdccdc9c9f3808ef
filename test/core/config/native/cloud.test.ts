import { expect } from 'chai';
import { checkRow, modelOf, type Row } from '../reading-configs.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';

const refused: readonly Row[] = [
  [
    'a cloud that nobody knows',
    `${head}cloud: {provider: gcp, sourceDestCheck: disabled}\n`,
    ['error unknown-value /cloud/provider 3:19', 'aws'],
  ],
  [
    'the name of the service for the cloud',
    `${head}cloud: {provider: ec2, sourceDestCheck: disabled}\n`,
    ['error unknown-value /cloud/provider 3:19', 'did you mean aws?'],
  ],
  [
    'a boolean for the check',
    `${head}cloud: {provider: aws, sourceDestCheck: false}\n`,
    ['error unknown-value /cloud/sourceDestCheck 3:41', 'disabled, enabled'],
  ],
  [
    "Calico's word for it",
    `${head}cloud: {provider: aws, sourceDestCheck: Disable}\n`,
    ['error unknown-value /cloud/sourceDestCheck 3:41', 'did you mean disabled?'],
  ],
  ...(
    [
      ['false', 'disabled'],
      ['off', 'disabled'],
      ['Off', 'disabled'],
      ['"no"', 'disabled'],
      ['0', 'disabled'],
      ['DISABLED', 'disabled'],
      ['Disabled', 'disabled'],
      ['true', 'enabled'],
      ['on', 'enabled'],
      ['Enable', 'enabled'],
      ['ENABLED', 'enabled'],
    ] as const
  ).map(([written, meant]): Row => [
    `${written}, and says that ${meant} is meant`,
    `${head}cloud: {provider: aws, sourceDestCheck: ${written}}\n`,
    ['error unknown-value /cloud/sourceDestCheck 3:41', `did you mean ${meant}?`],
  ]),
  [
    'the cloud in capital letters',
    `${head}cloud: {provider: AWS, sourceDestCheck: disabled}\n`,
    ['error unknown-value /cloud/provider 3:19', 'did you mean aws?'],
  ],
  [
    'a section without the check',
    `${head}cloud: {provider: aws}\n`,
    ['error missing-key /cloud 3:8', '"sourceDestCheck" is missing'],
  ],
  [
    "an endpoint, which is the agent's own matter",
    `${head}cloud: {provider: aws, sourceDestCheck: disabled, endpoint: http://x}\n`,
    ['error unknown-key /cloud/endpoint 3:51', 'endpoint'],
  ],
];

describe('the cloud section', () => {
  for (const row of refused) it(`refuses ${row[0]}`, () => checkRow(row));

  for (const meant of ['disabled', 'enabled']) {
    it(`accepts ${meant}, which its hints ask for`, () => {
      const text = `${head}cloud: {provider: aws, sourceDestCheck: ${meant}}\n`;
      expect(modelOf(text).cloud?.sourceDestCheck).to.equal(meant);
    });
  }

  it('has the provider and the wanted state, with their places', () => {
    const { cloud } = modelOf(`${head}cloud:\n  provider: aws\n  sourceDestCheck: enabled\n`);
    expect(cloud?.sourceDestCheck).to.equal('enabled');
    expect(cloud?.checkPlace).to.deep.include({ pointer: '/cloud/sourceDestCheck', line: 5 });
  });
});
