/** An agent without the right to change routes, and the helper that has it. */
import { expect } from 'chai';
import fc from 'fast-check';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  answerRequest,
  type HelperDeps,
} from '../../../../agent/adapters/guard-routes/answer-request.ts';
import { createAskHelper } from '../../../../agent/adapters/guard-routes/ask-helper.ts';
import { createGuardRoutes } from '../../../../agent/adapters/guard-routes/guard-routes.ts';
import { createHelpedGuardRoutes } from '../../../../agent/adapters/guard-routes/helped-guard-routes.ts';
import { mayChangeRoutes } from '../../../../agent/adapters/guard-routes/may-change-routes.ts';
import type { GuardRoutes } from '../../../../agent/ports/guard-routes.ts';
import { usualGuard } from '../../../../core/guard/guard-settings.ts';
import { createMemoryKernel, type MemoryKernel } from '../../../support/twins/memory-kernel.ts';

const destination = '192.168.1.0/26';

function kernelWithRoute(): MemoryKernel {
  const kernel = createMemoryKernel();
  kernel.families[4].routes.push(
    {
      ...{ destination, table: 254, protocol: 12, metric: 0, kind: 'unicast' },
      hops: ['via 10.0.0.1 dev eth0'],
    },
    // A route of another program, to a destination for which BIRD has no route.
    {
      ...{ destination: '10.9.0.0/16', table: 254, protocol: 4, metric: 0, kind: 'unicast' },
      hops: ['via 10.0.0.9 dev eth0'],
    },
  );
  return kernel;
}

function helperOn(kernel: MemoryKernel, policy: HelperDeps['policy'] = usualPolicy): HelperDeps {
  return {
    policy,
    routesWith: (settings = usualGuard) =>
      createGuardRoutes({ program: kernel, settings: () => settings, uptime: () => 1000 }),
  };
}
const usualPolicy: HelperDeps['policy'] = () => Promise.resolve({ guard: 'auto', ...usualGuard });
const notOurs = ({ families }: MemoryKernel): unknown =>
  ([4, 6] as const).map((family) => [
    families[family].rules.filter(({ protocol }) => protocol !== 203),
    families[family].routes.filter(({ protocol }) => protocol !== 203),
  ]);
const ours = ({ families }: MemoryKernel): readonly { readonly destination: string }[] =>
  families[4].routes.filter(({ protocol, kind }) => protocol === 203 && kind === 'unicast');

describe('the helper that may change routes', () => {
  const refused: readonly [what: string, text: string][] = [
    ['no JSON', 'begin\n'],
    ['an unknown action', '{"action":"add"}'],
    ['a deadline beyond 10 minutes', '{"action":"begin","seconds":601}'],
    ['a deadline that is over', '{"action":"begin","seconds":0}'],
    ['a route', '{"action":"begin","seconds":60,"routes":["10.0.0.0/8"]}'],
    ['a table', '{"action":"begin","seconds":60,"table":254}'],
    ['a priority', '{"action":"begin","seconds":60,"priority":1}'],
    ['words for ip', '{"action":"leave-out","destinations":["10.0.0.0/8 table 254"]}'],
    ['two requests', '{"action":"end"}\n{"action":"end"}\n'],
    ['nothing', ''],
    ['more than it reads', `{"action":"end"}${' '.repeat(400_000)}`],
  ];
  for (const [what, text] of refused) {
    it(`refuses ${what}, and changes nothing`, async () => {
      const kernel = kernelWithRoute();
      expect(await answerRequest(text, helperOn(kernel))).to.have.property('answer', 'failed');
      expect(kernel.families).to.deep.equal(kernelWithRoute().families);
    });
  }

  it("only adds and removes copies of BIRD's routes", async () => {
    const destinations = fc.array(
      fc.constantFrom(destination, '10.9.0.0/16', '0.0.0.0/0', '255.255.255.255/32'),
      { minLength: 1, maxLength: 4 },
    );
    const request = fc.oneof(
      fc.record({ action: fc.constant('begin'), seconds: fc.integer({ min: 1, max: 600 }) }),
      fc.record({ action: fc.constant('leave-out'), destinations }),
      fc.record({ action: fc.constantFrom('end', 'find-obstacle') }),
      fc.record({ action: fc.string(), seconds: fc.jsonValue(), table: fc.jsonValue() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 6 }), async (requests) => {
        const kernel = kernelWithRoute();
        for (const one of requests) await answerRequest(JSON.stringify(one), helperOn(kernel));
        expect(notOurs(kernel)).to.deep.equal(notOurs(kernelWithRoute()));
        expect(ours(kernel).filter((route) => route.destination !== destination)).to.deep.equal([]);
        await answerRequest('{"action":"end"}', helperOn(kernel));
        expect(kernel.families).to.deep.equal(kernelWithRoute().families);
      }),
    );
  });

  it('adds none when agent.yaml says never, and removes existing ones', async () => {
    const kernel = kernelWithRoute();
    const begin = '{"action":"begin","seconds":60}';
    expect(await answerRequest(begin, helperOn(kernel))).to.have.property('answer', 'on');
    const never = helperOn(kernel, () => Promise.resolve({ guard: 'never', ...usualGuard }));
    for (const text of [begin, '{"action":"find-obstacle"}']) {
      const why = 'agent.yaml has changes.guard: never';
      expect(await answerRequest(text, never)).to.deep.equal({ answer: 'never', why });
    }
    expect(await answerRequest('{"action":"end"}', never)).to.deep.equal({ answer: 'done' });
    expect(ours(kernel)).to.deep.equal([]);
  });

  it('uses the table and the priority of agent.yaml', async () => {
    const kernel = kernelWithRoute();
    const policy = { guard: 'auto', table: 900, priority: 100 } as const;
    const deps = helperOn(kernel, () => Promise.resolve(policy));
    await answerRequest('{"action":"begin","seconds":60}', deps);
    expect(kernel.families[4].rules.map(({ priority }) => priority)).to.include.members([100, 101]);
    expect(ours(kernel)).to.have.length(1).and.to.have.nested.property('[0].table', 900);
  });

  it('says why it cannot when agent.yaml has errors', async () => {
    const deps = helperOn(kernelWithRoute(), () => Promise.reject(new Error('it has errors')));
    const answer = await answerRequest('{"action":"begin","seconds":60}', deps);
    expect(answer).to.deep.equal({ answer: 'failed', why: 'it has errors' });
  });
});

describe('an agent that asks the helper', () => {
  let folder = '';
  let server: Server | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-helper-'));
  });
  afterEach(async () => {
    server?.close();
    server = undefined;
    await rm(folder, { recursive: true });
  });

  const socket = (): string => path.join(folder, 'guard.sock');
  const listen = (answer: (connection: Socket) => void): Promise<void> =>
    new Promise((resolve) => {
      server = createServer(answer).listen(socket(), resolve);
    });
  const guardAsking = (kernel: MemoryKernel, deadlineMs?: number): GuardRoutes =>
    createHelpedGuardRoutes(
      createGuardRoutes({ program: kernel, settings: () => usualGuard, uptime: () => 1000 }),
      createAskHelper(socket(), deadlineMs),
    );
  const serve = (kernel: MemoryKernel): Promise<void> =>
    listen((connection) => {
      let text = '';
      connection.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (!text.endsWith('\n')) return;
        void answerRequest(text, helperOn(kernel)).then((answer) =>
          connection.end(`${JSON.stringify(answer)}\n`),
        );
      });
    });
  const whyNever = async (deadlineMs?: number): Promise<string> => {
    const guard = guardAsking(kernelWithRoute(), deadlineMs);
    const begun = await guard.begin(60);
    const why = begun.guard === 'never' ? begun.why : 'it began';
    expect(await guard.obstacle()).to.equal(why);
    const failure = await guard.end().catch((error: unknown) => error);
    expect(failure).to.be.an('error').with.property('message', why);
    return why;
  };

  it('has guard routes as if it had the right itself', async () => {
    const kernel = kernelWithRoute();
    await serve(kernel);
    const guard = guardAsking(kernel);
    expect(await guard.obstacle()).to.equal(undefined);
    expect(await guard.begin(59.5)).to.deep.equal({ guard: 'on', routes: 1, uncopied: 0 });
    expect(await guard.state()).to.include({ state: 'on', routes: 1, left: 60 });
    await guard.leaveOut([destination]);
    expect(await guard.state()).to.include({ state: 'on', routes: 0 });
    await guard.end();
    expect(await guard.state()).to.deep.equal({ state: 'off' });
  });

  it('sends several requests for more routes than one request can hold', async () => {
    const kernel = kernelWithRoute();
    await serve(kernel);
    const guard = guardAsking(kernel);
    await guard.begin(60);
    const many = Array.from({ length: 5000 }, (_, at) => `10.1.${at >> 8}.${at & 255}/32`);
    await guard.leaveOut([...many, destination]);
    expect(ours(kernel)).to.deep.equal([]);
  });

  it('has none when the helper is masked or not installed, and names it', async () => {
    const why = await whyNever();
    expect(why).to.contain('CAP_NET_ADMIN').and.to.contain('calico-agent-guard.socket');
  });

  it('goes on without them after a helper that hangs', async () => {
    await listen(() => undefined);
    expect(await whyNever(50)).to.equal('calico-agent-guard.socket does not answer within 0.05 s');
  });

  it('goes on without them after a helper that ends without an answer, or answers something else', async () => {
    await listen((connection) => connection.end());
    expect(await whyNever()).to.contain('ended without an answer');
    server?.close();
    await listen((connection) => connection.end(`{"answer":"on"}\n`));
    expect(await whyNever()).to.contain('cannot be read');
    server?.close();
    await listen((connection) => connection.on('error', () => undefined).end('x'.repeat(100_000)));
    expect(await whyNever()).to.contain('ended without an answer');
  });

  it('is answered by the program that systemd starts, for one request', async () => {
    const agentYaml = '{apiVersion: calico-agent/v1, kind: AgentConfig, changes: {guard: never}}';
    await writeFile(path.join(folder, 'agent.yaml'), agentYaml);
    const root = new URL('../../../../', import.meta.url);
    const program = ['--import', 'tsx', fileURLToPath(new URL('agent/guard-helper.ts', root))];
    await listen((connection) => {
      const stdio = [connection, connection, 'inherit'] as const;
      const env = { ...process.env, CREDENTIALS_DIRECTORY: folder };
      spawn(process.execPath, program, { cwd: fileURLToPath(root), env, stdio: [...stdio] });
    });
    const begun = await guardAsking(kernelWithRoute(), 60_000).begin(60);
    expect(begun).to.deep.equal({ guard: 'never', why: 'agent.yaml has changes.guard: never' });
  }).timeout(60_000);
});

describe('whether a process may change routes', () => {
  for (const [capabilities, may] of [
    ['0000000000000000', false],
    ['00000000002c0004', false],
    ['0000000000001000', true],
    ['000001ffffffffff', true],
  ] as const) {
    it(`is ${String(may)} with the capabilities ${capabilities}`, async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-helper-'));
      const file = path.join(folder, 'status');
      await writeFile(file, `CapPrm:\t000001ffffffffff\nCapEff:\t${capabilities}\n`);
      expect(mayChangeRoutes(file)).to.equal(may);
      await rm(folder, { recursive: true });
    });
  }
});
