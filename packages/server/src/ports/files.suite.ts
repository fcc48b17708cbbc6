import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { fileId, FileGoneError } from "./files.ts";
import type { ByteSpan, FileId, FileRecord, FileStore, NewFile } from "./files.ts";

export interface FilesUnderTest extends AsyncDisposable {
  readonly files: FileStore;
}

export interface OpenFiles {
  (limits?: {
    readonly maxFileBytes?: number;
    readonly maxTotalBytes?: number;
    readonly maxFiles?: number;
  }): Promise<FilesUnderTest>;
}

export const firmware: NewFile = {
  name: "router 2.1.bin",
  kind: "1 Firmware Upgrade Image",
  version: "2.1",
  target: { oui: "00D09E", productClass: "Router" },
};

/** What every file store promises. */
export function filesSuite(
  name: string,
  open: OpenFiles,
  options: { readonly skip?: string | false } = {},
): void {
  const on = (title: string, body: (files: FileStore) => Promise<void>): void => {
    test(`${name}: ${title}`, options, async () => {
      await using opened = await open();
      await body(opened.files);
    });
  };

  on("a file is there once it was added, with its size and its hashes", async (files) => {
    const { id, bytes, sha256, md5 } = await added(files, firmware, ["power ", "and light"]);
    const whole = Buffer.from("power and light");
    const [expected, found] = [{ ...firmware, id, bytes, sha256, md5 }, await files.file(id)];
    assert.equal(bytes, whole.length);
    assert.equal(sha256, createHash("sha256").update(whole).digest("hex"));
    assert.equal(md5, createHash("md5").update(whole).digest("hex"));
    assert.deepEqual(found, { ...expected, addedAt: found?.addedAt });
    assert.deepEqual(await files.files(), [found]);
    assert.equal(await read(files, id), "power and light");
  });

  on("a file is read from any byte to any other", async (files) => {
    const { id } = await added(files, firmware, ["0123", "456789"]);
    assert.equal(await read(files, id, { from: 2, to: 6 }), "2345");
    assert.equal(await read(files, id, { from: 9, to: 10 }), "9");
    assert.equal(await read(files, id, { from: 4, to: 4 }), "");
  });

  on("a file may be empty", async (files) => {
    const { id, bytes } = await added(files, firmware, []);
    assert.equal(bytes, 0);
    assert.equal(await read(files, id), "");
  });

  on("a file that was removed is gone, and cannot be removed again", async (files) => {
    const { id } = await added(files, firmware, ["x"]);
    assert.equal(await files.remove(id), true);
    assert.equal(await files.file(id), undefined);
    assert.deepEqual(await files.files(), []);
    await assert.rejects(read(files, id), FileGoneError);
    assert.equal(await files.remove(id), false);
  });

  on("of a content that breaks off nothing stays", async (files) => {
    const cut = new Error("the line is cut");
    const breaking = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from("half");
      throw cut;
    };
    await assert.rejects(files.add(firmware, breaking()), cut);
    assert.deepEqual(await files.files(), []);
  });

  for (const bad of [
    "",
    ".",
    "..",
    "../a",
    "a/b",
    "a\\b",
    "a\u0000b",
    "a\r\nb",
    "a\u202eb",
    "x".repeat(129),
  ]) {
    on(
      `a name that leads elsewhere or deceives is refused: ${JSON.stringify(bad).slice(0, 20)}`,
      async (files) => {
        const result = await files.add({ ...firmware, name: bad }, pieces(["x"]));
        assert.deepEqual(result, { type: "refused", reason: "bad-name" });
      },
    );
  }

  on("a content that is not the announced one is refused", async (files) => {
    const sha256 = "0".repeat(64);
    for (const expected of [{ bytes: 2 }, { sha256 }]) {
      const result = await files.add({ ...firmware, expected }, pieces(["x"]));
      assert.deepEqual(result, { type: "refused", reason: "not-as-expected" });
    }
    assert.deepEqual(await files.files(), []);
  });

  test(`${name}: a file that is too long is refused before its end is read`, options, async () => {
    await using opened = await open({ maxFileBytes: 4 });
    let given = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        given++;
        yield Buffer.from("abc");
      }
    };
    const result = await opened.files.add(firmware, endless());
    assert.deepEqual(result, { type: "refused", reason: "too-large" });
    assert.equal(given, 2);
  });

  test(
    `${name}: a file that is announced as too long is refused before its beginning is read`,
    options,
    async () => {
      await using opened = await open({ maxFileBytes: 4, maxTotalBytes: 3 });
      const unread = async function* (): AsyncGenerator<Uint8Array> {
        yield assert.fail("nothing of it is read");
      };
      for (const [bytes, reason] of [
        [5, "too-large"],
        [4, "full"],
      ] as const) {
        const result = await opened.files.add({ ...firmware, expected: { bytes } }, unread());
        assert.deepEqual(result, { type: "refused", reason });
      }
    },
  );

  test(`${name}: where there is no room a file is refused, until another is removed`, options, async () => {
    await using opened = await open({ maxTotalBytes: 10 });
    const first = await added(opened.files, firmware, ["1234567"]);
    const refused = await opened.files.add(firmware, pieces(["12", "34"]));
    assert.deepEqual(refused, { type: "refused", reason: "full" });
    // What was refused takes no room.
    await added(opened.files, firmware, ["123"]);
    await opened.files.remove(first.id);
    await added(opened.files, firmware, ["1234567"]);
  });

  test(`${name}: there are as many files as may be`, options, async () => {
    await using opened = await open({ maxFiles: 1 });
    await added(opened.files, firmware, ["x"]);
    const result = await opened.files.add(firmware, pieces(["y"]));
    assert.deepEqual(result, { type: "refused", reason: "too-many" });
  });

  on("an id that was never given leads to no file", async (files) => {
    const stranger = fileId("0123456789abcdef");
    assert.ok(stranger);
    assert.equal(await files.file(stranger), undefined);
    assert.equal(await files.remove(stranger), false);
  });
}

export async function added(
  files: FileStore,
  file: NewFile,
  content: readonly string[],
): Promise<FileRecord> {
  const result = await files.add(file, pieces(content));
  assert.equal(result.type, "added");
  return result.file;
}

export async function* pieces(content: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of content) yield Buffer.from(piece);
}

export async function read(files: FileStore, id: FileId, span?: ByteSpan): Promise<string> {
  return (await buffer(files.read(id, span))).toString();
}
