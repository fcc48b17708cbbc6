import {
  Campaign,
  CampaignMemberPage,
  CampaignMemberQuery,
  CampaignPage,
  CampaignPaging,
  CampaignPath,
  CampaignPreview,
  CampaignRequest,
  CampaignWish,
} from "./campaigns.ts";
import { OperationHeaders } from "./operations.ts";
import { json, route } from "./route.ts";

const CAMPAIGNS = "/api/v1/campaigns";
const CAMPAIGN = `${CAMPAIGNS}/{id}` as const;

/** The same RPCs on many devices. */
export const campaignRoutes = {
  createCampaign: route({
    method: "POST",
    path: "/api/v1/operations",
    tag: "campaigns",
    summary: "Call one or more RPCs on many devices, once on each",
    description:
      "Makes a campaign, which is stored before it is answered. Each device has at most one operation of it, whatever " +
      "happens to the ACS meanwhile. It asks by the right of whoever made it, which is looked at for each device; where " +
      "that ends, the campaign stops.",
    headers: OperationHeaders,
    body: CampaignRequest,
    answers: { 202: json("The campaign; `Location` says where it is", Campaign) },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type", "invalid-rpc", "invalid-expression"] as const),
      ...(["unknown-group", "idempotency-mismatch", "too-many-campaigns", "store-full"] as const),
    ],
  }),
  previewCampaign: route({
    method: "POST",
    path: `${CAMPAIGNS}/preview`,
    tag: "campaigns",
    summary: "Say which devices a campaign would ask, and which not",
    body: CampaignWish,
    answers: { 200: json("How many there are", CampaignPreview) },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type", "invalid-rpc", "invalid-expression"] as const),
      ...(["unknown-group", "held-by-policy"] as const),
    ],
  }),
  listCampaigns: route({
    method: "GET",
    path: CAMPAIGNS,
    tag: "campaigns",
    summary: "List campaigns, newest first",
    query: CampaignPaging,
    answers: { 200: json("Campaigns", CampaignPage) },
    problems: [],
  }),
  getCampaign: route({
    method: "GET",
    path: CAMPAIGN,
    tag: "campaigns",
    summary: "Say how far a campaign has come",
    params: CampaignPath,
    answers: { 200: json("The campaign", Campaign) },
    problems: ["unknown-campaign"],
  }),
  listCampaignDevices: route({
    method: "GET",
    path: `${CAMPAIGN}/devices`,
    tag: "campaigns",
    summary: "List the devices of a campaign and where each stands, in the order of their keys",
    params: CampaignPath,
    query: CampaignMemberQuery,
    answers: { 200: json("Devices", CampaignMemberPage) },
    problems: ["unknown-campaign"],
  }),
  pauseCampaign: route({
    method: "POST",
    path: `${CAMPAIGN}/pause`,
    tag: "campaigns",
    summary: "Begin with no more devices for now",
    description: "Operations that were begun go on.",
    params: CampaignPath,
    answers: { 200: json("The campaign, paused", Campaign) },
    problems: ["unknown-campaign", "campaign-elsewhere", "store-full"],
  }),
  resumeCampaign: route({
    method: "POST",
    path: `${CAMPAIGN}/resume`,
    tag: "campaigns",
    summary: "Go on with a campaign that was paused or has stopped",
    description:
      "It goes on by the right of whoever says so. Where its rules had stopped it, they look from now on at what comes now.",
    params: CampaignPath,
    answers: { 200: json("The campaign, which goes on", Campaign) },
    problems: ["unknown-campaign", "campaign-elsewhere", "store-full"],
  }),
  cancelCampaign: route({
    method: "POST",
    path: `${CAMPAIGN}/cancel`,
    tag: "campaigns",
    summary: "End a campaign",
    description: "Operations that have not left for their device are cancelled with it.",
    params: CampaignPath,
    answers: { 200: json("The campaign, cancelled", Campaign) },
    problems: ["unknown-campaign", "campaign-elsewhere", "store-full"],
  }),
};
