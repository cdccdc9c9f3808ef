import { runJourneys } from './journey.ts';
import { anotherReflector } from './journeys/another-reflector.ts';
import { killedNode } from './journeys/killed-node.ts';
import { meshToReflectors } from './journeys/mesh-to-reflectors.ts';
import { rackAsNumber } from './journeys/rack-as-number.ts';
import { refusedFile } from './journeys/refused-file.ts';
import { reflectorsToMesh } from './journeys/reflectors-to-mesh.ts';
import { rolloutToReflectors } from './journeys/rollout-to-reflectors.ts';
import { withoutAgents } from './journeys/without-agents.ts';
import { wrongAsNumber } from './journeys/wrong-as-number.ts';

// The longest ones begin first.
runJourneys([
  rolloutToReflectors,
  wrongAsNumber,
  killedNode,
  meshToReflectors,
  reflectorsToMesh,
  anotherReflector,
  refusedFile,
  rackAsNumber,
  withoutAgents,
]);
