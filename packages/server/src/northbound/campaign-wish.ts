import { createHash } from "node:crypto";
import type { Call, CampaignRequest, CampaignWish } from "@heliograph/api";
import { printExpression, type DeviceKey } from "@heliograph/protocol";
import {
  campaignId,
  groupName,
  may,
  reachOf,
  type Campaign,
  type CampaignDevices,
  type CampaignId,
  type CampaignRules,
  type DeviceCall,
  type Rights,
} from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { hiddenFrom, readExpression } from "./read-expression.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { checkCalls } from "./rpc-check.ts";
import type { NorthboundPorts } from "./settings.ts";

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const ID_CHARS = 16;
const USUAL_PACE = { perSecond: 10, atOnce: 100 };
const USUAL_STOP = { share: 0.1 };

/** What a campaign is to do, and on which devices. */
export type ReadWish = Pick<Campaign, "of" | "rpcs">;

export async function readWish(
  wish: CampaignWish,
  rights: Rights,
  { store }: Pick<NorthboundPorts, "store">,
): Promise<ReadWish | Refusal> {
  const of = readDevices(wish, rights);
  if (isRefusal(of)) return of;
  if (of.type === "group" && (await store.group(of.group)) === undefined) return unknownGroup(of.group);
  const rpcs = readCalls(wish);
  if (isRefusal(rpcs)) return rpcs;
  return notWithin(rights, rpcs) ?? { of, rpcs };
}

/** `asked` is what came, by which a repeated key is told from another request. */
export interface Asked {
  readonly body: CampaignRequest;
  readonly manager: Manager;
  readonly idempotencyKey: string | undefined;
}

export interface ReadCampaign {
  readonly campaign: Campaign;
  readonly requestHash: string;
}

export async function readCampaign(asked: Asked, ports: NorthboundPorts): Promise<ReadCampaign | Refusal> {
  const { body, manager } = asked;
  const wish = await readWish(body, manager.rights, ports);
  if (isRefusal(wish)) return wish;
  const now = ports.clock.now();
  const startsAt = Math.max(now, body.at === undefined ? now : Date.parse(body.at));
  const endsAt = Math.min(manager.expiresAt ?? Infinity, readEnd(body, startsAt));
  if (endsAt <= startsAt) return neverRuns();
  const { name, authority } = manager;
  return {
    campaign: {
      ...{ id: newId(asked, ports), description: body.description ?? "", ...wish, rules: rulesOf(body) },
      manager: name,
      ...(authority === undefined ? {} : { authority }),
      ...{ createdAt: now, startsAt, endsAt },
    },
    requestHash: sha256(JSON.stringify(body)),
  };
}

function readDevices({ query, group }: CampaignWish, rights: Rights): CampaignDevices | Refusal {
  if ((query === undefined) === (group === undefined)) {
    return refuseInput("invalid-request", [{ at: "$", detail: "give either `query` or `group`" }]);
  }
  if (query === undefined) {
    const name = groupName(group ?? "");
    return name === undefined ? unknownGroup(group ?? "") : { type: "group", group: name };
  }
  const expression = readExpression(query, "$.query");
  if (isRefusal(expression)) return expression;
  return hiddenFrom(rights, expression) ?? { type: "expression", expression: printExpression(expression) };
}

function readCalls({ method, params, rpcs }: CampaignWish): readonly DeviceCall[] | Refusal {
  if ((method === undefined) === (rpcs === undefined)) {
    return refuseInput("invalid-request", [{ at: "$", detail: "give either `method` or `rpcs`" }]);
  }
  if (rpcs !== undefined) return checkCalls(rpcs, (index) => `$.rpcs[${index}]`);
  const call: Call = { method: method ?? "", ...(params === undefined ? {} : { params }) };
  return checkCalls([call], () => "$");
}

/** Why somebody may call this on no device at all; each device is looked at when its turn has come. */
function notWithin(rights: Rights, rpcs: readonly DeviceCall[]): Refusal | undefined {
  const devices = rights.devices.type === "keys" ? rights.devices : EVERY;
  const [device] = devices.type === "keys" ? devices.keys : [ANY_DEVICE];
  if (device === undefined) return refuse("not-allowed", "no device is among what you may");
  const verdict = may({ ...rights, devices }, { type: "call", device, calls: rpcs.map(reachOf) });
  return verdict.type === "allowed" ? undefined : refuse("not-allowed", verdict.reason);
}

/** Which devices an expression gives is said of each when its turn has come. */
const EVERY = { type: "every" } as const;
/** Whoever may act on every device may act on this one. */
const ANY_DEVICE = "any" as DeviceKey;

function rulesOf({ pace = {}, stop = USUAL_STOP, hours }: CampaignRequest): CampaignRules {
  return {
    pace: { ...USUAL_PACE, ...pace },
    stop,
    ...(hours === undefined ? {} : { hours: { from: hours.from, to: hours.to % 24 } }),
  };
}

function readEnd({ expires }: CampaignRequest, startsAt: number): number {
  if (typeof expires === "string") return Date.parse(expires);
  return startsAt + (expires === undefined ? DAY_MS : expires * SECOND_MS);
}

function neverRuns(): Refusal {
  const detail = "it would be over before it starts: `expires`, or the end of what you ask by, comes first";
  return refuseInput("invalid-request", [{ at: "$.expires", detail }]);
}

/** The same key of the same manager is the same campaign. */
function newId({ manager, idempotencyKey }: Asked, { random }: NorthboundPorts): CampaignId {
  const hex =
    idempotencyKey === undefined
      ? random.hex(ID_CHARS / 2)
      : sha256(JSON.stringify([manager.name, idempotencyKey])).slice(0, ID_CHARS);
  const id = campaignId(hex);
  if (id === undefined) throw new Error("16 hexadecimal digits make no campaign's id");
  return id;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function unknownGroup(name: string): Refusal {
  return refuse("unknown-group", `there is no group ${name}: GET /api/v1/groups lists those there are`);
}
