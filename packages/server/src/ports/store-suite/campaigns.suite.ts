import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import {
  campaignId,
  type AddCampaignResult,
  type Campaign,
  type CampaignId,
  type CampaignMember,
  type CampaignStanding,
  type SettleCampaign,
} from "../campaigns.ts";
import type { Store } from "../store.ts";
import {
  accepted,
  anAudit,
  asking,
  at,
  claiming,
  connected,
  end,
  enrolled,
  idOf,
  keyOf,
  outcome,
  reboot,
  type On,
} from "./store.fixture.ts";

/** Campaigns: who belongs to them, where each device stands, and what is counted. */
export function campaignsSuite(on: On): void {
  on("a campaign is there once it was added, and asked for again it is the same", async (store) => {
    const first = await added(store);
    assert.deepEqual(first, { type: "added", standing: await standing(store) });
    assert.deepEqual((await standing(store)).campaign, aCampaign());
    assert.equal((await standing(store)).state, "planned");
    assert.deepEqual(await added(store), { ...first, type: "repeated" });
    const other = { campaign: aCampaign(), requestHash: "other", audit: anAudit("add-campaign") };
    assert.deepEqual(await store.commit("add-campaign", other), {
      ...{ type: "refused", reason: "idempotency-mismatch" },
    });
  });

  on("campaigns come newest first, page by page", async (store) => {
    for (const digit of ["1", "2", "3"]) {
      await added(store, { id: id(digit), createdAt: at(digit === "3" ? 2 : Number(digit)) });
    }
    const first = await store.campaigns({ limit: 2 });
    assert.deepEqual(ids(first.items), [id("3"), id("2")]);
    assert.ok(first.next !== undefined);
    assert.deepEqual(ids((await store.campaigns({ limit: 2, after: first.next })).items), [id("1")]);
  });

  on("devices are noted stretch by stretch, each once, and then it runs", async (store) => {
    await added(store);
    const stretch = { campaign: id("1"), at: at(1), from: "", next: "k", members: members("1", "2") };
    assert.deepEqual(await store.commit("gather-campaign", stretch), { held: true });
    assert.deepEqual(await store.commit("gather-campaign", stretch), { held: true });
    assert.deepEqual(await store.commit("gather-campaign", { ...stretch, at: at(2), next: "z" }), {
      held: false,
    });
    assert.equal((await standing(store)).state, "gathering");
    const last = { campaign: id("1"), at: at(3), from: "k", members: members("2", "3") };
    assert.deepEqual(await store.commit("gather-campaign", last), { held: true });
    const { state, counts } = await standing(store);
    assert.deepEqual([state, counts.waiting], ["running", 3]);
  });

  on("turns come in the order of their operations, and are over once they are marked", async (store) => {
    await gathered(store, "3", "1", "2");
    const turns = await store.campaignTurns({ campaign: id("1"), limit: 2 });
    assert.deepEqual(
      turns.map(({ operation }) => operation),
      [idOf("1"), idOf("2")],
    );
    const reason = "no such device";
    const marks = [
      { device: keyOf("1"), type: "begun" },
      { device: keyOf("2"), type: "skipped", reason },
    ] as const;
    await store.commit("mark-campaign", { campaign: id("1"), at: at(30), marks });
    const late = [{ device: keyOf("1"), type: "skipped", reason }] as const;
    await store.commit("mark-campaign", { campaign: id("1"), at: at(31), marks: late });
    const { items } = await store.campaignMembers({ campaign: id("1"), limit: 10 });
    assert.deepEqual(
      items.map(({ device, state }) => [device, state]),
      [
        [keyOf("1"), "begun"],
        [keyOf("2"), "skipped"],
        [keyOf("3"), "waiting"],
      ],
    );
    assert.equal(items[1]?.reason, reason);
  });

  on("devices are listed page by page, and by where they stand", async (store) => {
    await gathered(store, "1", "2", "3");
    await store.commit("mark-campaign", marking("2"));
    const page = await store.campaignMembers({ campaign: id("1"), state: "waiting", limit: 1 });
    assert.deepEqual(keys(page.items), [keyOf("1")]);
    assert.ok(page.next !== undefined);
    const rest = await store.campaignMembers({
      ...{ campaign: id("1"), limit: 5, state: "waiting" },
      after: page.next,
    });
    assert.deepEqual(keys(rest.items), [keyOf("3")]);
  });

  on("the end of an operation is its device's, with the code of its fault", async (store) => {
    await gathered(store, "1", "2", "3", "4");
    for (const digit of ["1", "2", "3", "4"]) await begun(store, digit);
    await answered(store, "1", { result: {} });
    await answered(store, "2", { fault: { code: 9001, message: "no" } });
    await end(store, [keyOf("3"), "3"]);
    const expired = { state: "expired", at: at(50) } as const;
    await end(store, [keyOf("4"), "4"], { end: expired });
    assert.deepEqual(await store.commit("settle-campaign", settling()), { settled: 4 });
    const { items } = await store.campaignMembers({ campaign: id("1"), limit: 10 });
    assert.deepEqual(
      items.map(({ state, fault }) => [state, fault]),
      [
        ["done", undefined],
        ["faulted", 9001],
        ["withdrawn", undefined],
        ["not-reached", undefined],
      ],
    );
    const { counts, faults } = await standing(store);
    assert.deepEqual(faults, [{ code: 9001, devices: 1 }]);
    assert.equal(counts.done + counts.faulted + counts.withdrawn + counts["not-reached"], 4);
  });

  on("an operation that is gone with its device tells nothing", async (store) => {
    await gathered(store, "1");
    await begun(store, "1");
    const removing = { audit: anAudit("remove-device"), events: [] };
    await store.commit("remove-device", { device: keyOf("1"), ...removing });
    assert.deepEqual(await store.commit("settle-campaign", settling()), { settled: 1 });
    assert.equal((await standing(store)).counts.unknown, 1);
  });

  on("a device that has not come for so long is asleep, until its operation ends", async (store) => {
    await gathered(store, "1", "2");
    await begun(store, "1");
    await begun(store, "2");
    await connected(store, keyOf("1"), "c1").then((pair) =>
      store.commit("claim-call", claiming(keyOf("1"), "1", { pair, call: "x" })),
    );
    await store.commit("settle-campaign", settling({ since: at(29) }));
    assert.equal((await standing(store)).counts.asleep, 0);
    await store.commit("settle-campaign", settling({ since: at(30) }));
    const { counts } = await standing(store);
    assert.deepEqual([counts.begun, counts.asleep], [1, 1]);
    assert.deepEqual(await store.campaignQueued({ campaign: id("1"), limit: 5 }), [idOf("2")]);
    await end(store, [keyOf("2"), "2"]);
    await store.commit("settle-campaign", settling());
    assert.equal((await standing(store)).counts.asleep, 1);
    await store.commit("settle-campaign", settling({ of: "asleep" }));
    assert.equal((await standing(store)).counts.withdrawn, 1);
  });

  on(
    "it moves from where it is said to be, and says why; who goes on with it answers for it",
    async (store) => {
      await gathered(store, "1");
      const moving = { campaign: id("1"), at: at(60) };
      const stopping = { ...moving, from: ["running"], to: "stopped", reason: "2 failed" } as const;
      assert.deepEqual(await store.commit("move-campaign", stopping), { held: true });
      assert.deepEqual(await store.commit("move-campaign", stopping), { held: true });
      assert.equal((await standing(store)).reason, "2 failed");
      assert.deepEqual(await store.commit("move-campaign", { ...stopping, at: at(61), to: "paused" }), {
        held: false,
      });
      const by = { manager: "boss" };
      const audit = anAudit("resume-campaign", { at: at(62) });
      const resuming = { ...moving, at: at(62), from: ["stopped"], to: "running", by, audit } as const;
      assert.deepEqual(await store.commit("move-campaign", resuming), { held: true });
      const { campaign, state, reason } = await standing(store);
      assert.deepEqual([campaign.manager, state, reason], ["boss", "running", undefined]);
      assert.deepEqual(campaign.borne, { ended: 0, failed: 0 });
      assert.equal((await store.audit({ limit: 10, action: "resume-campaign" })).length, 1);
    },
  );

  on("one that is closed is seen to no more, and is forgotten when its time has come", async (store) => {
    await gathered(store, "1", "2", "3");
    assert.deepEqual(ids((await store.campaignWork({ agedBefore: at(0) })).open), [id("1")]);
    await store.commit("close-campaign", { campaign: id("1"), at: at(70) });
    assert.deepEqual(await store.campaignWork({ agedBefore: at(70) }), { open: [], aged: [] });
    assert.deepEqual((await store.campaignWork({ agedBefore: at(71) })).aged, [id("1")]);
    const forgetting = { campaign: id("1"), limit: 2 };
    assert.deepEqual(await store.commit("forget-campaign", forgetting), { goesOn: true });
    assert.deepEqual(await store.commit("forget-campaign", forgetting), { goesOn: false });
    assert.equal(await store.campaign(id("1")), undefined);
    assert.deepEqual(await store.campaignMembers({ campaign: id("1"), limit: 5 }), { items: [] });
  });
}

function id(digit: string): CampaignId {
  const made = campaignId(digit.repeat(16));
  if (made === undefined) throw new Error(`no campaign has the id ${digit}`);
  return made;
}

function aCampaign(changes: Partial<Campaign> = {}): Campaign {
  return {
    ...{ id: id("1"), description: "tonight", of: { type: "expression", expression: 'tag = "gold"' } },
    rpcs: [reboot("")],
    rules: { pace: { perSecond: 5, atOnce: 10 }, stop: { failures: 2 } },
    ...{ manager: "admin", createdAt: at(0), startsAt: at(0), endsAt: at(3_600), ...changes },
  };
}

function added(store: Store, changes: Partial<Campaign> = {}): Promise<AddCampaignResult> {
  const audit = anAudit("add-campaign");
  return store.commit("add-campaign", { campaign: aCampaign(changes), requestHash: "hash", audit });
}

/** Devices whose operations have the ids of their serial numbers. */
function members(...digits: readonly string[]): readonly Pick<CampaignMember, "device" | "operation">[] {
  return digits.map((digit) => ({ device: keyOf(digit), operation: idOf(digit) }));
}

/** A campaign that runs, of these devices. */
async function gathered(store: Store, ...digits: readonly string[]): Promise<void> {
  await added(store);
  const stretch = { campaign: id("1"), at: at(1), from: "", members: members(...digits) };
  await store.commit("gather-campaign", stretch);
}

function marking(digit: string) {
  const marks = [{ device: keyOf(digit), type: "begun" }] as const;
  return { campaign: id("1"), at: at(30), marks };
}

async function begun(store: Store, digit: string): Promise<void> {
  await enrolled(store, digit);
  await accepted(store, asking(keyOf(digit), digit));
  await store.commit("mark-campaign", marking(digit));
}

type Outcome = Parameters<typeof outcome>[2]["outcome"];

async function answered(store: Store, digit: string, told: NonNullable<Outcome>): Promise<void> {
  const device = keyOf(digit);
  const pair = await connected(store, device, `c${digit}`);
  await store.commit("claim-call", claiming(device, digit, { pair, call: `x${digit}` }));
  const end = { state: told.fault === undefined ? "done" : "faulted", at: at(50) } as const;
  await store.commit(
    "record-outcome",
    outcome(device, digit, { ...pair, call: `x${digit}`, outcome: told, end }),
  );
}

function settling(changes: Partial<SettleCampaign> = {}): SettleCampaign {
  return { campaign: id("1"), of: "begun", at: at(80), since: at(0), limit: 10, ...changes };
}

async function standing(store: Store): Promise<CampaignStanding> {
  const found = await store.campaign(id("1"));
  assert.ok(found !== undefined);
  return found;
}

function ids(standings: readonly CampaignStanding[]): readonly CampaignId[] {
  return standings.map(({ campaign }) => campaign.id);
}

function keys(listed: readonly CampaignMember[]): readonly DeviceKey[] {
  return listed.map(({ device }) => device);
}
