import assert from "node:assert/strict";
import { test } from "node:test";
import type { RetryPolicy } from "@heliograph/agent";
import {
  lightGuest,
  LockstepDevice,
  Returns,
  ReturningGuest,
  seededRandom,
  tempDir,
  type Return,
  type SeededRandom,
} from "@heliograph/testkit";
import { Caller } from "./caller.ts";
import { within } from "./deadline.ts";
import { DeviceLedger } from "./device-ledger.ts";
import { DialogBehaviour } from "./dialog-behaviour.ts";
import { refer } from "./light-bench.ts";
import type { MarkedMethod } from "./marked-call.ts";
import { reckon } from "./reckoning.ts";
import { ServerHosts } from "./server-hosts.ts";
import { Supervisor } from "./supervisor.ts";

const DEVICES = 300;
const CALLERS = 20;
/** Over which so few are spread as the gateway ends. */
const LEAST_DRAIN_SECONDS = 10;
const COME_BACK = 1001;
const UNAUTHORIZED = 401;
/** How a socket ends that was cut, or never came about [RFC 6455 7.1.5]. */
const CUT = 1006;
/** Of the devices, as their behaviour names them. */
const MODEL = { Manufacturer: "Heliograph", OUI: "F0F0F0", ProductClass: "Dialog" } as const;
/** `CWMPRetryMinimumWaitInterval` and `CWMPRetryIntervalMultiplier` of devices that do not wait for long. */
const IMPATIENT: RetryPolicy = { minimumWait: 1, multiplier: 1500 };
const METHODS: readonly MarkedMethod[] = [
  "GetParameterValues",
  "SetParameterValues",
  "AddObject",
  "X_F0F0F0_Chime",
];

/** Light devices that were referred once and come back whenever they lost their sockets, and callers that want things of them. */
class Fleet implements AsyncDisposable {
  readonly returns = new Returns(DEVICES);
  readonly ledger: DeviceLedger;
  readonly #supervisor: Supervisor;
  /** By their serial numbers. */
  readonly #devices: ReadonlyMap<string, DialogBehaviour>;
  readonly #callers: readonly Caller[];
  readonly #guests = new DisposableStack();
  #isOver = false;
  #calling: Promise<unknown> = Promise.resolve();

  constructor(supervisor: Supervisor, ledger: DeviceLedger) {
    this.#supervisor = supervisor;
    this.ledger = ledger;
    const serials = Array.from({ length: DEVICES }, (_, serial) => String(serial));
    this.#devices = new Map(serials.map((serial) => [serial, new DialogBehaviour(serial, ledger)]));
    this.#callers = Array.from({ length: CALLERS }, () => new Caller(supervisor));
  }

  /** Resolves once all are attached; from then on callers want something. */
  async start(random: SeededRandom): Promise<void> {
    const { acsUrl } = await this.#supervisor.up();
    const coming = this.#devices.entries();
    const come = async (): Promise<void> => {
      for (const device of coming) await this.#attach(acsUrl, device);
    };
    await Promise.all(Array.from({ length: CALLERS }, come));
    this.#calling = Promise.all(this.#callers.map((caller, index) => this.#want(caller, index, random)));
    this.#calling.catch(() => undefined);
  }

  /** Resolves once every caller was told how its last wish ended; gives what is wrong with any. */
  async reckoned(): Promise<{ readonly states: ReadonlySet<string>; readonly faults: readonly string[] }> {
    this.#isOver = true;
    await this.#calling;
    for (const caller of this.#callers) await caller.lookAgain();
    const told = this.#callers.flatMap((caller) => caller.told);
    const accounts = reckon(told, this.ledger);
    return {
      states: new Set(accounts.map(({ state }) => state ?? "not accepted")),
      faults: accounts.flatMap(({ mark, method, faults }) =>
        faults.map((fault) => `${method} ${mark}: ${fault}`),
      ),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#guests.dispose();
  }

  async #attach(
    acsUrl: string,
    [SerialNumber, behaviour]: readonly [string, DialogBehaviour],
  ): Promise<void> {
    await using device = new LockstepDevice({ acsUrl, deviceId: { ...MODEL, SerialNumber } });
    const reference = await refer(device, { events: ["0 BOOTSTRAP", "1 BOOT"] });
    await device.expectNothing();
    const guest = lightGuest(reference, (call) => behaviour.run(call).result);
    const returning = this.#guests.use(new ReturningGuest(guest, this.returns, IMPATIENT));
    await within(returning.first, `${behaviour.key} to attach`);
  }

  async #want(caller: Caller, index: number, random: SeededRandom): Promise<void> {
    for (let count = 0; !this.#isOver; count += 1) {
      const { key } = pick([...this.#devices.values()], random);
      await caller.settle({ device: key, method: pick(METHODS, random), mark: `${index}-${count}` });
    }
  }
}

function pick<T>(among: readonly T[], random: SeededRandom): T {
  const picked = among[random.integer(0, among.length - 1)];
  if (picked === undefined) throw new Error("there is nothing to pick from");
  return picked;
}

test("devices of an ACS that is restarted come back spread, by their tokens, and nothing that was accepted is lost or runs twice [LIGHT-CLOSE-4, LIGHT-LIVE-6]", async (t) => {
  using folder = tempDir();
  await using hosts = new ServerHosts();
  await using supervisor = await Supervisor.start({
    hosts,
    data: folder.file("data"),
    openEnrolment: "loopback",
  });
  await using fleet = new Fleet(supervisor, new DeviceLedger(folder.file("ledger")));
  await fleet.start(seededRandom((line) => t.diagnostic(line)));

  fleet.returns.begin();
  await supervisor.restart();
  const restarted = await within(fleet.returns.all(), "all to come back to an ACS that was restarted");
  t.diagnostic(`restarted: ${described(restarted)}`);
  assert.equal(restarted.losses.get(COME_BACK), DEVICES);
  assert.ok(restarted.peak < 2.5 * (DEVICES / LEAST_DRAIN_SECONDS), `${restarted.peak} came in a second`);

  fleet.returns.begin();
  await supervisor.kill();
  const killed = await within(fleet.returns.all(), "all to come back to an ACS that was killed");
  t.diagnostic(`killed: ${described(killed)}`);
  assert.ok((killed.losses.get(CUT) ?? 0) >= DEVICES);
  for (const { losses } of [restarted, killed]) assert.equal(losses.get(UNAUTHORIZED), undefined);

  const { states, faults } = await fleet.reckoned();
  assert.deepEqual(faults, []);
  assert.deepEqual([...states], ["done"]);
  await supervisor.stop();
});

function described({ seconds, peak, losses }: Return): string {
  const back = seconds.at(-1)?.toFixed(1) ?? "never";
  return `all back after ${back} s, ${peak} in the busiest second, lost by ${JSON.stringify([...losses])}`;
}
