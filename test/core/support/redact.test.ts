import { expect } from 'chai';
import { redactData, redactText } from '../../../core/support/redact.ts';

const planted = 'hunter2-Plant3d';

/** Each with the secret in a usual place. */
const places: readonly (readonly [string, string])[] = [
  ['a YAML field', `password: ${planted}\nkept: 1`],
  ['a quoted YAML field', `  "etcd-password": "${planted}"`],
  ['a YAML block', `token: |\n  ${planted}\n  ${planted}\nkept: 1`],
  ['a YAML field on the next line', `- secret:\n    ${planted}\nkept: 1`],
  ['a list of YAML', `secrets:\n  - password: ${planted}`],
  ['a field of JSON', `{"client-key-data": "${planted}"}`],
  ['JSON within JSON', JSON.stringify({ text: JSON.stringify({ token: planted }) })],
  ['an address with a user', `https://calico:${planted}@10.0.0.1:2379/x`],
  ['an address with a token alone', `wss://${planted}@control.example:7443`],
  ['a query', `GET /v1?access_token=${planted}&x=1`],
  ['an environment', `ETCD_PASSWORD=${planted}`],
  ['an option of a command', `calicoctl --etcd-password ${planted} --log`],
  ['an option with =', `calicoctl --token=${planted}`],
  ['a header', `authorization: Bearer ${planted}`],
  ['a line of a log', `level=info msg="dial" header="Bearer ${planted}"`],
  ['a password of BGP in BIRD', `protocol bgp x { password "${planted}"; }`],
  ['a private key', `-----BEGIN EC PRIVATE KEY-----\n${planted}\n-----END EC PRIVATE KEY-----`],
  ['a private key that is cut off', `-----BEGIN PRIVATE KEY-----\n${planted}`],
  [
    'a private key in JSON',
    JSON.stringify({
      pem: `-----BEGIN RSA PRIVATE KEY-----\n${planted}\n-----END RSA PRIVATE KEY-----`,
    }),
  ],
  ['a token of Kubernetes', `x eyJhbGciOiJSUzI1NiJ9.${planted}.c2ln`],
];

describe('a text that leaves the machine', () => {
  for (const [where, text] of places) {
    it(`has no secret from ${where}`, () => {
      expect(redactText(text)).to.contain('<removed>').and.not.contain(planted);
      if (text.includes('kept')) expect(redactText(text)).to.contain('kept: 1');
    });
  }

  it('has no secret that is known by its value, anywhere', () => {
    expect(redactText(`the word ${planted}, again ${planted}`, [planted])).to.equal(
      'the word <removed>, again <removed>',
    );
    expect(redactText('a b c', ['b'])).to.equal('a b c');
  });

  it('has no secret in data of any depth, and in texts within it', () => {
    const data = {
      spec: { password: { secretKeyRef: { name: 'bgp', key: planted } } },
      list: [{ TOKEN: planted }, { text: `config:\n  password: ${planted}\n` }],
      [`url https://a:${planted}@b`]: 1,
    };
    expect(JSON.stringify(redactData(data))).not.to.contain(planted);
  });

  it('has no secret behind other parts of its word', () => {
    for (const text of [`x-eyJhbGciOiJSUzI1NiJ9.${planted}.c2ln`, `x--token=${planted}`]) {
      expect(redactText(text)).to.contain('<removed>').and.not.contain(planted);
    }
  });

  // A search at each place of such a line would take a minute; a configuration may have 1 MiB.
  for (const part of [
    'a.',
    '-',
    '-eyJ',
    '"',
    'token=',
    'secret "',
    '-----BEGIN ',
    'ab:',
    'basic ',
  ]) {
    it(`takes little time, also for a long line of ${JSON.stringify(part)}`, () => {
      const line = part.repeat(200_000 / part.length);
      expect(redactText(`${line}\ntoken: ${planted}`)).not.to.contain(planted);
    });
  }

  it('keeps useful texts', () => {
    const text = [
      'controller: { url: wss://control:7443, tokenFile: /etc/calico-agent/token }',
      'peer 10.0.0.2 AS 64512 keepalive 80',
      '  secretKeyRef: { name: bgp }',
      'monkey: 1',
    ].join('\n');
    expect(redactText(text)).to.equal(text);
    expect(redactData({ asNumber: 1, isSecret: true, token: null })).to.deep.equal({
      asNumber: 1,
      isSecret: true,
      token: null,
    });
  });
});
