import { createHash } from "node:crypto";
import type { FileRecord } from "../../ports/files.ts";
import type { Clock, Random } from "../../ports/index.ts";
import { openDiskFiles } from "../files/disk-files.ts";
import { openPostgresFiles, type PostgresFiles } from "../files/postgres-files.ts";
import type { PostgresAddress } from "../postgres/connections.ts";
import { CopyError } from "./copy-error.ts";
import type { MovedTable, MoveProgress } from "./moved-table.ts";
import { RowSum } from "./row-sum.ts";

/** Where files lie, and what opens them. */
export interface FilesToMove {
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
}

export interface MovingFiles {
  readonly files: FilesToMove;
  /** With the schema in it. */
  readonly address: PostgresAddress;
  readonly onProgress: (progress: MoveProgress) => void;
}

const TABLE = "files";
/** What was taken once is taken, whatever the limits are today. */
const NO_LIMITS = {
  maxFileBytes: Number.MAX_SAFE_INTEGER,
  maxUploadBytes: Number.MAX_SAFE_INTEGER,
  maxTotalBytes: Number.MAX_SAFE_INTEGER,
  maxFiles: Number.MAX_SAFE_INTEGER,
};

/**
 * Carries each file into the database under the id that it has, and reads it there again. Those that an earlier try carried
 * are not carried twice. Throws {@link CopyError} where a file is damaged.
 */
export async function moveFiles({ files, address, onProgress }: MovingFiles): Promise<MovedTable> {
  const from = await openDiskFiles(files);
  const { clock, random } = files;
  const to = await openPostgresFiles({ address, clock, random, limits: NO_LIMITS });
  try {
    const all = await from.files();
    const sum = new RowSum();
    for (const file of all) {
      await to.adopt(file, from.read(file.id));
      await compare(file, to);
      sum.add({ id: file.id, sha256: file.sha256 });
      onProgress({ table: TABLE, rows: sum.rows, of: all.length });
    }
    return { table: TABLE, rows: sum.rows, checksum: sum.checksum };
  } finally {
    await to.close();
  }
}

/** One that was refused is not there. */
async function compare({ id, name, sha256 }: FileRecord, files: PostgresFiles): Promise<void> {
  const found = createHash("sha256");
  if ((await files.file(id)) !== undefined) {
    for await (const piece of files.read(id)) found.update(piece);
    if (found.digest("hex") === sha256) return;
  }
  throw new CopyError(
    `the file ${id}, ${name}, is damaged or cannot be carried: remove it, and begin again; no more than files was moved`,
  );
}
