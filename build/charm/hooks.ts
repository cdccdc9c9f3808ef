/** The hooks that the charm has: each is a link to the one program. */
const lifecycle = [
  'install',
  'upgrade-charm',
  'config-changed',
  'start',
  'stop',
  'remove',
  'update-status',
  'leader-elected',
  'leader-settings-changed',
];
const stages = ['created', 'joined', 'changed', 'departed', 'broken'];

/** @param relations the endpoints of charm/metadata.yaml */
export function hookNames(relations: readonly string[]): readonly string[] {
  return [
    ...lifecycle,
    ...relations.flatMap((relation) => stages.map((stage) => `${relation}-relation-${stage}`)),
  ];
}
