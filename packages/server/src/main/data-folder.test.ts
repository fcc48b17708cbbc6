import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { DataFolderError, openDataFolder } from "./data-folder.ts";

function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "heliograph-data-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, "data");
}

test("the secret key is made once and stays", (t) => {
  const path = tempFolder(t);
  assert.equal(openDataFolder(path).readSecretKey(), undefined);
  const made = openDataFolder(path).makeSecretKey();
  assert.match(made, /^[0-9a-f]{64}$/);
  assert.equal(openDataFolder(path).readSecretKey(), made);
});

test("nobody but the owner can read the folder and what lies in it", (t) => {
  const path = tempFolder(t);
  const folder = openDataFolder(path);
  folder.makeSecretKey();
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
  for (const other of ['{"url":1}', '{"url":', ""]) {
    writeFileSync(join(path, "client.json"), other);
    assert.equal(folder.readClient(), undefined);
  }
});

test("a secret key that is none, or that cannot be read, is said and not replaced", (t) => {
  const path = tempFolder(t);
  const folder = openDataFolder(path);
  for (const text of ["", "\n", "0123", "z".repeat(64)]) {
    writeFileSync(join(path, "secret.key"), text);
    assert.throws(() => folder.readSecretKey(), DataFolderError);
    assert.equal(readFileSync(join(path, "secret.key"), "utf8"), text);
  }
  rmSync(join(path, "secret.key"));
  mkdirSync(join(path, "secret.key"));
  assert.throws(() => folder.readSecretKey(), DataFolderError);
});

test("a folder that cannot be made is said with its path", (t) => {
  const path = tempFolder(t);
  writeFileSync(path, "a file");
  assert.throws(() => openDataFolder(path), {
    name: "DataFolderError",
    message: /^nothing can be written into the data folder .*data: see /,
  });
});
