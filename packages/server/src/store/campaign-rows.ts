import type { DeviceKey } from "@heliograph/protocol";
import {
  campaignStates,
  memberStates,
  type Campaign,
  type CampaignCounts,
  type CampaignId,
  type CampaignMember,
  type CampaignMemberQuery,
  type CampaignMemberState,
  type CampaignStanding,
  type CampaignWork,
  type OperationId,
  type Page,
} from "../ports/index.ts";
import { listed, type Database } from "./database.ts";
import { readDocument, type Document } from "./document.ts";
import { choice, integer, optionalInteger, optionalText, present, text, type Row } from "./row.ts";

export function findCampaign(db: Database, id: CampaignId): CampaignStanding | undefined {
  const row = db.get("SELECT * FROM campaigns WHERE id = :id", { id });
  return row === undefined ? undefined : standingsOf(db, [row])[0];
}

/** A page goes on before the time and the id of its last. */
export function findCampaigns(
  db: Database,
  { after, limit }: { readonly after?: string; readonly limit: number },
): Page<CampaignStanding> {
  const [createdAt = "", id = ""] = after?.split("/") ?? [];
  const rows = db.all(
    `SELECT * FROM campaigns WHERE created_at < :createdAt OR (created_at = :createdAt AND id < :id)
     ORDER BY created_at DESC, id DESC LIMIT :limit`,
    { createdAt: after === undefined ? Number.MAX_SAFE_INTEGER : Number(createdAt), id, limit: limit + 1 },
  );
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const items = standingsOf(db, shown);
  if (rows.length <= limit || last === undefined) return { items };
  return { items, next: `${integer(last, "created_at")}/${text(last, "id")}` };
}

export function findCampaignMembers(db: Database, query: CampaignMemberQuery): Page<CampaignMember> {
  const { campaign, state, after = "", limit } = query;
  const rows = db.all(
    `SELECT * FROM campaign_members WHERE campaign = :campaign AND device > :after
       ${state === undefined ? "" : "AND state = :state"} ORDER BY device LIMIT :limit`,
    { campaign, after, limit: limit + 1, ...(state === undefined ? {} : { state }) },
  );
  const items = rows.slice(0, limit).map(memberOf);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: last.device } : { items };
}

export function findCampaignWork(
  db: Database,
  { agedBefore }: { readonly agedBefore: number },
): CampaignWork {
  const open = db.all("SELECT * FROM campaigns WHERE closed_at IS NULL ORDER BY id");
  const aged = db.all("SELECT id FROM campaigns WHERE closed_at < :agedBefore ORDER BY id", { agedBefore });
  return { open: standingsOf(db, open), aged: aged.map((row) => text(row, "id") as CampaignId) };
}

export function findCampaignTurns(db: Database, query: Limited): readonly CampaignMember[] {
  const rows = db.all(
    `SELECT * FROM campaign_members WHERE campaign = :campaign AND state = 'waiting'
     ORDER BY operation LIMIT :limit`,
    { ...query },
  );
  return rows.map(memberOf);
}

export function findCampaignQueued(db: Database, query: Limited): readonly OperationId[] {
  const rows = db.all(
    `SELECT m.operation FROM campaign_members m JOIN operations o ON o.id = m.operation
     WHERE m.campaign = :campaign AND m.state IN ('begun', 'asleep') AND o.state = 'queued' LIMIT :limit`,
    { ...query },
  );
  return rows.map((row) => text(row, "operation") as OperationId);
}

interface Limited {
  readonly campaign: CampaignId;
  readonly limit: number;
}

/** The counts of all are asked for at once. */
function standingsOf(db: Database, rows: readonly Row[]): readonly CampaignStanding[] {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => text(row, "id"));
  const { names, values } = listed("campaign", ids);
  const counted = Map.groupBy(
    db.all(
      `SELECT campaign, state, count(*) AS devices FROM campaign_members WHERE campaign IN (${names})
       GROUP BY campaign, state`,
      values,
    ),
    (row) => text(row, "campaign"),
  );
  const faults = Map.groupBy(
    db.all(
      `SELECT campaign, fault, count(*) AS devices FROM campaign_members
       WHERE campaign IN (${names}) AND state = 'faulted' AND fault IS NOT NULL
       GROUP BY campaign, fault ORDER BY fault`,
      values,
    ),
    (row) => text(row, "campaign"),
  );
  return rows.map((row) =>
    present({
      campaign: readDocument(text(row, "document") as Document<Campaign>),
      state: choice(row, "state", campaignStates),
      since: integer(row, "since"),
      reason: optionalText(row, "reason"),
      gathered: optionalText(row, "gathered"),
      counts: countsOf(counted.get(text(row, "id")) ?? []),
      faults: (faults.get(text(row, "id")) ?? []).map((each) => ({
        code: integer(each, "fault"),
        devices: integer(each, "devices"),
      })),
    }),
  );
}

const NONE: CampaignCounts = {
  ...{ waiting: 0, begun: 0, asleep: 0, done: 0, faulted: 0 },
  ...{ unknown: 0, "not-reached": 0, withdrawn: 0, skipped: 0 },
};

function countsOf(rows: readonly Row[]): CampaignCounts {
  const counts = rows.map((row): readonly [CampaignMemberState, number] => [
    choice(row, "state", memberStates),
    integer(row, "devices"),
  ]);
  return { ...NONE, ...Object.fromEntries(counts) };
}

function memberOf(row: Row): CampaignMember {
  return present({
    device: text(row, "device") as DeviceKey,
    state: choice(row, "state", memberStates),
    operation: text(row, "operation") as OperationId,
    at: integer(row, "at"),
    fault: optionalInteger(row, "fault"),
    reason: optionalText(row, "reason"),
  });
}
