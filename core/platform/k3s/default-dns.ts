import { addressAt, parseNetwork } from '../../config/net/address.ts';
import { itemsInForce, type GivenFlags } from './merge.ts';

/**
 * The default of the flag: the tenth address of each service range. Source: k3s
 * pkg/cli/server/server.go.
 */
export function defaultDns(given: GivenFlags): readonly string[] {
  return itemsInForce(given, 'service-cidr').flatMap((item) => {
    const parsed = parseNetwork(item);
    return parsed.ok ? [addressAt(parsed.value.network, 10)] : [];
  });
}
