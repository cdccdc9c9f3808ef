import { runJourneys } from './journey.ts';
import { anotherReflector } from './journeys/another-reflector.ts';
import { meshToReflectors } from './journeys/mesh-to-reflectors.ts';
import { rackAsNumber } from './journeys/rack-as-number.ts';
import { reflectorsToMesh } from './journeys/reflectors-to-mesh.ts';
import { withoutAgents } from './journeys/without-agents.ts';
import { wrongAsNumber } from './journeys/wrong-as-number.ts';

runJourneys([
  wrongAsNumber,
  reflectorsToMesh,
  anotherReflector,
  meshToReflectors,
  rackAsNumber,
  withoutAgents,
]);
