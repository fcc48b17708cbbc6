import type { CampaignPreview } from "@heliograph/api";
import { parseExpression, type DeviceKey } from "@heliograph/protocol";
import {
  heldBy,
  may,
  policiesIn,
  reachOf,
  rightsOn,
  writtenPaths,
  type CampaignDevices,
  type Clock,
  type Compliance,
  type DeviceRecord,
  type Page,
  type Rights,
  type Store,
} from "../ports/index.ts";
import type { ReadWish } from "./campaign-wish.ts";
import { refuse, type Refusal } from "./refusal.ts";

/** Nobody waits longer for the count, however many devices there are. */
const BUDGET_MS = 5_000;
const STRETCH = 500;
const SAMPLE = 20;

interface PreviewPorts {
  readonly store: Pick<
    Store,
    "devicesAmong" | "groupMembers" | "searchDevices" | "complianceAmong" | "policyVersion" | "coveredDevices"
  >;
  readonly clock: Pick<Clock, "now" | "elapsed">;
}

type Standing = "allowed" | keyof CampaignPreview["refused"];

/**
 * Looks at the devices as the campaign would, holding a stretch of them at a time. Refused where nobody would be asked because
 * policies hold what it would set.
 */
export async function previewCampaign(
  wish: ReadWish,
  rights: Rights,
  ports: PreviewPorts,
): Promise<{ readonly preview: CampaignPreview } | Refusal> {
  const began = ports.clock.elapsed();
  const standingOf = standings(wish, ports);
  const holders = holdersOf(wish, ports);
  const sample: DeviceKey[] = [];
  const counts = { allowed: 0, notAllowed: 0, heldByPolicy: 0, notApproved: 0, leftAlone: 0 };
  let held: string | undefined;
  let after: string | undefined;
  let isCut = false;
  do {
    const page = await stretchOf(wish.of, after, ports);
    const on = await rightsOn(
      rights,
      page.items.map(({ key }) => key),
      ports,
    );
    const seen = page.items.filter(({ key }) => may(on, { type: "see", device: key }).type === "allowed");
    const heldOn = await holders(seen);
    for (const device of seen) {
      const holder = heldOn.get(device.key);
      const stands = standingOf(device, holder, on);
      counts[stands] += 1;
      if (stands === "heldByPolicy") held ??= holder;
      if (stands === "allowed" && sample.length < SAMPLE) sample.push(device.key);
    }
    after = page.next;
    isCut = after !== undefined && ports.clock.elapsed() - began >= BUDGET_MS;
  } while (after !== undefined && !isCut);
  const { allowed, ...refused } = counts;
  if (held !== undefined && allowed === 0 && !isCut) return refuse("held-by-policy", held);
  const devices = allowed + Object.values(refused).reduce((sum, each) => sum + each, 0);
  const why = held === undefined ? {} : { held };
  return { preview: { devices, allowed, refused, ...why, sample, ...(isCut ? { unfinished: true } : {}) } };
}

function standings({ rpcs }: ReadWish, { clock }: PreviewPorts) {
  const calls = rpcs.map(reachOf);
  const now = clock.now();
  return (device: DeviceRecord, holder: string | undefined, on: Rights): Standing => {
    if (may(on, { type: "call", device: device.key, calls }).type === "refused") return "notAllowed";
    if (holder !== undefined) return "heldByPolicy";
    if (device.approval !== "approved") return "notApproved";
    return isLeftAlone(device, now) ? "leftAlone" : "allowed";
  };
}

/** Why devices would refuse what a policy holds; most of them have the same policies, which are looked at once. */
function holdersOf({ rpcs }: ReadWish, { store }: PreviewPorts) {
  const paths = writtenPaths(rpcs);
  const known = new Map<string, string | undefined>();
  const holder = async (rows: readonly Compliance[]): Promise<string | undefined> => {
    const which = rows.map(({ policy, version, state }) => `${policy} ${version} ${state}`).join();
    if (!known.has(which)) known.set(which, heldBy(await policiesIn(store, rows), paths));
    return known.get(which);
  };
  return async (devices: readonly DeviceRecord[]): Promise<ReadonlyMap<DeviceKey, string | undefined>> => {
    if (paths.length === 0) return new Map();
    const rows = await store.complianceAmong(devices.map(({ key }) => key));
    const held = new Map<DeviceKey, string | undefined>();
    for (const [key, own] of Map.groupBy(rows, ({ device }) => device)) held.set(key, await holder(own));
    return held;
  };
}

async function stretchOf(
  of: CampaignDevices,
  after: string | undefined,
  { store, clock }: PreviewPorts,
): Promise<Page<DeviceRecord>> {
  const query = { limit: STRETCH, ...(after === undefined ? {} : { after }) };
  if (of.type === "group") {
    const { items, ...rest } = await store.groupMembers({ group: of.group, ...query });
    return { items: await store.devicesAmong(items.map(({ device }) => device)), ...rest };
  }
  const where = parseExpression(of.expression);
  if (!where.ok) throw new Error(`what was printed is no expression: ${where.problem.detail}`);
  return store.searchDevices({ where: where.value, now: clock.now(), ...query });
}

/** As whatever asks by itself is refused. */
function isLeftAlone({ strain, circle }: DeviceRecord, now: number): boolean {
  return Math.max(strain?.until ?? 0, circle?.until ?? 0) > now;
}
