import { createHash } from "node:crypto";
import type { FileId, FileRefusal, NewFile } from "../../ports/files.ts";
import type { Statement } from "../postgres/statement.ts";
import type { Row } from "../row.ts";
import { integer } from "../row.ts";
import { isExpected, type DraftedFile } from "./draft-file.ts";
import { takeRoom, TAKE_TURN, writePiece } from "./file-rows.ts";

/** As much as one statement carries. */
export const PIECE_BYTES = 256 * 1024;
/** Room is taken ahead, so that turns are few. */
const ROOM_BYTES = 8 * 1024 * 1024;

export interface DraftPorts {
  /** Runs what may run twice, in one transaction; gives the rows of the last. */
  readonly run: (statements: readonly Statement[]) => Promise<readonly Row[]>;
  readonly maxBytes: number;
  readonly maxTotal: number;
}

type Drafted = DraftedFile | { readonly type: "refused"; readonly reason: FileRefusal };

/** Writes the content of a draft that was begun, a piece at a time. Whoever called forgets one that is refused or fails. */
export async function writeDraft(
  id: FileId,
  {
    content,
    expected,
  }: { readonly content: AsyncIterable<Uint8Array>; readonly expected: NewFile["expected"] },
  ports: DraftPorts,
): Promise<Drafted> {
  const [sha256, md5] = [createHash("sha256"), createHash("md5")];
  const draft = new Draft(id, ports);
  for await (const chunk of content) {
    if (draft.bytes + chunk.length > ports.maxBytes) return { type: "refused", reason: "too-large" };
    sha256.update(chunk);
    md5.update(chunk);
    if (!(await draft.append(chunk))) return { type: "refused", reason: "full" };
  }
  if (!(await draft.end())) return { type: "refused", reason: "full" };
  const { bytes } = draft;
  const drafted = { type: "drafted", bytes, sha256: sha256.digest("hex"), md5: md5.digest("hex") } as const;
  return isExpected(drafted, expected) ? drafted : { type: "refused", reason: "not-as-expected" };
}

class Draft {
  readonly #id: FileId;
  readonly #ports: DraftPorts;
  #gathered: Uint8Array[] = [];
  #written = 0;
  #room = 0;
  bytes = 0;

  constructor(id: FileId, ports: DraftPorts) {
    this.#id = id;
    this.#ports = ports;
  }

  /** False where there is no room for it. */
  async append(chunk: Uint8Array): Promise<boolean> {
    this.#gathered.push(chunk);
    this.bytes += chunk.length;
    if (this.bytes - this.#written < PIECE_BYTES) return true;
    const all = Buffer.concat(this.#gathered);
    let at = 0;
    for (; all.length - at >= PIECE_BYTES; at += PIECE_BYTES) {
      if (!(await this.#write(all.subarray(at, at + PIECE_BYTES)))) return false;
    }
    this.#gathered = [all.subarray(at)];
    return true;
  }

  async end(): Promise<boolean> {
    const rest = Buffer.concat(this.#gathered);
    return rest.length === 0 || (await this.#write(rest));
  }

  async #write(piece: Buffer): Promise<boolean> {
    const needed = this.#written + piece.length;
    if (needed > this.#room && !(await this.#takeRoom(needed))) return false;
    const number = this.#written / PIECE_BYTES;
    await this.#ports.run([writePiece(this.#id, number, piece)]);
    this.#written = needed;
    return true;
  }

  async #takeRoom(needed: number): Promise<boolean> {
    const { maxBytes, maxTotal, run } = this.#ports;
    const wanted = Math.min(needed + ROOM_BYTES, Math.max(needed, maxBytes));
    const [row] = await run([TAKE_TURN, takeRoom(this.#id, { needed, wanted, maxTotal })]);
    if (row === undefined) return false;
    this.#room = integer(row, "bytes");
    return true;
  }
}
