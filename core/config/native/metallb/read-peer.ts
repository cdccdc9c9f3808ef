/** Reads MetalLB's peers. */
import type { MetallbPeer } from '../../../../schemas/generated/metallb.ts';
import type { Findings } from '../../../findings.ts';
import { withoutUndefined } from '../../../without-undefined.ts';
import { placeAt, type Item, type MetalLbPeerSpec } from '../../metallb/settings.ts';
import { parseAddress } from '../../net/address.ts';
import { readAsNumber } from '../../peer/read-peers.ts';
import { fieldsOf } from '../../yaml/read-values.ts';
import { itemOf, type PlacedItem } from './placed-items.ts';

export function readPeer(
  { value, node }: PlacedItem<MetallbPeer>,
  findings: Findings,
): Item<MetalLbPeerSpec> {
  const fields = fieldsOf(node);
  const { password, myASN: _my, peerASN: _peer, localASN: _local, ...rest } = value;
  const item = itemOf({ value: rest, node });
  if (password !== undefined) {
    const message = `peer "${value.name}" has its password in the document`;
    const hint =
      'take the line away, and name a Secret of the type kubernetes.io/basic-auth in passwordSecret';
    findings.error(placeAt(item, 'password'), 'metallb-peer-password', message, hint);
  }
  const asNumber = (key: string): number | undefined =>
    readAsNumber(fields.get(key), findings)?.value;
  const address = (key: 'peerAddress' | 'sourceAddress'): string | undefined =>
    readAddress(item, key, value[key], findings);
  return {
    ...item,
    spec: withoutUndefined({
      ...item.spec,
      myASN: asNumber('myASN'),
      peerASN: asNumber('peerASN'),
      localASN: asNumber('localASN'),
      peerAddress: address('peerAddress'),
      sourceAddress: address('sourceAddress'),
    }),
  };
}

/** In canonical form, so that two spellings of one router are one router. */
function readAddress(
  item: Item<unknown>,
  key: string,
  text: string | undefined,
  findings: Findings,
): string | undefined {
  if (text === undefined) return undefined;
  const parsed = parseAddress(text);
  if (parsed.ok) return parsed.value.address;
  findings.error(placeAt(item, key), 'metallb-address-invalid', parsed.message, parsed.hint);
  // It stays, so that no rule says that it is missing.
  return text;
}
