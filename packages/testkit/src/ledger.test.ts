import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileLedger } from "./ledger.ts";
import { tempDir } from "./temp-dir.ts";

const entry = { device: "F0F0F0-1", method: "Reboot", commandKey: "k", id: "1", at: 1 };

test("what a process noted is there after it was killed", () => {
  using directory = tempDir();
  const path = directory.file("ledger");
  const program = `
    const { fileLedger } = await import(${JSON.stringify(import.meta.resolve("./ledger.ts"))});
    fileLedger(${JSON.stringify(path)}).append(${JSON.stringify(entry)});
    process.kill(process.pid, "SIGKILL");`;
  const { signal } = spawnSync(process.execPath, ["--input-type=module", "--eval", program]);
  assert.equal(signal, "SIGKILL");
  fileLedger(path).append({ ...entry, id: "2" });
  assert.deepEqual(
    fileLedger(path)
      .entries()
      .map(({ id }) => id),
    ["1", "2"],
  );
});

test("a line that was cut short is no entry, and what is no entry at all is an error", () => {
  using directory = tempDir();
  const ledger = fileLedger(directory.file("ledger"));
  assert.deepEqual(ledger.entries(), []);
  ledger.append(entry);
  appendFileSync(directory.file("ledger"), '{"device":"F0F');
  assert.deepEqual(ledger.entries(), [entry]);
  appendFileSync(directory.file("ledger"), '"}\n');
  assert.throws(() => ledger.entries(), /not a ledger entry/);
});
