import { parseDeviceKey } from "@heliograph/protocol";
import type { FileId, FileRecord } from "../../ports/files.ts";
import type { Values } from "../database.ts";
import type { Statement } from "../postgres/statement.ts";
import { integer, optionalText, present, text, type Row } from "../row.ts";

/** The database's own clock, which all processes see. */
const NOW = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

const WHOLE = `
SELECT id, name, kind, version, manufacturer, oui, product_class, device, bytes, sha256, md5, added_at
FROM files WHERE state = 'whole'`;

export function findFile(id: FileId): Statement {
  return { sql: `${WHOLE} AND id = :id`, values: { id } };
}

export const ALL_FILES: Statement = { sql: `${WHOLE} ORDER BY added_at, id`, values: {} };

/** What takes room: whole files, and drafts as far as they have room. */
export const TOTALS: Statement = {
  sql: "SELECT count(*) AS files, coalesce(sum(bytes), 0) AS bytes FROM files WHERE state <> 'removed'",
  values: {},
};

/** Of all processes one counts at a time, and takes room by what it counted; until its transaction ends. */
export const TAKE_TURN: Statement = {
  sql: "SELECT pg_advisory_xact_lock(7550, hashtext(current_schema()))",
  values: {},
};

/** Gives a row where there is room for one more, or this one has begun already. */
export function beginDraft(
  { id, name, kind, version, target, device }: Omit<FileRecord, "bytes" | "sha256" | "md5" | "addedAt">,
  maxFiles: number,
): Statement {
  const { manufacturer, oui, productClass } = target;
  const given = { version, manufacturer, oui, productClass, device };
  return {
    sql: `
INSERT INTO files (id, state, name, kind, version, manufacturer, oui, product_class, device, bytes, touched_at)
SELECT CAST(:id AS TEXT), 'draft', CAST(:name AS TEXT), CAST(:kind AS TEXT), CAST(:version AS TEXT),
  CAST(:manufacturer AS TEXT), CAST(:oui AS TEXT), CAST(:productClass AS TEXT), CAST(:device AS TEXT), 0, ${NOW}
WHERE (SELECT count(*) FROM files WHERE state <> 'removed' AND id <> :id) < CAST(:maxFiles AS BIGINT)
ON CONFLICT (id) DO UPDATE SET touched_at = excluded.touched_at WHERE files.state = 'draft'
RETURNING id`,
    values: { id, name, kind, maxFiles, ...NOTHING, ...present(given) },
  };
}

const NOTHING: Values = { version: null, manufacturer: null, oui: null, productClass: null, device: null };

export interface Room {
  /** As much as the draft needs, and as much as it would like to have. */
  readonly needed: number;
  readonly wanted: number;
  readonly maxTotal: number;
}

/** Gives how much room the draft has from now on; no row where it cannot have what it needs. */
export function takeRoom(id: FileId, { needed, wanted, maxTotal }: Room): Statement {
  return {
    sql: `
UPDATE files SET bytes = least(CAST(:wanted AS BIGINT), CAST(:maxTotal AS BIGINT) - others.bytes), touched_at = ${NOW}
FROM (SELECT CAST(coalesce(sum(bytes), 0) AS BIGINT) AS bytes FROM files WHERE state <> 'removed' AND id <> :id) AS others
WHERE files.id = :id AND files.state = 'draft'
  AND CAST(:maxTotal AS BIGINT) - others.bytes >= CAST(:needed AS BIGINT)
RETURNING files.bytes`,
    values: { id, needed, wanted, maxTotal },
  };
}

/** One that is there already is the same: it is written again where nobody knows whether it was. */
export function writePiece(id: FileId, number: number, content: Buffer): Statement {
  return {
    sql: `
INSERT INTO file_pieces (file, number, content) VALUES (:id, :number, decode(:content, 'base64'))
ON CONFLICT (file, number) DO NOTHING`,
    values: { id, number, content: content.toString("base64") },
  };
}

/**
 * Gives a row once the file is whole. Not where a piece is missing, as when the server lost its last commits; and a commit
 * that is on the disk has all pieces before it.
 */
export function makeWhole({ id, bytes, sha256, md5, addedAt }: FileRecord): Statement {
  return {
    sql: `
UPDATE files SET state = 'whole', bytes = :bytes, sha256 = :sha256, md5 = :md5, added_at = :addedAt
WHERE id = :id AND state <> 'removed'
  AND (SELECT coalesce(sum(octet_length(content)), 0) FROM file_pieces WHERE file = :id) = CAST(:bytes AS BIGINT)
RETURNING id`,
    values: { id, bytes, sha256, md5, addedAt },
  };
}

export interface PieceSpan {
  readonly number: number;
  readonly from: number;
  readonly length: number;
}

export function readPiece(id: FileId, { number, from, length }: PieceSpan): Statement {
  return {
    sql: `
SELECT encode(substring(content FROM CAST(:start AS INT) FOR CAST(:length AS INT)), 'base64') AS content, state
FROM file_pieces JOIN files ON files.id = file_pieces.file WHERE file = :id AND number = :number`,
    values: { id, number, start: from + 1, length },
  };
}

/** It is not swept for a while. */
export function touchFile(id: FileId): Statement {
  return { sql: `UPDATE files SET touched_at = ${NOW} WHERE id = :id AND state <> 'whole'`, values: { id } };
}

/** Its pieces stay for those who read it. */
export function removeFile(id: FileId): Statement {
  return {
    sql: `UPDATE files SET state = 'removed', touched_at = ${NOW} WHERE id = :id AND state = 'whole'`,
    values: { id },
  };
}

export function isRemoved(id: FileId): Statement {
  return { sql: "SELECT 1 AS found FROM files WHERE id = :id AND state = 'removed'", values: { id } };
}

export function forgetDraft(id: FileId): Statement {
  return { sql: "DELETE FROM files WHERE id = :id AND state = 'draft'", values: { id } };
}

/** Drafts whose process is gone, and removed files that nobody reads any more. */
export function sweep(staleMs: number): Statement {
  return {
    sql: `DELETE FROM files WHERE state <> 'whole' AND touched_at < ${NOW} - CAST(:staleMs AS BIGINT)`,
    values: { staleMs },
  };
}

export function fileOf(row: Row): FileRecord {
  const device = optionalText(row, "device");
  return present({
    id: text(row, "id") as FileId,
    name: text(row, "name"),
    kind: text(row, "kind"),
    version: optionalText(row, "version"),
    target: present({
      manufacturer: optionalText(row, "manufacturer"),
      oui: optionalText(row, "oui"),
      productClass: optionalText(row, "product_class"),
    }),
    device: device === undefined ? undefined : parseDeviceKey(device),
    bytes: integer(row, "bytes"),
    sha256: text(row, "sha256"),
    md5: text(row, "md5"),
    addedAt: integer(row, "added_at"),
  });
}
