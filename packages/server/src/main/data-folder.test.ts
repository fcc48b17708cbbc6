import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openDataFolder } from "./data-folder.ts";

function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "heliograph-data-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, "data");
}

test("the secret key is made once and stays", (t) => {
  const path = tempFolder(t);
  const made = openDataFolder(path).secretKey();
  assert.match(made, /^[0-9a-f]{64}$/);
  assert.equal(openDataFolder(path).secretKey(), made);
});

test("nobody but the owner can read the folder and what lies in it", (t) => {
  const path = tempFolder(t);
  const folder = openDataFolder(path);
  folder.secretKey();
  folder.writeClient({ url: "http://127.0.0.1:8080", token: "t" });
  const modes = [path, join(path, "secret.key"), join(path, "client.json")].map(
    (file) => statSync(file).mode & 0o777,
  );
  assert.deepEqual(modes, [0o700, 0o600, 0o600]);
});

test("the client file comes back as it was written; one of another shape does not count", (t) => {
  const path = tempFolder(t);
  const folder = openDataFolder(path);
  assert.equal(folder.readClient(), undefined);
  const client = { url: "http://127.0.0.1:8080", token: "t" };
  folder.writeClient(client);
  assert.deepEqual(folder.readClient(), client);
  writeFileSync(join(path, "client.json"), '{"url":1}');
  assert.equal(folder.readClient(), undefined);
});
