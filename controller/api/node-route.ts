/** The route of one node. */
import { nearestName } from '../../core/nearest-name.ts';
import { printable } from '../../core/printable.ts';
import { AppError } from '../../runtime/errors.ts';
import { json, type Route } from '../../runtime/http/route.ts';
import type { Fleet } from '../app/fleet/fleet.ts';
import { viewNodeNamed } from '../app/fleet/fleet-view.ts';
import type { NodeView } from '../app/nodes/node-view.ts';

/** GET /v1/nodes/{name} */
export interface NodeAnswer {
  /** The lineage of this controller's revisions. */
  readonly lineage: string;
  readonly node: NodeView;
}

export interface NodeRouteDeps {
  readonly fleet: Fleet;
  readonly lineage: () => string;
  readonly answersKept: () => Promise<void>;
  /** RFC 3339. */
  readonly now: () => string;
}

export function nodeRoute({ fleet, lineage, answersKept, now }: NodeRouteDeps): Route {
  return {
    method: 'GET',
    path: '/v1/nodes/{name}',
    access: 'read',
    handle: async ({ parameters: { name = '' } }) => {
      const node = viewNodeNamed(fleet, name.toLowerCase(), now());
      if (node === undefined) {
        fleet.requireKnown('show the node');
        throw unknownNode(name, fleet);
      }
      await answersKept();
      return json({ lineage: lineage(), node } satisfies NodeAnswer);
    },
  };
}

function unknownNode(name: string, fleet: Fleet): AppError {
  const nearest = nearestName(
    name,
    fleet.records().map((record) => record.name),
  );
  const hint = nearest === undefined ? 'calico-controller nodes lists them' : `is it "${nearest}"?`;
  return new AppError(
    'not-found',
    `the controller knows no node "${printable(name.slice(0, 300))}"; ${hint}`,
  );
}
