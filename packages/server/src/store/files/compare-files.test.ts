import assert from "node:assert/strict";
import { test } from "node:test";
import { fileId, FileGoneError, type FileComparison } from "../../ports/index.ts";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { systemRandom } from "../../main/system-random.ts";
import { fileComparer } from "./compare-files.ts";
import { openDiskFiles } from "./disk-files.ts";

const FIRST = "host=one\nssid=home\nchannel=6\n";

test("two texts are compared as diff -u does", async () => {
  const comparison = await compared(FIRST, "host=one\nssid=away\nchannel=6\nband=5\n");
  assert.ok(comparison.type === "text");
  assert.deepEqual([comparison.added, comparison.removed], [2, 1]);
  const [, , ...lines] = comparison.unified.split("\n");
  assert.deepEqual(lines, [
    "@@ -1,3 +1,4 @@",
    " host=one",
    "-ssid=home",
    "+ssid=away",
    " channel=6",
    "+band=5",
    "",
  ]);
});

test("lines that look like marks are lines like others", async () => {
  const comparison = await compared("a\n-- x\n", "a\n++ y\n");
  assert.ok(comparison.type === "text");
  assert.deepEqual([comparison.added, comparison.removed], [1, 1]);
});

test("the same bytes are the same", async () => {
  assert.deepEqual(await compared(FIRST, FIRST), { type: "same" });
});

test("a text in Latin 1 is a text", async () => {
  const comparison = await compared(FIRST, Buffer.from("name=K\u00fcche\n", "latin1"));
  assert.ok(comparison.type === "text");
  assert.match(comparison.unified, /\+name=K\u00fcche/);
});

for (const [what, content] of [
  ["has a NUL in it", Buffer.from("a\0b")],
  ["is compressed", Buffer.from("1f8b0800000000000003", "hex")],
  ["is longer than is compared", Buffer.alloc(3 * 1024 * 1024, "a line\n")],
] as const) {
  test(`a file that ${what} is not compared line by line`, async () => {
    assert.deepEqual(await compared(FIRST, content), { type: "opaque" });
  });
}

test("two files without a line in common, which would take too long, are not compared to their end", async () => {
  const lines = (word: string) => Array.from({ length: 60_000 }, (_, index) => `${word}${index}\n`).join("");
  const began = performance.now();
  assert.deepEqual(await compared(lines("a"), lines("b")), { type: "opaque" });
  assert.ok(performance.now() - began < 10_000);
});

test("a file that is gone is not compared", async () => {
  using directory = tempDir();
  const files = await openDiskFiles({
    folder: directory.file("files"),
    clock: new VirtualClock(),
    random: systemRandom,
  });
  const id = fileId("0".repeat(16));
  assert.ok(id);
  await assert.rejects(fileComparer(files).compare(id, id), FileGoneError);
});

async function compared(earlier: string | Buffer, later: string | Buffer): Promise<FileComparison> {
  using directory = tempDir();
  const files = await openDiskFiles({
    folder: directory.file("files"),
    clock: new VirtualClock(),
    random: systemRandom,
  });
  const add = async (content: string | Buffer) => {
    const about = { name: "config", kind: "1 Vendor Configuration File", target: {} };
    const result = await files.add(about, once(Buffer.from(content)));
    assert.ok(result.type === "added");
    return result.file.id;
  };
  return await fileComparer(files).compare(await add(earlier), await add(later));
}

async function* once(content: Buffer): AsyncGenerator<Uint8Array> {
  yield content;
}
