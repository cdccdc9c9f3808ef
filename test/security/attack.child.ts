/**
 * One attack in a process of its own, so that it does not slow down who measures its victim:
 * `attack.child.ts inventNames '[{"url":"ws://…","token":"…","cluster":"default"}, 2000]'`.
 * Prints `standing` when it has its full strength, and goes on until it is killed.
 */
import * as hostileAgent from './attackers/hostile-agent.ts';
import * as localUser from './attackers/local-user.ts';

const [name = '', parameters = '[]'] = process.argv.slice(2);
const attack: unknown = Reflect.get({ ...hostileAgent, ...localUser }, name);
const given: unknown = JSON.parse(parameters);
if (typeof attack !== 'function' || !Array.isArray(given)) throw new Error(`no attack: ${name}`);
await Reflect.apply(attack, undefined, given);
console.log('standing');
// Attacks that hold nothing open have done their work, and wait for their end like the others.
setInterval(() => undefined, 60_000);
