import { fileId, FileGoneError, isFileName } from "../../ports/files.ts";
import type {
  AddFileResult,
  ByteSpan,
  FileId,
  FileRecord,
  FileRefusal,
  FileStore,
  NewFile,
} from "../../ports/files.ts";
import {
  StoreClosedError,
  StoreFailedError,
  StoreFullError,
  type Clock,
  type Random,
  type Timer,
} from "../../ports/index.ts";
import { errorOf } from "../failure.ts";
import { ON_DISK } from "../postgres/batch.ts";
import { Connections, type PostgresAddress } from "../postgres/connections.ts";
import { failureOf } from "../postgres/failure.ts";
import { Patience } from "../postgres/patience.ts";
import type { Session } from "../postgres/session.ts";
import type { Statement } from "../postgres/statement.ts";
import { integer, present, text, type Row } from "../row.ts";
import { defaultFileLimits, type FileLimits } from "./disk-files.ts";
import {
  ALL_FILES,
  beginDraft,
  fileOf,
  findFile,
  forgetDraft,
  isRemoved,
  makeWhole,
  readPiece,
  removeFile,
  sweep,
  TAKE_TURN,
  TOTALS,
  touchFile,
} from "./file-rows.ts";
import { PIECE_BYTES, writeDraft } from "./postgres-draft.ts";

export interface PostgresFilesOptions {
  /** Where a {@link PostgresStore} is open, or was: it makes the tables. */
  readonly address: PostgresAddress;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly random: Pick<Random, "hex">;
  /** How full its disk is, the database alone knows: there is none to be kept free. */
  readonly limits?: Partial<Omit<FileLimits, "keepFreeBytes">>;
  /** How long a database that cannot be reached is waited for. */
  readonly patienceMs?: number;
}

/** Files that all processes on a database share, each from the moment it was added. */
export interface PostgresFiles extends FileStore {
  /** Adds a file that has its id already, and expects its content; nothing happens where it was adopted before. */
  adopt(file: FileRecord, content: AsyncIterable<Uint8Array>): Promise<AddFileResult>;
  close(): Promise<void>;
}

const ID_BYTES = 8;
/** As much as is read before anybody has taken it. */
const READ_BYTES = 64 * 1024;
/** Apart from the store's: whoever fetches a large file holds up no device. */
const CONNECTIONS = 4;
const STATEMENT_MS = 30_000;
const LOCK_MS = 5_000;
const PATIENCE_MS = 15_000;
/** Whoever writes a draft says so often enough, as does whoever reads a file that was removed meanwhile. */
const TOUCH_MS = 60_000;
const STALE_MS = 15 * TOUCH_MS;
const SWEEP_MS = 10 * TOUCH_MS;

/**
 * Keeps each file as rows: what is said of it, and pieces of its content. It is a draft until all of it is there, and then
 * whole by one commit. A draft that its process left is swept, as is a file that was removed once nobody reads it.
 */
export async function openPostgresFiles(options: PostgresFilesOptions): Promise<PostgresFiles> {
  const files = new Files(options);
  try {
    await files.sweep();
    return files;
  } catch (error) {
    await files.close();
    throw error;
  }
}

class Files implements PostgresFiles {
  readonly #clock: PostgresFilesOptions["clock"];
  readonly #random: PostgresFilesOptions["random"];
  readonly #limits: FileLimits;
  readonly #connections: Connections;
  readonly #patience: Patience;
  #sweeping: Timer | undefined;
  #isClosed = false;

  constructor({ address, clock, random, limits, patienceMs = PATIENCE_MS }: PostgresFilesOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#limits = { ...defaultFileLimits, ...limits };
    this.#patience = new Patience(patienceMs);
    this.#connections = new Connections(address, {
      ...{ max: CONNECTIONS, statementMs: STATEMENT_MS, lockMs: LOCK_MS },
    });
  }

  async file(id: FileId): Promise<FileRecord | undefined> {
    const [row] = await this.#run([findFile(id)]);
    return row && fileOf(row);
  }

  async files(): Promise<readonly FileRecord[]> {
    return (await this.#run([ALL_FILES])).map(fileOf);
  }

  async add(file: NewFile, content: AsyncIterable<Uint8Array>): Promise<AddFileResult> {
    if (!isFileName(file.name)) return { type: "refused", reason: "bad-name" };
    const id = fileId(this.#random.hex(ID_BYTES));
    if (id === undefined) throw new Error("the id of a file is 16 hexadecimal digits");
    return this.#add(file, content, { id });
  }

  async adopt(file: FileRecord, content: AsyncIterable<Uint8Array>): Promise<AddFileResult> {
    const { id, addedAt, bytes, sha256 } = file;
    const known = await this.file(id);
    if (known !== undefined) return { type: "added", file: known };
    await this.#run([forgetDraft(id)]);
    return this.#add({ ...file, expected: { bytes, sha256 } }, content, { id, addedAt });
  }

  async *read(id: FileId, span?: ByteSpan): AsyncGenerator<Uint8Array> {
    const file = await this.file(id);
    if (file === undefined) throw new FileGoneError(id);
    const { from, to } = span ?? { from: 0, to: file.bytes };
    for (let at = from; at < to;) {
      const piece = await this.#read(id, { from: at, to });
      yield piece;
      at += piece.length;
    }
  }

  remove(id: FileId): Promise<boolean> {
    let asked = 0;
    return this.#ask(async (session) => {
      asked += 1;
      const [, , removed] = await session.send([BEGIN, ON_DISK, removeFile(id), COMMIT]);
      if (removed?.count === 1 || asked === 1) return removed?.count === 1;
      // The connection broke when we asked before: it was us.
      const [found] = await session.send([isRemoved(id)]);
      return found?.count === 1;
    });
  }

  async sweep(): Promise<void> {
    await this.#run([sweep(STALE_MS)]);
    if (!this.#isClosed) this.#sweepLater();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#sweeping?.cancel();
    return this.#connections.close();
  }

  async #add(
    file: NewFile,
    content: AsyncIterable<Uint8Array>,
    { id, addedAt }: Pick<FileRecord, "id"> & { readonly addedAt?: number },
  ): Promise<AddFileResult> {
    const refused = await this.#begin(id, file);
    if (refused !== undefined) return { type: "refused", reason: refused };
    const touching = this.#touchOften(id);
    let isWhole = false;
    try {
      const { maxTotalBytes: maxTotal } = this.#limits;
      const ports = { run: this.#run.bind(this), maxBytes: this.#mostBytes(file), maxTotal };
      const drafted = await writeDraft(id, { content, expected: file.expected }, ports);
      if (drafted.type === "refused") return drafted;
      const { bytes, sha256, md5 } = drafted;
      const { name, kind, version, target, device } = file;
      const given = present({ id, name, kind, version, target, device });
      const record = { ...given, bytes, sha256, md5, addedAt: addedAt ?? this.#clock.now() };
      const [whole] = await this.#run([ON_DISK, makeWhole(record)]);
      if (whole === undefined) throw new StoreFailedError(`pieces of the file ${id} were lost`);
      isWhole = true;
      return { type: "added", file: record };
    } catch (error) {
      if (error instanceof StoreFullError) return { type: "refused", reason: "full" };
      throw error;
    } finally {
      touching.cancel();
      // One that cannot be forgotten now is swept.
      if (!isWhole) await this.#run([forgetDraft(id)]).catch(() => undefined);
    }
  }

  /** Says what can be said before anything has come; else the draft is there. */
  async #begin(id: FileId, file: NewFile): Promise<FileRefusal | undefined> {
    const { maxFiles, maxTotalBytes } = this.#limits;
    const announced = file.expected?.bytes ?? 0;
    if (announced > this.#mostBytes(file)) return "too-large";
    const [totals = {}] = await this.#run([TOTALS]);
    if (integer(totals, "bytes") + announced > maxTotalBytes) return "full";
    const [begun] = await this.#run([TAKE_TURN, beginDraft({ ...file, id }, maxFiles)]);
    return begun === undefined ? "too-many" : undefined;
  }

  #mostBytes({ device }: NewFile): number {
    const { maxFileBytes, maxUploadBytes } = this.#limits;
    return device === undefined ? maxFileBytes : Math.min(maxFileBytes, maxUploadBytes);
  }

  /** As much as lies in one piece. */
  async #read(id: FileId, { from, to }: ByteSpan): Promise<Uint8Array> {
    const number = Math.floor(from / PIECE_BYTES);
    const within = from - number * PIECE_BYTES;
    const length = Math.min(to - from, READ_BYTES, PIECE_BYTES - within);
    const [row] = await this.#run([readPiece(id, { number, from: within, length })]);
    const bytes = Buffer.from(row === undefined ? "" : text(row, "content"), "base64");
    if (row === undefined || bytes.length === 0) throw new FileGoneError(id);
    if (text(row, "state") === "removed") await this.#run([touchFile(id)]);
    return bytes;
  }

  #touchOften(id: FileId): Timer {
    let timer: Timer | undefined;
    const again = (): void => {
      timer = this.#clock.after(TOUCH_MS, () => {
        // A database that is away is told by the next piece.
        void this.#run([touchFile(id)]).catch(() => undefined);
        again();
      });
    };
    again();
    return { cancel: () => timer?.cancel() };
  }

  #sweepLater(): void {
    this.#sweeping = this.#clock.after(SWEEP_MS, () => {
      // What is not swept now is swept then.
      this.sweep().catch(() => {
        if (!this.#isClosed) this.#sweepLater();
      });
    });
  }

  /** What runs twice comes to the same; several are one transaction. Gives the rows of the last. */
  #run(statements: readonly Statement[]): Promise<readonly Row[]> {
    const all = statements.length === 1 ? statements : [BEGIN, ...statements, COMMIT];
    const last = statements.length === 1 ? 0 : statements.length;
    return this.#ask(async (session) => (await session.send(all))[last]?.rows ?? []);
  }

  async #ask<T>(ask: (session: Session) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new StoreClosedError("the files in PostgreSQL are closed");
    try {
      return await this.#patience.until(() => this.#connections.use(ask, { prepared: true }));
    } catch (error) {
      throw errorOf(failureOf(error));
    }
  }
}

const BEGIN: Statement = { sql: "BEGIN", values: {} };
const COMMIT: Statement = { sql: "COMMIT", values: {} };
