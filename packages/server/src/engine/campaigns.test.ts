import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { deviceKey, type DeviceId, type DeviceKey, type RpcOutcome } from "@heliograph/protocol";
import {
  campaignId,
  connectionId,
  subjects,
  type Authority,
  type Campaign,
  type CampaignCounts,
  type CampaignRules,
  type CampaignStanding,
  type CampaignState,
  type ChangeType,
  type Store,
} from "../ports/index.ts";
import { startCampaigns, type CampaignPorts, type Campaigns } from "./campaigns.ts";
import { answered, Bench } from "./engine-bench.fixture.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const ID = idOf("1");
/** Longer than a device is waited for. */
const MOST_SECONDS = 400;
const DONE: RpcOutcome = { result: {} };
const FAULT: RpcOutcome = { fault: { code: 9001, message: "no" } };

test("each device that is meant is asked once, and what came of each is told", async (t) => {
  const it = await CampaignBench.open(t, 3);
  await it.enrol("other", "Radio");
  await it.start();
  await it.untilCounts({ begun: 3 });
  for (const [device, outcome] of [
    ["1", DONE],
    ["2", FAULT],
    ["3", DONE],
  ] as const) {
    await it.comes(device, outcome);
  }
  const { counts, faults } = await it.until("over");
  assert.deepEqual(few(counts), { done: 2, faulted: 1 });
  assert.deepEqual(faults, [{ code: 9001, devices: 1 }]);
  assert.equal((await it.operations()).length, 3);
});

test("who comes in later is not of it, and who is no member any more stays of it", async (t) => {
  const it = await CampaignBench.open(t, 2);
  await it.start({ pace: { perSecond: 1, atOnce: 1 } });
  await it.untilCounts({ waiting: 1, begun: 1 });
  await it.enrol("late");
  await it.comes("1", DONE);
  await it.comes("2", DONE);
  assert.deepEqual(few((await it.until("over")).counts), { done: 2 });
});

test("no more are begun with in a second, nor are at it at once, than the pace says", async (t) => {
  const it = await CampaignBench.open(t, 8);
  await it.start({ pace: { perSecond: 2, atOnce: 5 } });
  const begun: number[] = [];
  for (let second = 0; second < 6; second += 1) {
    await it.pass(1);
    begun.push((await it.standing()).counts.begun);
  }
  const grown = begun.map((count, index) => count - (begun[index - 1] ?? 0));
  assert.ok(grown.every((count) => count <= 2) && begun.at(-1) === 5, begun.join(" "));
});

test("a device that does not come gives its place to another, and is not reached where it never comes", async (t) => {
  const it = await CampaignBench.open(t, 2);
  await it.start({ pace: { perSecond: 10, atOnce: 1 } }, { endsAt: it.bench.clock.now() + HOUR_MS });
  await it.untilCounts({ waiting: 1, begun: 1 });
  await it.pass(70);
  assert.deepEqual(few((await it.standing()).counts), { begun: 1, asleep: 1 });
  await it.comes("1", DONE);
  await it.bench.clock.advance(HOUR_MS);
  const { counts } = await it.until("over");
  assert.deepEqual(few(counts), { done: 1, "not-reached": 1 });
});

test("where too many fail it stops, what has not left is taken back, and the rest is never asked", async (t) => {
  const it = await CampaignBench.open(t, 6);
  await it.start({ pace: { perSecond: 4, atOnce: 4 }, stop: { failures: 2 } });
  await it.untilCounts({ waiting: 2, begun: 4 });
  const [first, second] = await it.begun();
  assert.ok(first !== undefined && second !== undefined);
  await it.comes(first, FAULT);
  await it.comes(second, FAULT);
  const { reason } = await it.until("stopped");
  assert.equal(reason, "2 failed");
  await it.untilCounts({ faulted: 2, withdrawn: 2, waiting: 2 });
});

test("one that was stopped goes on where somebody says so, in their name, and bears what failed before", async (t) => {
  const it = await CampaignBench.open(t, 3);
  await it.start({ pace: { perSecond: 1, atOnce: 1 }, stop: { failures: 1 } });
  await it.untilCounts({ waiting: 2, begun: 1 });
  for (const device of await it.begun()) await it.comes(device, FAULT);
  await it.until("stopped");
  const move = { campaign: ID, from: ["stopped"], to: "running", by: { manager: "boss" } } as const;
  await it.bench.store.commit("move-campaign", { ...move, at: it.bench.clock.now() });
  await it.untilCounts({ waiting: 1, begun: 1, faulted: 1 });
  for (const device of await it.begun()) await it.comes(device, FAULT);
  await it.until("stopped");
  const [last] = await it.operations();
  assert.equal(last?.manager, "boss");
});

test("one that is cancelled takes back what waits, and leaves alone what is with its device", async (t) => {
  const it = await CampaignBench.open(t, 3);
  await it.start();
  await it.untilCounts({ begun: 3 });
  const session = await it.takes("1");
  const at = it.bench.clock.now();
  await it.bench.store.commit("move-campaign", { campaign: ID, from: ["running"], to: "cancelled", at });
  await it.untilCounts({ begun: 1, withdrawn: 2 });
  await session.answers(DONE);
  await it.untilCounts({ done: 1, withdrawn: 2 });
  await it.pass(3);
  const { open } = await it.bench.store.campaignWork({ agedBefore: 0 });
  assert.deepEqual(open, []);
});

test("devices that are not approved, or left alone, are skipped with the reason", async (t) => {
  const it = await CampaignBench.open(t, 2);
  const device = keyOf("1");
  const audit = { at: 0, manager: "admin", action: "set-approval", device, detail: {} };
  await it.bench.store.commit("set-approval", { device, approval: "rejected", audit, events: [] });
  await it.start();
  await it.untilCounts({ begun: 1, skipped: 1 });
  const { items } = await it.bench.store.campaignMembers({ campaign: ID, state: "skipped", limit: 10 });
  assert.deepEqual(
    items.map((member) => [member.device, member.reason]),
    [[device, "the device waits for approval: approve it first"]],
  );
});

test("a campaign ends with the right that it was asked by", async (t) => {
  const it = await CampaignBench.open(t, 3);
  const authority = await it.token();
  await it.start({ pace: { perSecond: 1, atOnce: 1 } }, { authority });
  await it.untilCounts({ waiting: 2, begun: 1 });
  await it.revoke(authority);
  for (const device of await it.begun()) await it.comes(device, DONE);
  const { reason, counts } = await it.until("stopped");
  assert.equal(reason, "what it was asked by has expired or was revoked");
  assert.deepEqual(few(counts), { waiting: 2, done: 1 });
});

test("killed after the operations were stored and before that was noted, it asks no device twice", async (t) => {
  const it = await CampaignBench.open(t, 5);
  await it.stop();
  it.run({ ...it.ports, store: dyingAt(it.bench.store, "mark-campaign") });
  await it.start();
  await it.pass(5);
  assert.equal((await it.operations()).length, 5);
  assert.deepEqual(few((await it.standing()).counts), { waiting: 5 });
  it.die();
  it.run();
  await it.untilCounts({ begun: 5 });
  assert.equal((await it.operations()).length, 5);
});

test("killed while it notes its devices, it goes on from where it came to", async (t) => {
  const it = await CampaignBench.open(t, 4);
  await it.stop();
  await it.start();
  await it.bench.store.commit("gather-campaign", {
    ...{ campaign: ID, at: it.bench.clock.now(), from: "", next: keyOf("2") },
    members: [],
  });
  it.run();
  await it.untilCounts({ begun: 2 });
});

test("without an engine nothing is begun, and nothing is lost", async (t) => {
  const it = await CampaignBench.open(t, 2);
  await it.bench.engine.close();
  it.warnings = [];
  await it.start();
  await it.pass(5);
  assert.deepEqual(few((await it.standing()).counts), { waiting: 2 });
  assert.deepEqual(new Set(it.warnings), new Set(["a campaign could not be seen to"]));
  await it.bench.start();
  await it.untilCounts({ begun: 2 });
});

/** A store in which the change of this type is never made, nor anything after it: its process has died there. */
function dyingAt(store: Store, type: ChangeType): CampaignPorts["store"] {
  return {
    campaignWork: (query) => store.campaignWork(query),
    campaignTurns: (query) => store.campaignTurns(query),
    campaignQueued: (query) => store.campaignQueued(query),
    groupMembers: (query) => store.groupMembers(query),
    searchDevices: (query) => store.searchDevices(query),
    coveredDevices: (query) => store.coveredDevices(query),
    grant: (id) => store.grant(id),
    apiTokenById: (id) => store.apiTokenById(id),
    user: (name) => store.user(name),
    role: (name) => store.role(name),
    commit: (asked, change, urgency) =>
      asked === type ? Promise.withResolvers<never>().promise : store.commit(asked, change, urgency),
  };
}

/** A device whose call is out. */
interface Taken {
  answers(outcome: RpcOutcome): Promise<void>;
}

/** Campaigns on a real engine, with devices of the product class `Lamp`. */
class CampaignBench {
  readonly bench: Bench;
  readonly ports: CampaignPorts;
  warnings: string[] | undefined;
  #campaigns: Campaigns | undefined;
  #connections = 0;

  private constructor(bench: Bench) {
    this.bench = bench;
    const warn = (event: string, fields?: object): void => {
      assert.ok(this.warnings !== undefined, `${event} ${JSON.stringify(fields)}`);
      this.warnings.push(event);
    };
    const { bus, store, clock, vault } = bench;
    this.ports = { bus, store, clock, vault, log: { info: () => undefined, warn, error: warn } };
  }

  static async open(t: TestContext, devices: number): Promise<CampaignBench> {
    const it = new CampaignBench(await Bench.open(t));
    for (let number = 1; number <= devices; number += 1) await it.enrol(String(number));
    it.run();
    t.after(() => it.stop());
    return it;
  }

  async enrol(SerialNumber: string, ProductClass = "Lamp"): Promise<void> {
    const deviceId = { ...idOfDevice(SerialNumber), ProductClass };
    const made = deviceKey(deviceId);
    assert.ok(made !== undefined);
    const { store, clock } = this.bench;
    const at = clock.now();
    await store.commit("enrol-device", {
      ...{ key: made, deviceId, approval: "approved", by: "open-enrolment", address: "127.0.0.1" },
      ...{ at, maxWaiting: 100, maxWaitingPerAddress: 100, events: [] },
    });
    await store.commit("stage-credentials", { device: made, sealed: "s" });
    await store.commit("confirm-credentials", { device: made, staged: "s", sealed: "c", at, events: [] });
  }

  run(ports = this.ports): void {
    this.#campaigns = startCampaigns(ports);
  }

  async stop(): Promise<void> {
    await this.#campaigns?.close();
    this.#campaigns = undefined;
  }

  /** What has died does nothing any more, and is not waited for. */
  die(): void {
    this.#campaigns = undefined;
  }

  /** Makes a campaign of a reboot for all lamps. */
  async start(rules: Partial<CampaignRules> = {}, changes: Partial<Campaign> = {}): Promise<void> {
    const now = this.bench.clock.now();
    const campaign: Campaign = {
      ...{ id: ID, description: "", of: { type: "expression", expression: 'productClass = "Lamp"' } },
      rpcs: [{ method: "Reboot", params: {} }],
      rules: { pace: { perSecond: 100, atOnce: 100 }, stop: {}, ...rules },
      ...{ manager: "admin", createdAt: now, startsAt: now, endsAt: now + 2 * HOUR_MS, ...changes },
    };
    const audit = { at: now, manager: "admin", action: "add-campaign", detail: {} };
    const added = await this.bench.store.commit("add-campaign", { campaign, requestHash: "h", audit });
    assert.equal(added.type, "added");
    this.bench.bus.publish(subjects.configChanged, { what: "campaigns" });
  }

  /** Lets time pass, and after each second whatever it brought come to its end. */
  async pass(seconds: number): Promise<void> {
    for (let count = 0; count < seconds; count += 1) {
      await this.bench.clock.advance(SECOND_MS);
      for (let turn = 0; turn < 4; turn += 1) await this.bench.idle();
    }
  }

  async standing(): Promise<CampaignStanding> {
    const standing = await this.bench.store.campaign(ID);
    assert.ok(standing !== undefined);
    return standing;
  }

  async until(state: CampaignState): Promise<CampaignStanding> {
    for (let count = 0; count < MOST_SECONDS; count += 1) {
      await this.pass(1);
      const standing = await this.standing();
      if (standing.state === state) return standing;
    }
    return assert.fail(`it never came to be ${state}: ${JSON.stringify(await this.standing())}`);
  }

  async untilCounts(counts: Partial<CampaignCounts>): Promise<void> {
    let last: object = {};
    for (let count = 0; count < MOST_SECONDS; count += 1) {
      last = few((await this.standing()).counts);
      if (
        JSON.stringify(Object.entries(last).toSorted()) === JSON.stringify(Object.entries(counts).toSorted())
      )
        return;
      await this.pass(1);
    }
    assert.deepEqual(last, counts);
  }

  /** Serial numbers of the devices that are at it. */
  async begun(): Promise<readonly string[]> {
    const { items } = await this.bench.store.campaignMembers({ campaign: ID, state: "begun", limit: 100 });
    return items.map(({ device }) => device.split("-").at(-1) ?? "");
  }

  async operations() {
    return (await this.bench.store.operations({ limit: 100 })).items;
  }

  /** The device comes, and answers what it is asked as the test says. */
  async comes(SerialNumber: string, outcome: RpcOutcome): Promise<void> {
    for (
      let count = 0;
      (await this.bench.store.openOperations(keyOf(SerialNumber))).length === 0;
      count += 1
    ) {
      assert.ok(count < MOST_SECONDS, "the device is asked for nothing");
      await this.pass(1);
    }
    await (await this.takes(SerialNumber)).answers(outcome);
  }

  /** The device comes, and is asked. */
  async takes(SerialNumber: string): Promise<Taken> {
    const { bus } = this.bench;
    const device = keyOf(SerialNumber);
    this.#connections += 1;
    const connection = connectionId(`lamp${this.#connections}`);
    const { credentialVersion = 0 } = (await this.bench.store.device(device)) ?? {};
    const { reply } = await this.bench.announce({
      ...{ device, deviceId: idOfDevice(SerialNumber), connection, credentialVersion },
    });
    assert.ok(reply.type === "owned");
    const named = { device, connection, generation: reply.generation };
    const call = await bus.request(subjects.next(reply.engine), named, { timeoutMs: 10_000 });
    assert.ok(call.type === "call" && call.call.method === "Reboot");
    return {
      answers: async (outcome) => {
        const ended = answered(call, { type: "answered", outcome });
        await bus.request(subjects.next(reply.engine), { ...named, ended }, { timeoutMs: 10_000 });
        bus.publish(subjects.closed(reply.engine), named);
      },
    };
  }

  async token(): Promise<Authority & { readonly type: "token" }> {
    const at = this.bench.clock.now();
    const token = { id: "0123456789abcdef", name: "ops", role: "operator", hash: "h", createdAt: at };
    const audit = { at, manager: "admin", action: "create-token", detail: {} };
    await this.bench.store.commit("add-token", { token, audit });
    return { type: "token", id: token.id };
  }

  async revoke({ id }: Authority & { readonly type: "token" }): Promise<void> {
    const at = this.bench.clock.now();
    const audit = { at, manager: "admin", action: "revoke-token", detail: {} };
    await this.bench.store.commit("revoke-token", { id, at, audit });
  }
}

function idOfDevice(SerialNumber: string): DeviceId {
  return { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Lamp", SerialNumber };
}

function keyOf(SerialNumber: string): DeviceKey {
  const made = deviceKey(idOfDevice(SerialNumber));
  assert.ok(made !== undefined);
  return made;
}

function idOf(digit: string) {
  const id = campaignId(digit.repeat(16));
  assert.ok(id !== undefined);
  return id;
}

/** Those that are not zero. */
function few(counts: CampaignCounts): Partial<CampaignCounts> {
  return Object.fromEntries(Object.entries(counts).filter(([, devices]) => devices > 0));
}
