import { parseExpression, type DeviceKey, type Expression } from "@heliograph/protocol";
import {
  asError,
  findPrincipal,
  may,
  operationId,
  rightsOn,
  subjects,
  type Bus,
  type Campaign,
  type CampaignId,
  type CampaignMark,
  type CampaignMember,
  type CampaignStanding,
  type CampaignState,
  type Clock,
  type Log,
  type OperationId,
  type Principal,
  type RpcAsk,
  type Store,
  type Vault,
} from "../ports/index.ts";
import { nextStep } from "./campaign-step.ts";

export interface CampaignPorts {
  readonly bus: Bus;
  readonly store: Pick<
    Store,
    | ("campaignWork" | "campaignTurns" | "campaignQueued" | "groupMembers" | "searchDevices" | "commit")
    | ("grant" | "apiTokenById" | "user" | "role" | "coveredDevices")
  >;
  readonly clock: Clock;
  readonly log: Log;
  readonly vault: Pick<Vault, "fingerprint">;
}

export interface Campaigns {
  /** Begins nothing new, and resolves once nothing is half done. Closing twice is no error. */
  close(): Promise<void>;
}

/** Between two looks while there is one that is open, and otherwise. */
const PAUSE_MS = 1_000;
const IDLE_MS = 10_000;
/** A device that was asked, and has not come for so long, gives its place to another. */
const PATIENCE_MS = 60_000;
/** Devices that have not come are many: they are looked at less often. */
const SLEEPERS_MS = 60_000;
/** Devices to a commit. */
const STRETCH = 500;
/** Stretches of devices that are noted in one turn. */
const MOST_STRETCHES = 20;
/** For the engine to store what it is asked for. */
const ACCEPT_MS = 30_000;
/** As long as the operations are kept that a campaign made. */
const KEPT_MS = 90 * 86_400_000;
const ID_CHARS = 32;

/**
 * Carries out campaigns, by the same door as a manager's wish. Where each stands is in the store: whatever it was at when it
 * was killed is gone on with, and no device has more than its one operation.
 */
export function startCampaigns(ports: CampaignPorts): Campaigns {
  const { bus, clock, log } = ports;
  const paces = new Map<CampaignId, Pace>();
  let running: Promise<void> | undefined;
  let isAsked = false;
  let isClosed = false;

  async function seeToAll(): Promise<boolean> {
    const { open, aged } = await ports.store.campaignWork({ agedBefore: clock.now() - KEPT_MS });
    for (const standing of open) {
      if (isClosed) break;
      // What keeps one from going on keeps no other.
      await seeTo(standing, paceOf(paces, standing, clock.now()), ports).catch((error: unknown) => {
        log.warn("a campaign could not be seen to", {
          campaign: standing.campaign.id,
          error: asError(error),
        });
      });
    }
    const known = new Set(open.map(({ campaign }) => campaign.id));
    for (const id of paces.keys()) if (!known.has(id)) paces.delete(id);
    for (const campaign of aged) await ports.store.commit("forget-campaign", { campaign, limit: STRETCH });
    return open.length > 0;
  }
  function run(): void {
    isAsked = running !== undefined;
    timer.cancel();
    if (isClosed) return;
    running ??= seeToAll()
      .catch((error: unknown) => {
        log.warn("campaigns could not be seen to", { error: asError(error) });
        return false;
      })
      .then((goesOn) => {
        running = undefined;
        if (!isClosed) timer = clock.after(goesOn || isAsked ? PAUSE_MS : IDLE_MS, run);
      });
  }

  const changes = bus.subscribe(subjects.everyConfigChanged, ({ what }) => {
    if (what === "campaigns") run();
  });
  let timer = clock.after(PAUSE_MS, run);
  return {
    async close() {
      isClosed = true;
      timer.cancel();
      changes.unsubscribe();
      await running;
    },
  };
}

/** What a campaign may begin with, which grows with time; and when those that did not come were last looked at. */
interface Pace {
  allowance: number;
  filledAt: number;
  sleepersAt: number;
}

function paceOf(paces: Map<CampaignId, Pace>, { campaign }: CampaignStanding, now: number): Pace {
  const { perSecond } = campaign.rules.pace;
  const known = paces.get(campaign.id) ?? { allowance: Math.max(1, perSecond), filledAt: now, sleepersAt: 0 };
  const grown = known.allowance + (perSecond * Math.max(0, now - known.filledAt)) / 1_000;
  const pace = { ...known, allowance: Math.min(Math.max(1, perSecond), grown), filledAt: now };
  paces.set(campaign.id, pace);
  return pace;
}

async function seeTo(standing: CampaignStanding, pace: Pace, ports: CampaignPorts): Promise<void> {
  const { store, clock } = ports;
  const { campaign, state } = standing;
  const now = clock.now();
  if (standing.counts.begun + standing.counts.asleep > 0) await settle(campaign.id, pace, ports);
  const step = nextStep(standing, { now, allowed: Math.floor(pace.allowance) });
  const on = { campaign: campaign.id, at: now };
  switch (step.type) {
    case "gather":
      return gather(standing, ports);
    case "begin": {
      pace.allowance -= step.count;
      return begin(standing, step, ports);
    }
    case "withdraw":
      return withdraw(campaign, ports);
    case "move": {
      const { to, reason } = step;
      await store.commit("move-campaign", {
        ...on,
        from: [state],
        to,
        ...(reason === undefined ? {} : { reason }),
      });
      return undefined;
    }
    case "close":
      await store.commit("close-campaign", on);
      return undefined;
    case "rest":
      return undefined;
  }
}

/** Takes over what came of operations. */
async function settle(campaign: CampaignId, pace: Pace, { store, clock }: CampaignPorts): Promise<void> {
  const at = clock.now();
  const change = { campaign, at, since: at - PATIENCE_MS, limit: STRETCH };
  await store.commit("settle-campaign", { ...change, of: "begun" });
  if (at - pace.sleepersAt < SLEEPERS_MS) return;
  const { settled } = await store.commit("settle-campaign", { ...change, of: "asleep" });
  if (settled < STRETCH) pace.sleepersAt = at;
}

/** Notes who is meant, stretch by stretch; a campaign whose asker may not go on is stopped. */
async function gather(standing: CampaignStanding, ports: CampaignPorts): Promise<void> {
  const { campaign } = standing;
  const { store, clock, vault } = ports;
  let from = standing.gathered ?? "";
  for (let stretch = 0; stretch < MOST_STRETCHES; stretch += 1) {
    const asker = await askerOf(campaign, ports);
    if (asker === undefined) return stop(standing, ["planned", "gathering"], ports);
    const page = await devicesOf(campaign, from, ports);
    const seen = await seenBy(asker, page.devices, ports);
    const members = seen.map((device) => ({ device, operation: operationOf(campaign.id, device, vault) }));
    const { next } = page;
    const noted = { campaign: campaign.id, at: clock.now(), from, members };
    const { held } = await store.commit("gather-campaign", {
      ...noted,
      ...(next === undefined ? {} : { next }),
    });
    if (!held || next === undefined) return;
    from = next;
  }
}

interface Stretch {
  readonly devices: readonly DeviceKey[];
  readonly next?: string;
}

async function devicesOf({ of }: Campaign, from: string, { store, clock }: CampaignPorts): Promise<Stretch> {
  const query = { limit: STRETCH, ...(from === "" ? {} : { after: from }) };
  if (of.type === "group") {
    const { items, ...rest } = await store.groupMembers({ group: of.group, ...query });
    return { devices: items.map(({ device }) => device), ...rest };
  }
  const { items, ...rest } = await store.searchDevices({
    ...{ where: readStored(of.expression), now: clock.now() },
    ...query,
  });
  return { devices: items.map(({ key }) => key), ...rest };
}

/** What was stored was read before. */
function readStored(printed: string): Expression {
  const read = parseExpression(printed);
  if (!read.ok) throw new Error(`a campaign's expression is none: ${read.problem.detail}`);
  return read.value;
}

/** The ACS itself may do everything. */
type Asker = Principal | "the-acs";

/** Undefined where what the campaign was asked by is over. */
async function askerOf({ authority }: Campaign, { store, clock }: CampaignPorts): Promise<Asker | undefined> {
  return authority === undefined ? "the-acs" : findPrincipal(store, authority, clock.now());
}

async function seenBy(
  asker: Asker,
  devices: readonly DeviceKey[],
  ports: CampaignPorts,
): Promise<readonly DeviceKey[]> {
  if (asker === "the-acs") return devices;
  const rights = await rightsOn(asker.rights, devices, ports);
  return devices.filter((device) => may(rights, { type: "see", device }).type === "allowed");
}

async function stop(
  { campaign }: CampaignStanding,
  from: readonly CampaignState[],
  { store, clock }: CampaignPorts,
): Promise<void> {
  const reason = "what it was asked by has expired or was revoked";
  await store.commit("move-campaign", {
    campaign: campaign.id,
    ...{ from, to: "stopped", at: clock.now(), reason },
  });
}

interface Beginning {
  readonly count: number;
  readonly expiresAt: number;
}

/** Killed between the operations and their marks, it asks for the same operations again, which are then no second ones. */
async function begin(
  standing: CampaignStanding,
  { count, expiresAt }: Beginning,
  ports: CampaignPorts,
): Promise<void> {
  const { campaign } = standing;
  const { store, clock } = ports;
  if ((await askerOf(campaign, ports)) === undefined) return stop(standing, ["running"], ports);
  const limit = Math.min(count, STRETCH);
  const members = await store.campaignTurns({ campaign: campaign.id, limit });
  const asked = await Promise.allSettled(
    members.map((member) => ask(member, { campaign, expiresAt, ports })),
  );
  const marks = asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  await store.commit("mark-campaign", { campaign: campaign.id, at: clock.now(), marks });
  const failed = asked.find((each) => each.status === "rejected");
  if (failed !== undefined) throw asError(failed.reason);
}

interface Asking {
  readonly campaign: Campaign;
  readonly expiresAt: number;
  readonly ports: CampaignPorts;
}

async function ask(
  { device, operation }: CampaignMember,
  { campaign, expiresAt, ports }: Asking,
): Promise<CampaignMark> {
  const { id, rpcs, manager, authority } = campaign;
  const message: RpcAsk = {
    ...{ id: operation, rpcs, manager, waitMs: 0, expiresAt },
    ...(authority === undefined ? {} : { authority }),
    automatic: `campaign ${id}`,
  };
  const reply = await ports.bus.request(subjects.rpc(device), message, { timeoutMs: ACCEPT_MS });
  // What was asked for before by the same id was asked for by this campaign, whoever answered for it then.
  if (reply.type === "operation" || reply.reason === "idempotency-mismatch") return { device, type: "begun" };
  return { device, type: "skipped", reason: reply.detail };
}

/** The same campaign asks the same device for the same operation, however often. */
function operationOf(campaign: CampaignId, device: DeviceKey, vault: CampaignPorts["vault"]): OperationId {
  const id = operationId(vault.fingerprint(`${campaign}/${device}`).slice(0, ID_CHARS));
  if (id === undefined) throw new Error("a fingerprint has no 32 hexadecimal digits");
  return id;
}

async function withdraw({ id, manager }: Campaign, { store, bus }: CampaignPorts): Promise<void> {
  const queued = await store.campaignQueued({ campaign: id, limit: STRETCH });
  await Promise.all(
    queued.map((operation) => bus.request(subjects.cancel(operation), { manager }, { timeoutMs: ACCEPT_MS })),
  );
}
