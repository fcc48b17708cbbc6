import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import type { TestContext } from "node:test";
import { tempDir, type TempDir } from "@heliograph/testkit";

/** A disk in memory, which a test fills and empties, and sets read-only while nobody writes to it. */
export interface SmallDisk extends TempDir {
  /** Takes all that is free. What is written already stays. */
  fill(): void;
  /** Gives back what {@link fill} took. */
  makeRoom(): void;
  remount(mode: "ro" | "rw"): void;
}

const BLOCK = Buffer.alloc(4_096);

/** Undefined, after skipping the test aloud, where this user may not mount one. */
export function smallDisk(t: TestContext, bytes: number): SmallDisk | undefined {
  const directory = tempDir();
  if (!mount(["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", directory.path])) {
    directory[Symbol.dispose]();
    t.skip("this user may not mount a small disk");
    return undefined;
  }
  const filler = directory.file("filler");
  return {
    ...directory,
    fill: () => fillUp(filler),
    makeRoom: () => rmSync(filler, { force: true }),
    remount(mode) {
      assert.ok(mount(["-o", `remount,${mode}`, directory.path]), `cannot be mounted ${mode}`);
    },
    [Symbol.dispose]() {
      spawnSync("umount", [directory.path]);
      directory[Symbol.dispose]();
    },
  };
}

function mount(args: readonly string[]): boolean {
  return spawnSync("mount", args).status === 0;
}

function fillUp(path: string): void {
  const file = openSync(path, "a");
  try {
    while (writeSync(file, BLOCK) > 0);
  } catch (error) {
    if (!isFull(error)) throw error;
  } finally {
    closeSync(file);
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOSPC";
}
