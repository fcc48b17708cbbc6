import {
  campaignStates,
  MAX_OPEN_CAMPAIGNS,
  type AddCampaign,
  type AddCampaignResult,
  type Campaign,
  type CampaignId,
  type CampaignMember,
  type CampaignStanding,
  type ChangeOf,
  type GatherCampaign,
  type Held,
  type MarkCampaign,
  type MoveCampaign,
  type OperationRecord,
  type ResultOf,
  type SettleCampaign,
} from "../../ports/index.ts";
import { findCampaign } from "../campaign-rows.ts";
import type { Database } from "../database.ts";
import { writeDocument } from "../document.ts";
import { operationsOf } from "../operation-rows.ts";
import { choice, integer, optionalText, text } from "../row.ts";
import { storeAudit } from "./journal.ts";

export function addCampaign(db: Database, change: AddCampaign): AddCampaignResult {
  const { campaign, requestHash, audit } = change;
  const { id, createdAt } = campaign;
  const known = db.get("SELECT request_hash FROM campaigns WHERE id = :id", { id });
  if (known !== undefined) {
    return text(known, "request_hash") === requestHash
      ? { type: "repeated", standing: theCampaign(db, id) }
      : { type: "refused", reason: "idempotency-mismatch" };
  }
  if (countOpen(db) >= MAX_OPEN_CAMPAIGNS) return { type: "refused", reason: "too-many" };
  db.write(
    `INSERT INTO campaigns (id, state, since, created_at, request_hash, document)
     VALUES (:id, 'planned', :createdAt, :createdAt, :requestHash, :document)`,
    { id, createdAt, requestHash, document: writeDocument(campaign) },
  );
  storeAudit(db, audit);
  return { type: "added", standing: theCampaign(db, id) };
}

export function gatherCampaign(db: Database, change: GatherCampaign): Held {
  const { campaign, at, from, next, members } = change;
  const moved = db.run(
    `UPDATE campaigns SET gathered = :gathered, state = :state, since = :at
     WHERE id = :campaign AND gathered = :from AND state IN ('planned', 'gathering')`,
    { campaign, from, at, gathered: next ?? null, state: next === undefined ? "running" : "gathering" },
  );
  if (moved === 0) return { held: hasGathered(db, change) };
  for (const { device, operation } of members) {
    db.write(
      `INSERT INTO campaign_members (campaign, device, state, operation, at)
       VALUES (:campaign, :device, 'waiting', :operation, :at) ON CONFLICT DO NOTHING`,
      { campaign, device, operation, at },
    );
  }
  return { held: true };
}

export function markCampaign(db: Database, { campaign, at, marks }: MarkCampaign): Held {
  for (const mark of marks) {
    db.write(
      `UPDATE campaign_members SET state = :state, reason = :reason, at = :at
       WHERE campaign = :campaign AND device = :device AND state = 'waiting'`,
      {
        ...{ campaign, at, device: mark.device, state: mark.type },
        reason: mark.type === "skipped" ? mark.reason : null,
      },
    );
  }
  return { held: true };
}

export function settleCampaign(
  db: Database,
  { campaign, of, at, since, limit }: SettleCampaign,
): ResultOf<"settle-campaign"> {
  const ended = db.all(
    `SELECT o.* FROM campaign_members m JOIN operations o ON o.id = m.operation
     WHERE m.campaign = :campaign AND m.state = :of AND o.ended_at IS NOT NULL LIMIT :limit`,
    { campaign, of, limit },
  );
  for (const operation of operationsOf(db, ended)) endMember(db, campaign, { ...endOf(operation), at });
  const gone = db.run(
    `UPDATE campaign_members SET state = 'unknown', reason = 'its operation is gone', at = :at
     WHERE campaign = :campaign AND state = :of
       AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.id = campaign_members.operation)`,
    { campaign, of, at },
  );
  if (of === "begun") {
    db.write(
      `UPDATE campaign_members SET state = 'asleep', at = :at
       WHERE campaign = :campaign AND state = 'begun' AND at <= :since
         AND EXISTS (SELECT 1 FROM operations o WHERE o.id = campaign_members.operation AND o.state = 'queued')`,
      { campaign, at, since },
    );
  }
  return { settled: ended.length + gone };
}

export function moveCampaign(db: Database, change: MoveCampaign): Held {
  const { campaign: id, from, to, at, reason, by, audit } = change;
  const row = db.get("SELECT state, since, document FROM campaigns WHERE id = :id", { id });
  if (row === undefined) return { held: false };
  const state = choice(row, "state", campaignStates);
  if (state === to && integer(row, "since") === at) return { held: true };
  if (!from.includes(state)) return { held: false };
  const document =
    by === undefined ? text(row, "document") : writeDocument(goneOnWith(theCampaign(db, id), by));
  db.write(
    "UPDATE campaigns SET state = :to, since = :at, reason = :reason, document = :document WHERE id = :id",
    { id, to, at, reason: reason ?? null, document },
  );
  if (audit !== undefined) storeAudit(db, audit);
  return { held: true };
}

export function closeCampaign(db: Database, { campaign, at }: ChangeOf<"close-campaign">): Held {
  db.write("UPDATE campaigns SET closed_at = :at WHERE id = :campaign AND closed_at IS NULL", {
    campaign,
    at,
  });
  return { held: true };
}

export function forgetCampaign(
  db: Database,
  { campaign, limit }: ChangeOf<"forget-campaign">,
): ResultOf<"forget-campaign"> {
  const deleted = db.run(
    `DELETE FROM campaign_members WHERE campaign = :campaign AND device IN
       (SELECT device FROM campaign_members WHERE campaign = :campaign ORDER BY device LIMIT :limit)`,
    { campaign, limit },
  );
  if (deleted === limit) return { goesOn: true };
  db.write("DELETE FROM campaigns WHERE id = :campaign", { campaign });
  return { goesOn: false };
}

/** With whoever answers for it now; what failed before it stopped is borne. */
function goneOnWith(
  { campaign, state, counts }: CampaignStanding,
  by: NonNullable<MoveCampaign["by"]>,
): Campaign {
  const { authority: _, ...rest } = campaign;
  const failed = counts.faulted + counts.unknown;
  const borne = state === "stopped" ? { borne: { failed, ended: failed + counts.done } } : {};
  return { ...rest, ...by, ...borne };
}

/** The same was noted before. */
function hasGathered(db: Database, { campaign, next, at }: GatherCampaign): boolean {
  const row = db.get("SELECT gathered, since FROM campaigns WHERE id = :campaign", { campaign });
  if (row === undefined) return false;
  return optionalText(row, "gathered") === next && integer(row, "since") === at;
}

type End = Pick<CampaignMember, "device" | "state" | "fault" | "reason">;

/** What an operation's end is for the campaign. */
function endOf({ device, state, outcomes, reason }: OperationRecord): End {
  const why = reason === undefined ? {} : { reason };
  switch (state) {
    case "done":
      return { device, state: "done" };
    case "faulted": {
      const fault = outcomes.at(-1)?.fault;
      return fault === undefined
        ? { device, state: "faulted", ...why }
        : { device, state: "faulted", fault: fault.code, reason: fault.message };
    }
    case "expired":
      return { device, state: "not-reached", ...why };
    case "cancelled":
      return { device, state: "withdrawn", ...why };
    case "outcome-unknown":
      return { device, state: "unknown", ...why };
    case "queued":
    case "running":
    case "transferring":
      throw new Error(`an operation that has ended is ${state}`);
  }
}

function endMember(
  db: Database,
  campaign: CampaignId,
  { device, state, fault, reason, at }: End & { readonly at: number },
): void {
  db.write(
    `UPDATE campaign_members SET state = :state, fault = :fault, reason = :reason, at = :at
     WHERE campaign = :campaign AND device = :device`,
    { campaign, device, state, fault: fault ?? null, reason: reason ?? null, at },
  );
}

function countOpen(db: Database): number {
  const row = db.get("SELECT count(*) AS open FROM campaigns WHERE closed_at IS NULL");
  return row === undefined ? 0 : integer(row, "open");
}

function theCampaign(db: Database, id: CampaignId): CampaignStanding {
  const standing = findCampaign(db, id);
  if (standing === undefined) throw new Error(`the campaign ${id} has gone`);
  return standing;
}
