import { runJourneys } from './journey.ts';
import { meshToReflectors } from './journeys/mesh-to-reflectors.ts';
import { rackAsNumber } from './journeys/rack-as-number.ts';
import { withoutAgents } from './journeys/without-agents.ts';

runJourneys([meshToReflectors, withoutAgents, rackAsNumber]);
