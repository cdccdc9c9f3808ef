/** The patterns in schemas/ in words, so that no message shows a regular expression. */

/** Completes "… must be". A test sees to it that no pattern is missing. */
const forms: Readonly<Record<string, string>> = {
  '^[a-z](-?[a-z0-9])*$': 'the name of a Juju application: small letters, digits and single "-"',
  '^[a-z][-a-z0-9]*$': 'made of small letters, digits and "-", with a letter first',
  '^[a-z][a-z-]*$': 'made of small letters and "-", with a letter first',
  '^[a-z][-a-z]{0,63}$': 'made of small letters and "-", with a letter first, 64 at most',
  '^[!-~]{1,600}$': 'made of visible ASCII characters, 600 at most',
  '^[a-z0-9-]+$': 'made of small letters, digits and "-"',
  '^[-0-9A-Za-z]{1,64}$': 'made of letters, digits and "-", 64 at most',
  '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$':
    'made of small letters, digits and "-", with a letter or digit at both ends',
  '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$':
    'made of small letters, digits, "-" and ".", with a letter or digit at both ends',
  '^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$':
    'made of letters, digits, "-", "_" and ".", with a letter or digit at both ends',
  '^[A-Za-z0-9][-A-Za-z0-9_.]*$':
    'made of letters, digits, "-", "_" and ".", with a letter or digit first',
  '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$':
    'made of letters, digits, "-", "_" and ".", with a letter or digit first, 63 at most',
  '^[a-z](-?[a-z0-9])*/(0|[1-9][0-9]*)$': 'the whole name of a Juju unit, such as calico/0',
  '^[0-9a-f]{12}$':
    'the 12 small hexadecimal digits that end a calico-agent/group label, in quotes',
  '^[^/\\s*\'"]{1,63}$': 'a name in LXD: 1 to 63 characters, without "/", "*", spaces and quotes',
  '^[A-Za-z0-9*-]{1,63}$':
    'a pattern for names of containers: letters, digits and "-", where * is any text, such as juju-*',
  '^[A-Za-z0-9_-]{1,64}$': 'the name of a kernel module: letters, digits, "-" and "_", 64 at most',
  '^(net(\\.[A-Za-z0-9_-]+)+|kernel\\.(msg|sem|shm)[a-z_]*|fs\\.mqueue\\.[a-z_]+)$':
    "a setting of the containers' own network or IPC: net.*, kernel.msg*, kernel.sem*, kernel.shm* or fs.mqueue.*",
  '^([01][0-9]|2[0-3]):[0-5][0-9]$': 'a time of day in quotes, from "00:00" to "23:59"',
  '^(0|[1-9][0-9]{0,5})(s|m|h)$': 'a time such as 60s, 15m or 2h',
  '^(100|[1-9]?[0-9])%$': 'a percentage in quotes, from "0%" to "100%"',
  '^[A-Za-z0-9.*-]+$': 'the name of a node, or a pattern in which * is any text, such as rack1-*',
  '^/': 'an absolute path: it begins with "/"',
  '^/[!-~]+/$':
    'the beginning of keys in etcd, with "/" at both ends, such as /calico-controller/production/',
  '^/.': 'an absolute path below "/"',
  '^wss?://': 'an address that begins with ws:// or wss://',
  '^https?://[^\\s/]+/?$':
    'the address of an etcd member, such as https://10.0.0.1:2379, without a path',
  '^https?://[^\\s]+$': 'an address that begins with https:// or http://',
  '^(https?://)?([^\\s/:]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]+)?(/\\S*)?$':
    'the address of an API server, such as https://10.0.0.1:6443',
  '^(controller|juju|local):[^\\s]+$': 'a lineage, such as local:node-0',
  '^[0-9A-Fa-f.:]{2,64}$': 'an IP address',
  '^[0-9a-f.:]+/[0-9]+$': 'a network, such as 10.0.0.0/24',
  '^(127(\\.(25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})){3}|\\[::1\\]):([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$':
    'an address of the loopback interface with a port, such as 127.0.0.1:9469',
  '^([^:\\[\\]\\s]+|\\[[0-9A-Fa-f:.]+\\]):[1-9][0-9]{0,4}$':
    'HOST:PORT or [IPV6]:PORT, such as 10.0.0.11:7843',
  '^(absent|[0-9a-f]{64})$': 'absent, or a SHA-256 digest: 64 small hexadecimal digits',
  '^sha256:[0-9a-f]{64}$': 'a digest: sha256: and 64 small hexadecimal digits',
};

export function formOf(pattern: string): string {
  return forms[pattern] ?? 'of another form';
}

export function hasForm(pattern: string): boolean {
  return Object.hasOwn(forms, pattern);
}
