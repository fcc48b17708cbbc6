import type { CampaignPreview } from "@heliograph/api";
import { parseExpression, type DeviceKey } from "@heliograph/protocol";
import {
  may,
  reachOf,
  type CampaignDevices,
  type Clock,
  type DeviceRecord,
  type Page,
  type Rights,
  type Store,
} from "../ports/index.ts";
import type { ReadWish } from "./campaign-wish.ts";

/** Nobody waits longer for the count, however many devices there are. */
const BUDGET_MS = 5_000;
const STRETCH = 500;
const SAMPLE = 20;

interface PreviewPorts {
  readonly store: Pick<Store, "device" | "groupMembers" | "searchDevices">;
  readonly clock: Pick<Clock, "now" | "elapsed">;
}

type Standing = "allowed" | keyof CampaignPreview["refused"];

/** Looks at the devices as the campaign would, holding a stretch of them at a time. */
export async function previewCampaign(
  { of, rpcs }: ReadWish,
  rights: Rights,
  ports: PreviewPorts,
): Promise<CampaignPreview> {
  const began = ports.clock.elapsed();
  const now = ports.clock.now();
  const calls = rpcs.map(reachOf);
  const sample: DeviceKey[] = [];
  const counts = { allowed: 0, notAllowed: 0, notApproved: 0, leftAlone: 0 };
  const standing = (device: DeviceRecord): Standing => {
    if (may(rights, { type: "call", device: device.key, calls }).type === "refused") return "notAllowed";
    if (device.approval !== "approved") return "notApproved";
    return isLeftAlone(device, now) ? "leftAlone" : "allowed";
  };
  let after: string | undefined;
  let isCut = false;
  do {
    const page = await stretchOf(of, after, ports);
    for (const device of page.items) {
      if (may(rights, { type: "see", device: device.key }).type === "refused") continue;
      const stands = standing(device);
      counts[stands] += 1;
      if (stands === "allowed" && sample.length < SAMPLE) sample.push(device.key);
    }
    after = page.next;
    isCut = after !== undefined && ports.clock.elapsed() - began >= BUDGET_MS;
  } while (after !== undefined && !isCut);
  const { allowed, ...refused } = counts;
  const devices = allowed + refused.notAllowed + refused.notApproved + refused.leftAlone;
  return { devices, allowed, refused, sample, ...(isCut ? { unfinished: true } : {}) };
}

async function stretchOf(
  of: CampaignDevices,
  after: string | undefined,
  { store, clock }: PreviewPorts,
): Promise<Page<DeviceRecord>> {
  const query = { limit: STRETCH, ...(after === undefined ? {} : { after }) };
  if (of.type === "group") {
    const { items, ...rest } = await store.groupMembers({ group: of.group, ...query });
    const devices = await Promise.all(items.map(({ device }) => store.device(device)));
    return { items: devices.filter((device) => device !== undefined), ...rest };
  }
  const where = parseExpression(of.expression);
  if (!where.ok) throw new Error(`what was printed is no expression: ${where.problem.detail}`);
  return store.searchDevices({ where: where.value, now: clock.now(), ...query });
}

/** As whatever asks by itself is refused. */
function isLeftAlone({ strain, circle }: DeviceRecord, now: number): boolean {
  return Math.max(strain?.until ?? 0, circle?.until ?? 0) > now;
}
