import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseDeviceKey } from "@heliograph/protocol";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { added, filesSuite, firmware, pieces, read } from "../../ports/files.suite.ts";
import { systemRandom } from "../../main/system-random.ts";
import { openDiskFiles } from "./disk-files.ts";
import type { FileLimits } from "./disk-files.ts";

const clock = new VirtualClock();
const random = systemRandom;

filesSuite("on disk", async (limits: Partial<FileLimits> = {}) => {
  const directory = tempDir();
  const files = await openDiskFiles({ folder: directory.file("files"), clock, random, limits });
  return {
    files,
    async [Symbol.asyncDispose]() {
      directory[Symbol.dispose]();
    },
  };
});

test("files are there again after a restart, in the order they came", async () => {
  using directory = tempDir();
  const folder = directory.file("files");
  const files = await openDiskFiles({ folder, clock, random });
  const first = await added(files, firmware, ["first"]);
  await clock.advance(1_000);
  const second = await added(files, { ...firmware, target: {} }, ["second"]);
  const again = await openDiskFiles({ folder, clock, random });
  assert.deepEqual(await again.files(), [first, second]);
  assert.equal(await read(again, second.id), "second");
});

test("what an earlier run left half done is swept, and takes no room", async () => {
  using directory = tempDir();
  const folder = directory.file("files");
  mkdirSync(join(folder, "drafts", "0123456789abcdef"), { recursive: true });
  writeFileSync(join(folder, "drafts", "0123456789abcdef", "content"), "half of a file");
  const files = await openDiskFiles({ folder, clock, random, limits: { maxTotalBytes: 1 } });
  assert.deepEqual(readdirSync(join(folder, "drafts")), []);
  assert.deepEqual(await files.files(), []);
  await added(files, firmware, ["x"]);
});

test("a file that is being read is read to its end though it is removed", async () => {
  using directory = tempDir();
  const files = await openDiskFiles({ folder: directory.file("files"), clock, random });
  const content = "0123456789".repeat(20_000);
  const { id, bytes } = await added(files, firmware, [content]);
  let count = 0;
  for await (const piece of files.read(id)) {
    if (count === 0) await files.remove(id);
    count += piece.length;
  }
  assert.equal(count, bytes);
});

test("a refused file leaves nothing on disk", async () => {
  using directory = tempDir();
  const folder = directory.file("files");
  const files = await openDiskFiles({ folder, clock, random, limits: { maxFileBytes: 3 } });
  await files.add(firmware, pieces(["12", "34"]));
  assert.deepEqual(readdirSync(folder), ["drafts"]);
  assert.deepEqual(readdirSync(join(folder, "drafts")), []);
});

test("a disk that is nearly full takes no more files, and what it has stays", async () => {
  using directory = tempDir();
  let space = 1_000;
  const files = await openDiskFiles({
    folder: directory.file("files"),
    ...{ clock, random, limits: { keepFreeBytes: 900 }, measureSpace: async () => space },
  });
  const { id } = await added(files, firmware, ["x".repeat(60)]);
  assert.deepEqual(await files.add(firmware, pieces(["x".repeat(101)])), { type: "refused", reason: "full" });
  space = 899;
  assert.deepEqual(await files.add(firmware, pieces(["x"])), { type: "refused", reason: "full" });
  const announced = { ...firmware, expected: { bytes: 1 } };
  assert.deepEqual(await files.add(announced, pieces(["x"])), { type: "refused", reason: "full" });
  assert.deepEqual(
    (await files.files()).map((file) => file.id),
    [id],
  );
});

test("a device may send less than a manager may add", async () => {
  using directory = tempDir();
  const limits = { maxFileBytes: 10, maxUploadBytes: 3 };
  const files = await openDiskFiles({ folder: directory.file("files"), clock, random, limits });
  const device = parseDeviceKey("00D09E-Router-1");
  assert.ok(device);
  assert.deepEqual(await files.add({ ...firmware, device }, pieces(["1234"])), {
    ...{ type: "refused", reason: "too-large" },
  });
  await added(files, firmware, ["1234"]);
});
