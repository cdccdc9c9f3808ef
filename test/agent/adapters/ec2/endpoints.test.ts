import { expect } from 'chai';
import { findEndpoints, type AwsSettings } from '../../../../agent/adapters/ec2/endpoints.ts';

const usual = ['http://169.254.169.254', 'http://[fd00:ec2::254]'];

const rows: readonly (readonly [
  string,
  AwsSettings,
  Readonly<Record<string, string>>,
  { readonly metadata?: readonly string[]; readonly ec2?: string; readonly isDualStack?: true },
])[] = [
  ['those of AWS', {}, {}, {}],
  [
    'those of agent.yaml before those of the environment',
    { metadataEndpoint: 'http://127.0.0.1:1338', ec2Endpoint: 'https://vpce-1.example.com' },
    { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:9', AWS_ENDPOINT_URL: 'https://x.test' },
    { metadata: ['http://127.0.0.1:1338'], ec2: 'https://vpce-1.example.com' },
  ],
  [
    'the one for EC2 before the general one',
    {},
    { AWS_ENDPOINT_URL: 'https://x.test', AWS_ENDPOINT_URL_EC2: 'https://ec2.test/' },
    { ec2: 'https://ec2.test' },
  ],
  [
    'the general one',
    {},
    { AWS_ENDPOINT_URL: 'http://localhost:5000' },
    { ec2: 'http://localhost:5000' },
  ],
  [
    'none of the environment where it says so',
    {},
    { AWS_ENDPOINT_URL: 'https://x.test', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    {},
  ],
  ['IPv6', {}, { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' }, { metadata: usual.slice(1) }],
  ['IPv4', {}, { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv4' }, { metadata: usual.slice(0, 1) }],
  ['names with both families', {}, { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, { isDualStack: true }],
  ['nothing of empty variables', {}, { AWS_ENDPOINT_URL: '' }, {}],
];

describe('findEndpoints', () => {
  for (const [name, settings, environment, expected] of rows) {
    it(`takes ${name}`, () => {
      expect(findEndpoints(settings, environment)).to.deep.equal({
        metadata: usual,
        isDualStack: false,
        ...expected,
      });
    });
  }

  for (const [name, settings, environment, words] of [
    ['plain text over a network', { ec2Endpoint: 'http://10.0.0.1' }, {}, 'begin with https://'],
    ['a path', { ec2Endpoint: 'https://a.test/x' }, {}, 'without a path'],
    ['a password', { ec2Endpoint: 'https://u:hush@a.test' }, {}, 'without a path'],
    ['another scheme', { metadataEndpoint: 'file:///etc' }, {}, 'metadata service'],
    ['metadata that is disabled', {}, { AWS_EC2_METADATA_DISABLED: 'true' }, 'unset it'],
  ] as const) {
    it(`refuses ${name}, and does not repeat secrets`, () => {
      expect(() => findEndpoints(settings, environment))
        .to.throw(words)
        .and.have.property('message')
        .that.does.not.contain('hush');
    });
  }
});
