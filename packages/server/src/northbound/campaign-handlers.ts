import { routes } from "@heliograph/api";
import {
  campaignId,
  grantOf,
  MAX_OPEN_CAMPAIGNS,
  subjects,
  withoutSecrets,
  type AuditEntry,
  type CampaignStanding,
  type CampaignState,
  type MoveCampaign,
  type Principal,
} from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { readCampaign, readWish } from "./campaign-wish.ts";
import { previewCampaign } from "./preview-campaign.ts";
import { present } from "./present.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showCampaign, showCampaignMember } from "./show-campaign.ts";
import { ofSeenDevices } from "./visible.ts";

const PAGE = 100;
/** As the store gives it. */
const CURSOR = /^\d{1,15}\/[0-9a-f]{16}$/;

/** The same RPCs on many devices: what is asked for, and how far it has come. */
export function campaignHandlers(ports: NorthboundPorts) {
  const { store } = ports;
  return {
    createCampaign: serve(routes.createCampaign, async ({ input: { body, headers }, manager }) => {
      const asked = { body, manager, idempotencyKey: headers["idempotency-key"] };
      const read = await readCampaign(asked, ports);
      if (isRefusal(read)) return read;
      const { id, of, rpcs, createdAt } = read.campaign;
      const methods = rpcs.map(({ method }) => method);
      const detail = { id, ...named(of), methods };
      const audit = auditOf("create-campaign", { manager, detail, at: createdAt });
      const added = await store.commit("add-campaign", { ...read, audit });
      if (added.type === "refused") return ADD_REFUSALS[added.reason];
      ports.bus.publish(subjects.configChanged, { what: "campaigns" });
      return give(202, showCampaign(added.standing), { location: `/api/v1/campaigns/${id}` });
    }),

    previewCampaign: serve(routes.previewCampaign, async ({ input: { body }, manager }) => {
      const wish = await readWish(body, manager.rights, ports);
      const looked = isRefusal(wish) ? wish : await previewCampaign(wish, manager.rights, ports);
      return isRefusal(looked) ? looked : give(200, looked.preview);
    }),

    listCampaigns: serve(routes.listCampaigns, async ({ input: { query }, manager }) => {
      const { limit = PAGE, cursor } = query;
      if (cursor !== undefined && !CURSOR.test(cursor)) return badCursor();
      const page = await store.campaigns({ limit, ...(cursor === undefined ? {} : { after: cursor }) });
      const seen = page.items.filter((standing) => seesCampaign(manager, standing));
      return give(200, { ...page, items: seen.map((standing) => showCampaign(visible(manager, standing))) });
    }),

    getCampaign: serve(routes.getCampaign, async ({ input: { params }, manager }) => {
      const standing = await findCampaign(ports, params.id, manager);
      return isRefusal(standing) ? standing : give(200, showCampaign(visible(manager, standing)));
    }),

    listCampaignDevices: serve(routes.listCampaignDevices, async ({ input: { params, query }, manager }) => {
      const standing = await findCampaign(ports, params.id, manager);
      if (isRefusal(standing)) return standing;
      const { limit = PAGE, cursor, state } = query;
      const asked = present({ campaign: standing.campaign.id, limit, state, after: cursor });
      const page = await store.campaignMembers(asked);
      const seen = await ofSeenDevices(manager, page.items);
      return give(200, { ...page, items: seen.map(showCampaignMember) });
    }),

    pauseCampaign: serve(routes.pauseCampaign, ({ input: { params }, manager }) =>
      move(ports, { id: params.id, manager, ...moves.pause }),
    ),
    resumeCampaign: serve(routes.resumeCampaign, ({ input: { params }, manager }) =>
      move(ports, { id: params.id, manager, ...moves.resume }),
    ),
    cancelCampaign: serve(routes.cancelCampaign, ({ input: { params }, manager }) =>
      move(ports, { id: params.id, manager, ...moves.cancel }),
    ),
  };
}

interface Move {
  readonly from: readonly CampaignState[];
  readonly to: CampaignState;
  readonly action: string;
}

const moves = {
  pause: { from: ["running"], to: "paused", action: "pause-campaign" },
  resume: { from: ["paused", "stopped"], to: "running", action: "resume-campaign" },
  cancel: {
    from: ["planned", "gathering", "running", "paused", "stopped"],
    ...{ to: "cancelled", action: "cancel-campaign" },
  },
} as const satisfies Readonly<Record<string, Move>>;

async function move(
  ports: NorthboundPorts,
  { id: text, manager, from, to, action }: Move & { readonly id: string; readonly manager: Manager },
) {
  const standing = await findCampaign(ports, text, manager);
  if (isRefusal(standing)) return standing;
  const { id } = standing.campaign;
  if (!from.includes(standing.state)) return elsewhere(standing);
  const at = ports.clock.now();
  const audit = auditOf(action, { manager, detail: { id }, at });
  const { held } = await ports.store.commit("move-campaign", {
    ...{ campaign: id, from, at, audit },
    // One that was stopped while its devices were noted goes on with that.
    to: to === "running" && standing.gathered !== undefined ? "gathering" : to,
    ...(to === "running" ? { by: answeringFor(manager) } : {}),
  });
  const moved = await findCampaign(ports, text, manager);
  if (isRefusal(moved)) return moved;
  if (!held) return elsewhere(moved);
  ports.bus.publish(subjects.configChanged, { what: "campaigns" });
  return give(200, showCampaign(visible(manager, moved)));
}

function answeringFor({ name, authority }: Manager): NonNullable<MoveCampaign["by"]> {
  return { manager: name, ...(authority === undefined ? {} : { authority }) };
}

/** One that somebody does not see is not there for them. */
async function findCampaign(
  { store }: NorthboundPorts,
  text: string,
  manager: Manager,
): Promise<CampaignStanding | Refusal> {
  const id = campaignId(text);
  const standing = id === undefined ? undefined : await store.campaign(id);
  if (standing !== undefined && seesCampaign(manager, standing)) return standing;
  return refuse(
    "unknown-campaign",
    `there is no campaign ${text}: GET /api/v1/campaigns lists those there are`,
  );
}

/** Its devices are whoever's: it is seen by who asks for it, and by who sees every device. */
function seesCampaign({ rights, name }: Principal, { campaign }: CampaignStanding): boolean {
  return rights.devices.type === "every" || campaign.manager === name;
}

function visible({ rights }: Principal, standing: CampaignStanding): CampaignStanding {
  if (rights.secrets === "shown") return standing;
  const { campaign } = standing;
  const rpcs = campaign.rpcs.map((rpc) => ({ ...rpc, params: withoutSecrets(rpc.params) }));
  return { ...standing, campaign: { ...campaign, rpcs } };
}

interface Audited {
  readonly manager: Manager;
  readonly detail: AuditEntry["detail"];
  readonly at: number;
}

function auditOf(action: string, { manager, detail, at }: Audited): AuditEntry {
  const grant = grantOf(manager.authority);
  return { at, manager: manager.name, action, detail, ...(grant === undefined ? {} : { grant }) };
}

function named(of: CampaignStanding["campaign"]["of"]): AuditEntry["detail"] {
  return of.type === "group" ? { group: of.group } : { query: of.expression };
}

const ADD_REFUSALS = {
  "idempotency-mismatch": refuse(
    "idempotency-mismatch",
    "this idempotency key was used for another campaign",
  ),
  "too-many": refuse(
    "too-many-campaigns",
    `${MAX_OPEN_CAMPAIGNS} campaigns are not over: wait for one to end, or cancel one`,
  ),
} as const;

function elsewhere({ state }: CampaignStanding): Refusal {
  return refuse("campaign-elsewhere", `the campaign is ${state}`);
}

function badCursor(): Refusal {
  return refuseInput("invalid-request", [{ at: "cursor", detail: "hand in the `next` of the page before" }]);
}
