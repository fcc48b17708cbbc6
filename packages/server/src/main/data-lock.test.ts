import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { DataInUseError, lockData } from "./data-lock.ts";

test("a data folder takes one server at a time", () => {
  using directory = tempDir();
  const lock = lockData(directory.path);
  assert.throws(() => lockData(directory.path), DataInUseError);
  lock.release();
  lockData(directory.path).release();
});

test("a file that is no lock is not taken for another server", () => {
  using directory = tempDir();
  writeFileSync(directory.file("lock"), "not a lock, and never was one".repeat(40));
  assert.throws(() => lockData(directory.path), { name: "DataFolderError", message: /remove it$/ });
});

test("a server that was killed holds nothing", async () => {
  using directory = tempDir();
  const module = new URL("./data-lock.ts", import.meta.url).href;
  // Kept where it can be reached: a lock that nobody has any more is released.
  const script = `globalThis.lock = (await import(${JSON.stringify(module)})).lockData(${JSON.stringify(directory.path)}); console.log("held"); setInterval(() => {}, 1e6)`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  try {
    await once(child.stdout, "data");
    assert.throws(() => lockData(directory.path), DataInUseError);
  } finally {
    child.kill("SIGKILL");
  }
  await exited;
  lockData(directory.path).release();
});
