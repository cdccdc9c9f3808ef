/**
 * Families of small texts that are meant to be expensive: each makes a text of about the given
 * size. The work of a reader must not grow faster than the size.
 */

export type HostileText = (bytes: number) => string;

function times(part: string, bytes: number): string {
  return part.repeat(Math.max(1, Math.floor(bytes / part.length)));
}

function each(bytes: number, perItem: number, item: (index: number) => string): string {
  const count = Math.max(1, Math.floor(bytes / perItem));
  return Array.from({ length: count }, (_, index) => item(index)).join('');
}

const native = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';

/** Each level repeats the one before it ten times. */
function aliasTower(levels: number, leaf: string): string {
  const lines = [`a0: &a0 ${leaf}`];
  for (let level = 1; level <= levels; level += 1) {
    const repeats = Array.from({ length: 10 }, () => `*a${String(level - 1)}`).join(', ');
    lines.push(`a${String(level)}: &a${String(level)} [${repeats}]`);
  }
  return `${lines.join('\n')}\n`;
}

export const hostileTexts: Readonly<Record<string, HostileText>> = {
  'a bracket and commas': (bytes) => `[${times(',', bytes)}`,
  'a brace and commas': (bytes) => `{${times(',', bytes)}`,
  'commas in closed brackets': (bytes) => `[${times(',', bytes)}]`,
  'commas inside of a YAML option': (bytes) =>
    `global-bgp-peers: "[${times(',', bytes)}"\nglobal-as-number: 64512\n`,
  'stars inside of a YAML option': (bytes) => `global-bgp-peers: "${times('* ', bytes)}"\n`,
  'stars in a literal block': (bytes) => `subnet-as-numbers: |\n  ${times('* ', bytes)}\n`,
  stars: (bytes) => times('* ', bytes),
  'stars on lines': (bytes) => times('- *a\n', bytes),
  'braces only': (bytes) => times('{', bytes),
  'braces with spaces': (bytes) => times('{{ ', bytes),
  'braces with commas': (bytes) => times('{,,,', bytes),
  'brackets that open and close': (bytes) => `[${times('[],', bytes)}]`,
  'braces that open and close': (bytes) => `[${times('{},', bytes)}]`,
  'brackets only': (bytes) => times('[', bytes),
  'colons in brackets': (bytes) => `[${times(':,', bytes)}]`,
  'question marks': (bytes) => times('? ', bytes),
  'question marks on lines': (bytes) => times('?\n', bytes),
  dashes: (bytes) => times('- ', bytes),
  'dashes on lines': (bytes) => times('-\n', bytes),
  'colons on lines': (bytes) => times(':\n', bytes),
  'spaces only': (bytes) => times(' ', bytes),
  'line breaks only': (bytes) => times('\n', bytes),
  'CRLF only': (bytes) => times('\r\n', bytes),
  'CR only': (bytes) => times('\r', bytes),
  'tabs only': (bytes) => times('\t', bytes),
  'comments only': (bytes) => times('#\n', bytes),
  'comments after a key': (bytes) => `a: # ${times('#', bytes)}\n`,
  'a line break and a comment in each bracket': (bytes) => `[${times('1, #x\n', bytes)}]`,
  'documents of nothing': (bytes) => times('---\n', bytes),
  'ends of documents': (bytes) => times('...\n', bytes),
  directives: (bytes) => times('%YAML 1.2\n', bytes),
  'tag directives': (bytes) => `${each(bytes, 30, (n) => `%TAG !t${n}! tag:x.example,\n`)}---\n1\n`,
  'a long tag': (bytes) => `a: !${times('t', bytes)} 1\n`,
  'many tags': (bytes) => each(bytes, 12, (n) => `k${n}: !t 1\n`),
  'a long anchor': (bytes) => `a: &${times('t', bytes)} 1\n`,
  'many anchors': (bytes) => each(bytes, 18, (n) => `k${n}: &a${n} 1\n`),
  'many aliases of one value': (bytes) => `a: &a 1\nb: [${times('*a,', bytes)}]\n`,
  'aliases of a long text': (bytes) =>
    `a: &a ${times('x', bytes / 2)}\nb: [${times('*a,', bytes / 2)}]\n`,
  'a tower of aliases': () => aliasTower(9, '[x]'),
  'a tower of aliases in a part that nobody checks': () =>
    `${native}${aliasTower(4, 'x'.repeat(3000))}`,
  'a tower of aliases in charm options': () =>
    `global-as-number: 64512\n${aliasTower(4, 'x'.repeat(3000))}`,
  'a tower of merge keys': (bytes) =>
    `a0: &a0 {x: 1}\n${each(bytes, 40, (n) => `a${n + 1}: &a${n + 1}\n  <<: *a${n}\n  k${n}: 1\n`)}`,
  'merge keys of a wide mapping': (bytes) =>
    `a: &a {${each(bytes / 2, 10, (n) => `k${n}: 1,`)}}\n${each(bytes / 2, 14, (n) => `b${n}: {<<: *a}\n`)}`,
  'a list of merge keys': (bytes) => `a: &a {x: 1}\nb:\n  <<: [${times('*a,', bytes)}]\n`,
  'a long key over many values': (bytes) =>
    `${times('k', bytes / 3)}: [${times('1,', (bytes * 2) / 3)}]\n`,
  'long keys within each other': (bytes) =>
    `${each(bytes / 2, bytes / 120, (n) => `${' '.repeat(n)}${'k'.repeat(Math.max(1, bytes / 120 - n))}:\n`)}${' '.repeat(64)}[${times('1,', bytes / 2)}]\n`,
  'keys of 1,000 characters within each other': (bytes) =>
    `{"${Array.from({ length: 50 }, () => 'k'.repeat(1000)).join('":{"')}":[${times('1,', bytes - 50_000)}]${'}'.repeat(50)}`,
  'a long text': (bytes) => `a: ${times('x', bytes)}\n`,
  'a long quoted text': (bytes) => `a: "${times('\\n', bytes)}"\n`,
  'a long literal block': (bytes) => `a: |\n${times('  x\n', bytes)}`,
  'a folded block': (bytes) => `a: >\n${times('  x\n', bytes)}`,
  'a text over many lines': (bytes) => `a:\n${times('  x\n', bytes)}`,
  'a quoted text over many lines': (bytes) => `a: "${times('\n ', bytes)}"\n`,
  'a text that never ends': (bytes) => `a: "${times('x', bytes)}`,
  'a long number': (bytes) => `global-as-number: ${times('1', bytes)}\n`,
  'a long fraction': (bytes) => `global-as-number: 1.${times('0', bytes)}\n`,
  'many long numbers': (bytes) => `a: [${times('1e999999999,', bytes)}]\n`,
  'zeros before a dot': (bytes) => `global-as-number: "${times('0', bytes)}.1"\n`,
  'unknown options': (bytes) => each(bytes, 12, (n) => `opt-${n}: 1\n`),
  'the same option again and again': (bytes) => times('mtu: 1\n', bytes),
  'values of a wrong type': (bytes) => `${native}pools: [${times('1,', bytes)}]\n`,
  'unknown fields in groups': (bytes) =>
    `${native}groups:\n${each(bytes, 30, (n) => `  - {nam: g${n}, foo: 1}\n`)}`,
  'groups of one name': (bytes) =>
    `${native}groups:\n${times('  - {name: g, asNumber: 64512}\n', bytes)}`,
  'peers of one address': (bytes) =>
    `${native}bgp:\n  peers:\n${times('    - {address: 10.0.0.1, asNumber: 64512}\n', bytes)}`,
  'peers of many addresses': (bytes) =>
    `global-as-number: 64512\nglobal-bgp-peers: |\n${each(bytes, 40, (n) => `  - {address: 10.${n >> 16}.${(n >> 8) & 255}.${n & 255}, as-number: 64513}\n`)}`,
  'subnets that overlap': (bytes) =>
    `subnet-as-numbers: |\n${each(bytes, 22, (n) => `  10.${(n >> 8) & 255}.${n & 255}.0/${8 + (n % 17)}: 64512\n`)}`,
  'subnets of peers': (bytes) =>
    `subnet-bgp-peers: |\n${each(bytes, 60, (n) => `  10.${(n >> 8) & 255}.${n & 255}.0/24:\n    - {address: 10.0.0.1, as-number: 64513}\n`)}`,
  'units of peers': (bytes) =>
    `unit-bgp-peers: |\n${each(bytes, 56, (n) => `  ${n}:\n    - {address: 10.0.0.1, as-number: 64513}\n`)}`,
  'pools that overlap': (bytes) =>
    `${native}pools:\n${each(bytes, 36, (n) => `  - {name: p${n}, cidr: 10.${n & 255}.0.0/16}\n`)}`,
  'groups with a selector of many terms': (bytes) =>
    `${native}groups:\n  - name: g\n    nodes: {selector: "${times("a == 'b' || ", bytes)}a == 'b'"}\n    asNumber: 64512\n`,
  'a selector of brackets': (bytes) =>
    `${native}groups:\n  - name: g\n    nodes: {selector: "${times('(', bytes)}"}\n`,
  'a selector of negations': (bytes) =>
    `${native}groups:\n  - name: g\n    nodes: {selector: "${times('!', bytes)}a"}\n`,
  'groups of many selectors': (bytes) =>
    `${native}groups:\n${each(bytes, 70, (n) => `  - {name: g${n}, asNumber: 64512, nodes: {selector: "a == 'b${n}'"}}\n`)}`,
  'many service networks': (bytes) =>
    `bgp-service-cluster-ips: "${each(bytes, 14, (n) => `10.${(n >> 8) & 255}.${n & 255}.0/24 `)}"\n`,
  'one long word in an option of words': (bytes) =>
    `bgp-service-cluster-ips: "${times('x', bytes)}"\n`,
  'a bundle of many applications': (bytes) =>
    `applications:\n${each(bytes, 40, (n) => `  a${n}: {charm: calico, options: {}}\n`)}`,
  'a bundle with many overlays': (bytes) =>
    `applications: {calico: {charm: calico, options: {}}}\n${times('---\napplications: {}\n', bytes)}`,
  'JSON of one long key': (bytes) => `{"${times('k', bytes)}":1}`,
  'JSON that is broken at its end': (bytes) => `[${times('{"a":1},', bytes)}`,
  'kinds that look like tools': (bytes) => `kind: Node\napiVersion: v1\n${times('- [,\n', bytes)}`,
  'items that look like tools': (bytes) =>
    `apiVersion: v1\nkind: List\nitems: [${times('{},', bytes)}]\n`,
  'a byte order mark and nulls': (bytes) => `\uFEFF${times('\0', bytes)}`,
  'surrogates without their halves': (bytes) => times('\uD800: 1\n', bytes),
};
