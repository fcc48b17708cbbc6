import {
  policyName,
  standingOf,
  type Compliance,
  type Held,
  type RecordCompliance,
  type RecordResult,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { readDocument, writeDocument, type Document } from "../document.ts";
import { findComplianceRow, type ComplianceDetail } from "../policy-rows.ts";
import { text } from "../row.ts";
import { storeEvents } from "./journal.ts";

export function recordCompliance(db: Database, change: RecordCompliance): Held {
  const { policy, device, version, at } = change;
  const known = findComplianceRow(db, policy, device);
  if (known?.version !== version) return { held: false };
  const applied = change.state === "applied" ? version : (known.applied ?? null);
  db.write(
    `UPDATE compliance SET state = :state, at = :at, applied = :applied, detail = :detail, mended = :mended
     WHERE policy = :policy AND device = :device`,
    {
      policy,
      device,
      state: change.state,
      at,
      applied,
      detail: writeDocument(detailOf(change)),
      mended: writeDocument(change.mended ?? known.mended),
    },
  );
  tell(db, change, known);
  return { held: true };
}

/** What a device says of a policy's publication is where it stands with the policy. */
export function heedAnswer(db: Database, { channel, device, result }: RecordResult): void {
  const { epoch, offset } = result;
  const row = db.get(
    `SELECT data FROM publications JOIN channels ON name = channel
     WHERE channel = :channel AND channel_offset = :offset AND epoch = :epoch
       AND (publisher = 'policies' OR channel IN (SELECT 'public/' || name FROM policies))`,
    { channel, offset, epoch },
  );
  if (row === undefined) return;
  const { Policy, Version, Withdrawn } = readDocument(text(row, "data") as Document<Published>);
  const policy = policyName(Policy);
  if (policy === undefined || Withdrawn === true) return;
  recordCompliance(db, { policy, device, version: Version, at: result.at, ...standingOf(result) });
}

interface Published {
  readonly Policy: string;
  readonly Version: number;
  readonly Withdrawn?: true;
}

function detailOf({ faults, drifted, operation }: RecordCompliance): ComplianceDetail {
  return {
    ...(faults === undefined ? {} : { faults }),
    ...(drifted === undefined ? {} : { drifted }),
    ...(operation === undefined ? {} : { operation }),
  };
}

/** Only what is another state than before is news. */
function tell(db: Database, change: RecordCompliance, known: Compliance): void {
  const { policy, device, version, state, at, faults, drifted } = change;
  if (known.state === state) return;
  const told = {
    policy,
    version,
    was: known.state,
    ...(faults === undefined ? {} : { faults: faults.map((fault) => ({ ...fault })) }),
    ...(drifted === undefined ? {} : { drifted }),
  };
  storeEvents(db, [{ at, device, name: `policy-${state}`, data: told }]);
}
