import assert from "node:assert/strict";
import { test } from "node:test";
import { readSpanSettings } from "./span-settings.ts";

test("a collector's URL without a path is the usual one, and one with a path stays", () => {
  const urls = ["http://127.0.0.1:4318", "https://otel.example/v1/traces/", "https://otel.example/in?t=1"];
  assert.deepEqual(
    urls.map((url) => settingsOf(url).url),
    ["http://127.0.0.1:4318/v1/traces", "https://otel.example/v1/traces/", "https://otel.example/in?t=1"],
  );
});

test("a user and a password go into a header, and no further", () => {
  const { url, headers } = settingsOf("https://me:p%40ss@otel.example");
  assert.equal(url, "https://otel.example/v1/traces");
  assert.deepEqual(headers, { authorization: `Basic ${btoa("me:p@ss")}` });
});

test("a share is from 0 to 1", () => {
  assert.deepEqual(
    ["0", "1", "0.01", ".5", "1.0"].map((share) => settingsOf("http://a", share).sampling),
    [0, 1, 0.01, 0.5, 1],
  );
  for (const share of ["", "1.1", "-0.1", "1%", "1e-3", "2"]) {
    assert.deepEqual(readSpanSettings("http://a", share), {
      ok: false,
      problem: `otlp-sampling must be a share from 0 to 1; it is "${share}"`,
    });
  }
});

test("what is no URL of HTTP is refused, without what it says", () => {
  for (const url of ["otel.example:4317", "grpc://user:secret@otel.example", "http://u:%ff@a"]) {
    const read = readSpanSettings(url, "1");
    assert.ok(!read.ok);
    assert.doesNotMatch(read.problem, /secret|%ff/);
  }
});

function settingsOf(url: string, share = "1") {
  const read = readSpanSettings(url, share);
  assert.ok(read.ok);
  return read.settings;
}
