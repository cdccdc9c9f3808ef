/**
 * One attack in a process of its own, so that it does not slow down the measuring process:
 * `attack.child.ts inventNames '[{"url":"ws://…","token":"…","cluster":"default"}, 2000]'`. Prints
 * `standing` when it has its full strength, with the address where it listens if it does, and goes
 * on until it is killed.
 */
import * as hostileAgent from './attackers/hostile-agent.ts';
import * as hostileController from './attackers/hostile-controller.ts';
import * as localRoot from './attackers/local-root.ts';
import * as localUser from './attackers/local-user.ts';

const [name = '', parameters = '[]'] = process.argv.slice(2);
const attacks = { ...hostileAgent, ...hostileController, ...localRoot, ...localUser };
const attack: unknown = Reflect.get(attacks, name);
const given: unknown = JSON.parse(parameters);
if (typeof attack !== 'function' || !Array.isArray(given)) throw new Error(`no attack: ${name}`);
const running: unknown = await Reflect.apply(attack, undefined, given);
const url: unknown = Reflect.get(Object(running), 'url');
console.log(typeof url === 'string' ? `standing ${url}` : 'standing');
// Attacks that hold nothing open have done their work, and wait for their end like the others.
setInterval(() => undefined, 60_000);
