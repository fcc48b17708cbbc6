import assert from "node:assert/strict";
import { test } from "node:test";
import { pathKey } from "./path-key.ts";

for (const key of [
  "00D09E-1",
  "00D09E-a%2Db-1",
  "00D09E-Box%20%C3%A4-1",
  "00D09E-50%25%20off-1",
  "00D09E-50%25",
]) {
  test(`${key} is read where a library escaped it`, () => {
    assert.equal(pathKey(`/api/v1/devices/${encodeURIComponent(key)}/parameters?path=x`), key);
  });

  test(`${key} is read where a person wrote it as it is`, () => {
    assert.equal(pathKey(`/api/v1/devices/${key}`), key);
  });
}

test("a path without a device has no key", () => {
  assert.equal(pathKey("/api/v1/operations"), "");
});
