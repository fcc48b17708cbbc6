import assert from "node:assert/strict";
import { test } from "node:test";
import { operationId } from "../ports/index.ts";
import { fileLinks } from "./file-links.ts";

const links = fileLinks("ab".repeat(32));
const now = Date.UTC(2026, 0, 1);
const transfer = operationId("0123456789abcdef".repeat(2));
assert.ok(transfer);
const grant = { scope: "files/0123456789abcdef", transfer, expiresAt: now + 60_000 };
const token = links.mint(grant);

test("a link opens what it was made for, until it expires", () => {
  assert.deepEqual(links.verify(token, grant.scope, now), grant);
  assert.deepEqual(links.verify(token, grant.scope, grant.expiresAt - 1), grant);
  assert.equal(links.verify(token, grant.scope, grant.expiresAt), undefined);
});

test("a link opens no other file, and no upload", () => {
  for (const scope of ["files/fedcba9876543210", "uploads/0123456789abcdef", "files/", ""]) {
    assert.equal(links.verify(token, scope, now), undefined);
  }
});

test("a link of another ACS opens nothing", () => {
  assert.equal(fileLinks("cd".repeat(32)).verify(token, grant.scope, now), undefined);
});

test("a link of which any character is another opens nothing", () => {
  for (let at = 0; at < token.length; at++) {
    const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
    assert.equal(links.verify(changed, grant.scope, now), undefined, `at ${at}`);
  }
  for (const other of ["", token.slice(1), `${token}A`, `${token}=`, "../".repeat(17).slice(0, 50)]) {
    assert.equal(links.verify(other, grant.scope, now), undefined);
  }
});
