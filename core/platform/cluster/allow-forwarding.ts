/** Forwarding in pods switched on in Calico's CNI configuration, which K3s needs. */

/**
 * The text as the ConfigMap calico-config has it: JSON with placeholders such as __CNI_MTU__, which install-cni
 * replaces, so it is no JSON yet. All other bytes stay. Sources: calico cni-plugin/pkg/types (ContainerSettings);
 * docs.k3s.io networking/basic-network-options.
 * @returns undefined: the text has no place for it, or several
 */
export function allowForwarding(text: string): string | undefined {
  const setting = /("allow_ip_forwarding"\s*:\s*)(?:true|false)/g;
  const given = [...text.matchAll(setting)];
  if (given.length > 0) {
    return given.length === 1
      ? text.replace(setting, (_all, name: string) => `${name}true`)
      : undefined;
  }
  // Without this setting there, they have others.
  if (text.includes('"container_settings"')) return undefined;
  const places = [...text.matchAll(/"type"\s*:\s*"calico"/g)];
  const [place] = places;
  if (place === undefined || places.length > 1) return undefined;
  const end = place.index + place[0].length;
  const lineStart = text.lastIndexOf('\n', place.index) + 1;
  const before = text.slice(lineStart, place.index);
  const gap = lineStart > 0 && before.trim() === '' ? `\n${before}` : ' ';
  const added = `,${gap}"container_settings": {"allow_ip_forwarding": true}`;
  return `${text.slice(0, end)}${added}${text.slice(end)}`;
}
