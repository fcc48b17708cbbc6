import { readFileSync } from "node:fs";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * How many commits lie in the write-ahead log of a database: its frames that say how large the database is after them
 * [SQLite file format 4.1]. Reads the file itself, so that it knows nothing of what the store thinks it did.
 */
export function commitsInLog(path: string): number {
  const log = readFileSync(`${path}-wal`);
  if (log.length < HEADER_BYTES) return 0;
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8);
  const salt = log.readBigUInt64BE(16);
  let commits = 0;
  for (let frame = HEADER_BYTES; frame + frameBytes <= log.length; frame += frameBytes) {
    // A frame with another salt is left over from before the log was begun anew.
    if (log.readBigUInt64BE(frame + 8) !== salt) break;
    if (log.readUInt32BE(frame + 4) > 0) commits += 1;
  }
  return commits;
}
